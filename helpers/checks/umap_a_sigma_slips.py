"""Plausible slips in the search for sigma (X-sigma)."""

import numpy as np

__all__ = ["FLOOR", "variant"]

FLOOR = 1e-3  # of the mean distance


def variant(
    *, first="positive", target=np.log2, own=False, clamp=True, beyond_only=False, square=False,
    width="target", floor="row or all", bound=None, fine=0.0, steps=70, swap=False, add=False,
):  # fmt: skip
    """Make an answer to X-sigma with one thing changed.

    Parameters
    ----------
    first : str
        What rho is: "positive" (right), "column 1" or "none".
    target : callable
        From k to the sum.
    own, clamp, beyond_only, square : bool
        What is summed.
    width : str
        What `bandwidth` multiplies: the "target" (right), "sigma" or "none".
    floor : str
        Which floor sigma has.
    bound : callable, optional
        From the distances to the upper end of the search.
    fine : float
        The width of the bracket at which the search stops.
    steps : int
        Halvings.
    swap, add : bool
        Return sigma first; add the floor instead of taking the larger.

    Returns
    -------
    callable
    """

    def smooth(distances, bandwidth=1.0):
        d = np.asarray(distances, dtype=float)
        n, k = d.shape
        rho = np.where(d > 0, d, np.inf).min(axis=1)
        rho[np.isinf(rho)] = 0
        if first == "column 1":
            rho = d[:, 1].copy()
        elif first == "none":
            rho = np.zeros(n)
        counted = d if own else d[:, 1:]
        beyond = counted - rho[:, None]
        if clamp:
            beyond = np.maximum(beyond, 0)
        wanted = target(k) * (bandwidth if width == "target" else 1)
        low = np.zeros(n)
        high = np.full(n, 400 * (d.max() + 1e-300))
        if bound is not None:
            high = np.broadcast_to(bound(d), n).astype(float)
        with np.errstate(all="ignore"):
            for _ in range(steps):
                middle = (low + high) / 2
                power = beyond / middle[:, None]
                terms = np.exp(-(power**2 if square else power))
                if beyond_only:
                    terms = np.where(beyond > 0, terms, 0)
                wide = terms.sum(axis=1) > wanted
                go = high - low > fine
                high = np.where(wide & go, middle, high)
                low = np.where(~wide & go, middle, low)
        sigma = (low + high) / 2
        if width == "sigma":
            sigma = sigma * bandwidth
        row, others = d.mean(axis=1), d[:, 1:].mean(axis=1)
        floors = {
            "row or all": FLOOR * np.where(rho > 0, row, d.mean()),
            "row": FLOOR * row,
            "all": np.full(n, FLOOR * d.mean()),
            "others": FLOOR * np.where(rho > 0, others, d[:, 1:].mean()),
            "hundredth": 10 * FLOOR * np.where(rho > 0, row, d.mean()),
            "fixed": np.full(n, FLOOR),
            "none": np.zeros(n),
        }
        sigma = sigma + floors[floor] if add else np.maximum(sigma, floors[floor])
        return (sigma, rho) if swap else (rho, sigma)

    return smooth
