"""The look of the course's Matplotlib figures."""

import matplotlib.pyplot as plt

__all__ = ["COLOURS", "DIVERGING", "SEQUENTIAL", "STYLE", "figure"]

# The first four are Okabe and Ito's (2008), made to be told apart with any kind of colour vision.
# Their orange, yellow and sky blue fade on white (contrast below 3:1, WCAG 1.4.11): a wine red of
# Paul Tol's and a dark brown stand for them. Black stays for annotations.
# tests/test_accessibility.py measures all pairs as seen without one kind of cone.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#882255", "#4A3B0C")
SEQUENTIAL = "cividis"
DIVERGING = "PuOr_r"

STYLE = {
    "figure.dpi": 100,
    "figure.facecolor": "white",  # Axes text stays readable in Lab's dark theme.
    "savefig.facecolor": "white",
    "axes.prop_cycle": plt.cycler(color=COLOURS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "grid.alpha": 0.25,
    "font.size": 10,
    "image.cmap": SEQUENTIAL,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def figure(rows: int = 1, columns: int = 1, width: float = 7.5, height: float = 3.6, **kwargs):
    """Make a figure and its axes in the course's style.

    The style becomes Matplotlib's default in the notebook: much of it (titles, colour maps) is read
    when an axes is drawn on, not when it is made.

    Parameters
    ----------
    rows, columns : int
        Grid of axes.
    width, height : float
        Size of the whole figure in inches.
    **kwargs
        Passed on to :func:`matplotlib.pyplot.subplots`, such as ``sharey=True``.

    Returns
    -------
    tuple of (Figure, Axes or ndarray of Axes)
        As from :func:`matplotlib.pyplot.subplots`. The figure is not known to pyplot any more,
        so that it is shown once, by :func:`helpers.plots.show`.
    """
    plt.rcParams.update(STYLE)
    fig, axes = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", **kwargs)
    plt.close(fig)
    return fig, axes
