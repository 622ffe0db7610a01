"""Wrong answers to Q19-alarm, for its misconceptions."""

import math

import numpy as np

__all__ = ["variant"]


def variant(
    *, distance="euclid", to="nearest", source="calibration", pick="sorted", above="strict",
    share="share", kind=float, swap=False,
):  # fmt: skip
    """Make an answer to Q19-alarm with one thing changed.

    Parameters
    ----------
    distance, to, source, pick, above, share : str
        What is measured, to which training points, which scores set the threshold and how, what
        counts as above it, and which share comes back; the defaults are right.
    kind : type or None
        Numbers that are computed with; None for the input's own.
    swap : bool
        Return the share first.

    Returns
    -------
    callable
    """

    def scores(points, train):
        if to == "centre":
            train = train.mean(axis=0, keepdims=True)
        if distance == "product":
            table = (points**2).sum(1)[:, None] - 2 * points @ train.T + (train**2).sum(1)
            table = np.sqrt(np.maximum(table, 0))
        elif distance == "absolute":
            table = np.abs(points[:, None] - train).sum(axis=2)
        elif distance == "cosine":
            with np.errstate(all="ignore"):
                size = np.outer(np.linalg.norm(points, axis=1), np.linalg.norm(train, axis=1))
                table = 1 - points @ train.T / size
        else:
            table = ((points[:, None] - train) ** 2).sum(axis=2)
            table = table if distance == "squared" else np.sqrt(table)
        return {"mean": table.mean, "far": table.max}.get(to, table.min)(axis=1)

    def answer(train, calibration, batch, rate):
        train, calibration, batch = (
            np.asarray(rows) if kind is None else np.asarray(rows, dtype=kind)
            for rows in (train, calibration, batch)
        )
        new = scores(batch, train)
        set_by = {"train": train, "batch": batch}.get(source, calibration)
        known = np.sort(scores(set_by, train))
        n = len(known)
        if pick == "quantile":
            threshold = np.quantile(known, 1 - rate)
        elif pick in ("lower", "higher"):
            threshold = np.quantile(known, 1 - rate, method=pick)
        elif pick == "from below":
            threshold = known[int((1 - rate) * n)]
        elif pick == "rounded":
            threshold = known[max(n - 1 - round(rate * n), 0)]
        elif pick == "low":
            threshold = known[min(int(rate * n), n - 1)]
        elif pick == "one too low":
            threshold = known[max(n - 2 - math.floor(rate * n), 0)]
        elif pick == "one too high":
            threshold = known[min(n - math.floor(rate * n), n - 1)]
        elif pick == "largest":
            threshold = known[-1]
        elif pick == "normal":
            threshold = known.mean() + 2 * known.std()
        else:
            threshold = known[n - 1 - math.floor(rate * n)]
        over = new >= threshold if above == "equal" else new > threshold
        if above == "below":
            over = ~over
        found = {"count": over.sum(), "percent": 100 * over.mean()}.get(share, over.mean())
        if share == "calibration":
            found = (known > threshold).mean()
        return (found, threshold) if swap else (threshold, found)

    return answer
