"""Wrong answers to Q18-rerank: one thing changed in each."""

import numpy as np

__all__ = ["variant"]


def _unit(rows):
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.where(lengths == 0, 1, lengths)


def variant(
    *, cut_unit="after", full="cosine", rescore=True, proposed=None, places=False, worst=False,
    work="all", coordinates=False, order=True, kind=float, centred=False, nan=False, rough="cosine",
):  # fmt: skip
    """Make an answer with one thing changed."""

    def unit(rows):
        if nan:
            with np.errstate(all="ignore"):
                return rows / np.linalg.norm(rows, axis=-1, keepdims=True)
        return _unit(rows)

    def answer(documents, queries, axes, candidates, top):
        documents, queries = np.array(documents, kind), np.array(queries, kind)
        axes = np.array(axes, kind)
        (n, d), k = documents.shape, axes.shape[1]
        turn = np.eye(d)[:, :k] if coordinates else axes
        mean = documents.mean(axis=0) if centred else 0
        a, b = (queries - mean) @ turn, (documents - mean) @ turn
        if cut_unit == "before":
            a, b = unit(queries) @ turn, unit(documents) @ turn
        elif cut_unit == "after":
            a, b = unit(a), unit(b)
        number = {None: candidates, "top": top, "all": n}[proposed]
        near = a @ b.T
        if rough == "distance":
            near = 2 * near - (b**2).sum(axis=1)
        far = np.argsort(-near, axis=1, kind="stable")[:, :number]
        found = []
        for query, asked, rows in zip(queries, a, far, strict=True):
            if full == "dot":
                scores = documents[rows] @ query
            elif full == "distance":
                scores = -((documents[rows] - query) ** 2).sum(axis=1)
            elif full == "centred":
                middle = documents.mean(axis=0)
                scores = unit(documents[rows] - middle) @ unit(query - middle)
            elif full == "sum":
                scores = unit(documents[rows]) @ unit(query) + b[rows] @ asked
            elif full == "cut":
                scores = (documents[rows] @ turn) @ asked
            else:
                scores = unit(documents[rows]) @ unit(query)
            if not rescore:
                scores = -np.arange(len(rows))
            best = np.argsort(scores if worst else -scores, kind="stable")[:top]
            if not order:
                best = np.sort(best)
            found.append(best if places else rows[best])
        c = min(candidates, n)
        total = {
            "all": d * k + n * k + c * d, "no turn": n * k + c * d, "first": d * k + n * k,
            "first only": n * k, "full": n * d, "all n": d * k + n * k + n * d,
            "every query": len(queries) * (d * k + n * k + c * d), "over": d * k + n * k
            + candidates * d, "turn all": d * k * (n + 1) + n * k + c * d,
            "top": d * k + n * k + min(top, n) * d, "short": d * k + n * k + c * k,
            "twice": 2 * (d * k + n * k + c * d), "both": d * k + n * k + c * (d + k),
            "last only": c * d,
        }[work]  # fmt: skip
        return np.array(found), total

    return answer
