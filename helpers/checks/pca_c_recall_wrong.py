"""Wrong answers to Q18-recall: one thing changed in each."""

import numpy as np

__all__ = ["place_by_place", "variant"]


def _unit(rows):
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths == 0, 1, lengths)


def variant(
    *, fit="documents", centre=True, apply_mean=False, own_axes=False, order="falling", part=0,
    normalise=True, truth_by="cosine", scale=0.0, rows_as_axes=False, coordinates=False,
    count=False, first=False, by="size", kind=float, nan=False, worst=False, over="top",
    before="", centred="", by_distance=False,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def axes_of(rows):
        mean = rows.mean(axis=0) if centre else np.zeros(rows.shape[1], rows.dtype)
        values, vectors = np.linalg.eigh((rows - mean).T @ (rows - mean) / len(rows))
        step = 1 if order == "rising" else -1
        values, vectors = values[::step], vectors[:, ::step]
        if rows_as_axes:
            vectors = vectors.T
        with np.errstate(all="ignore"):
            powers = np.where(values > 1e-9 * np.abs(values).max(), np.abs(values), 1) ** scale
        return mean, (np.eye(len(mean)) if coordinates else vectors) * powers

    def unit(rows):
        if nan:
            with np.errstate(all="ignore"):
                return rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return _unit(rows)

    def answer(documents, queries, sizes, top):
        documents, queries = np.array(documents, kind), np.array(queries, kind)
        rows = {"documents": documents, "both": np.concatenate([documents, queries]),
                "queries": queries, "unit": _unit(documents),
                "standardised": documents / documents.std(axis=0)}[fit]  # fmt: skip
        mean, axes = axes_of(rows)
        asked_mean, asked_axes = axes_of(queries) if own_axes else (mean, axes)

        def best(mine, theirs, one, other, normalised=True):
            a, b = queries @ theirs - other, documents @ mine - one
            if normalised:
                a, b = unit(a), unit(b)
            scores = a @ b.T
            return np.argsort(scores if worst else -scores, axis=1, kind="stable")[:, :top]

        eye = np.eye(documents.shape[1])
        shift = rows.mean(axis=0)
        if centred in ("both", "overwritten"):  # also in the truth
            documents = documents - shift
            queries = queries - (shift if centred == "both" else 0)
        if truth_by == "dot":
            raw = queries @ documents.T
            truth = np.argsort(-raw, axis=1, kind="stable")[:, :top]
        elif truth_by == "distance":
            far = (documents**2).sum(axis=1) - 2 * queries @ documents.T
            truth = np.argsort(far, axis=1, kind="stable")[:, :top]
        else:
            truth = best(eye, eye, 0, 0)
        if before:
            documents, queries = unit(documents), unit(queries)
        if centred == "documents":  # in the search alone
            documents = documents - shift
        shares = []
        for k in sorted(sizes) if by == "sorted" else sizes:
            turn, asked = axes[:, : max(k + part, 0)], asked_axes[:, : max(k + part, 0)]
            found = best(turn, asked, mean @ turn if apply_mean else 0,
                         asked_mean @ asked if apply_mean else 0, normalise)  # fmt: skip
            if by_distance:
                a, b = queries @ asked, documents @ turn
                far = (b**2).sum(axis=1) - 2 * a @ b.T
                found = np.argsort(far, axis=1, kind="stable")[:, :top]
            if truth_by == "cut":
                truth = found
            hits = (found[:, :, None] == truth[:, None]).any(axis=2)
            if first == "any":
                shares.append(hits.any(axis=1).mean())
                continue
            if count == "percent":
                shares.append(100 * hits.mean())
                continue
            if first:
                shares.append((found[:, 0] == truth[:, 0]).mean())
                continue
            shares.append(hits.sum() if count else hits.sum() / (
                len(queries) * (top if over == "asked" else hits.shape[1])))  # fmt: skip
        return np.array(shares)

    return answer


def place_by_place(documents, queries, sizes, top):
    """Compare the found and the true rows place by place."""
    documents, queries = np.array(documents, float), np.array(queries, float)
    moved = documents - documents.mean(axis=0)
    axes = np.linalg.eigh(moved.T @ moved)[1][:, ::-1]

    def best(turn):
        scores = _unit(queries @ turn) @ _unit(documents @ turn).T
        return np.argsort(-scores, axis=1, kind="stable")[:, :top]

    truth = best(np.eye(documents.shape[1]))
    return np.array([(best(axes[:, :k]) == truth).mean() for k in sizes])
