"""Which token of a page each token of a query matches best."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from helpers.plots.style import figure

__all__ = ["token_matches"]


def token_matches(
    cosines, query: Sequence[str], page: Sequence[str], passages: Sequence[range]
) -> Figure:
    """Draw the cosines of all query tokens with some passages of a page.

    Parameters
    ----------
    cosines : ndarray (m, L)
        Of each query token with each page token.
    query, page : sequence of str
        The tokens.
    passages : sequence of range
        Which page tokens are shown, passage by passage.

    Returns
    -------
    Figure
        A dot marks the best of all L tokens for a query token, where it is shown.

    Raises
    ------
    ValueError
        If the table does not fit the tokens.
    """
    cosines = np.asarray(cosines)
    if cosines.shape != (len(query), len(page)):
        raise ValueError(
            f"cosines must have the shape ({len(query)}, {len(page)}), not {cosines.shape}."
        )
    columns = [j for passage in passages for j in passage]
    fig, ax = figure(width=8.5, height=3.4)
    image = ax.imshow(cosines[:, columns], vmin=0.3, vmax=1, aspect="auto")
    ax.set_xticks(range(len(columns)), [page[j] for j in columns], rotation=45, ha="right")
    ax.set_yticks(range(len(query)), query)
    for end in np.cumsum([len(passage) for passage in passages])[:-1]:
        ax.axvline(end - 0.5, color="white", linewidth=3)
    for i, j in enumerate(cosines.argmax(axis=1)):
        if j in columns:
            ax.plot(columns.index(j), i, "o", color="white", markersize=7, markeredgecolor="black")
    ax.set(xlabel="tokens of the page, in passages", ylabel="tokens of the query")
    ax.grid(False)
    fig.colorbar(image, label="cosine")
    return fig
