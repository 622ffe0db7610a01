"""Bars of log probability ratios with their intervals."""

import numpy as np
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure
from helpers.ratios import ProbeRatio

__all__ = ["ratio_bars"]

_REACH = 6.0  # Nats: ratios beyond e^6 = 400 are cut at the edge.


def ratio_bars(found: dict[tuple[str, str], dict[str, list[ProbeRatio]]]) -> Figure:
    """Draw the ratios of probe words, one panel a pair of words.

    Parameters
    ----------
    found : dict
        (word, other) -> kind of probe -> ratios (:func:`helpers.ratios.probe_ratios`). The same
        kind has the same colour in all panels.

    Returns
    -------
    Figure
        Bars of log ratios in nats, a line for each interval; counts stand beside the probes.

    Raises
    ------
    ValueError
        If there is nothing to draw, or more kinds than colours.
    """
    kinds = list(dict.fromkeys(kind for panel in found.values() for kind in panel))
    if not 0 < len(kinds) <= len(COLOURS):
        raise ValueError(f"give between 1 and {len(COLOURS)} kinds of probes, not {len(kinds)}.")
    longest = max(sum(len(probes) for probes in panel.values()) for panel in found.values())
    size = {"width": 4.8 * len(found), "height": 1 + 0.26 * longest}
    fig, axes = figure(1, len(found), sharex=True, **size)
    for ax, (pair, panel) in zip(np.atleast_1d(axes), found.items(), strict=True):
        names, place = [], 0
        for kind, probes in panel.items():
            colour = COLOURS[kinds.index(kind)]
            places = np.arange(place, place + len(probes))
            with np.errstate(divide="ignore"):
                middle, low, high = np.log(np.array([probe[3:] for probe in probes])).T
            ax.barh(places, middle, color=colour, alpha=0.75, label=kind)
            ax.hlines(places, low.clip(-_REACH), high.clip(max=_REACH), color="0.2", lw=1.3)
            names += [f"{probe.probe} ({probe.met} : {probe.other_met})" for probe in probes]
            place += len(probes)
        ax.axvline(0, color="0.2", lw=1)
        ax.set_yticks(range(place), names)
        ax.set(xlim=(-_REACH, _REACH), title=f"{pair[0]} : {pair[1]}")
        ax.set_xlabel(f"log [P(probe | {pair[0]}) / P(probe | {pair[1]})]  (nats)")
        ax.invert_yaxis()
    np.atleast_1d(axes)[-1].legend(title="tied to", fontsize=8, loc="lower right")
    return fig
