"""Wrong answers to X-fold that people give for a reason, the most specific first."""

import numpy as np

from helpers.checks.core import Misconception

__all__ = ["MISCONCEPTIONS"]


def _variant(
    *, df="documents", df_of="train", idf=lambda n, df: 1 + np.log(n / df), unit="both",
    new_idf=True, counts=lambda rows: rows, axes_of="train", centre=False, scale=0, pick="first",
    unit_after=False, unknown=0.0, solver="vt", guard=True,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def unit_rows(rows, axis=1):
        lengths = np.linalg.norm(rows, axis=axis, keepdims=True)
        with np.errstate(all="ignore"):
            return rows / (np.where(lengths == 0, 1, lengths) if guard else lengths)

    def fold_in(train, new, k):
        train, new = counts(np.asarray(train, dtype=float)), counts(np.asarray(new, dtype=float))
        sources = {"train": (train, train), "new": (new, new), "each": (train, new)}
        sources["both"] = (np.vstack([train, new]),) * 2
        sides = []
        for name, rows, counted in zip(("train", "new"), (train, new), sources[df_of], strict=True):
            held = ((counted > 0) if df == "documents" else counted).sum(axis=0)
            with np.errstate(all="ignore"):
                weights = idf(len(counted), np.maximum(held, 1e-300) if guard else held)
                if unknown is not None:
                    left_out = unknown(len(counted)) if callable(unknown) else unknown
                    weights = np.where(held > 0, weights, left_out)
                if unit == "before":
                    rows = unit_rows(rows)
                rows = rows * weights if name == "train" or new_idf else rows
            if unit in ("both", name):
                rows = unit_rows(rows)
            sides.append(unit_rows(rows, axis=0) if unit == "columns" else rows)
        fitted = {"train": sides[0], "new": sides[1], "both": np.vstack(sides)}[axes_of]
        mean = sides[0].mean(axis=0) if centre else 0
        if solver == "eigh as it comes":
            return (sides[1] - mean) @ np.linalg.eigh(fitted.T @ fitted)[1][:, :k]
        _, singular, vt = np.linalg.svd(fitted - mean, full_matrices=False)
        if solver == "rows":
            return (sides[1] - mean) @ vt[:, :k]
        order = slice(None, k) if pick == "first" else slice(None, -k - 1, -1)
        along = (sides[1] - mean) @ vt[order].T * singular[order] ** scale
        return unit_rows(along) if unit_after else along

    return fold_in


MISCONCEPTIONS = (
    Misconception(
        "axes of the new documents",
        _variant(axes_of="new"),
        "The axes are those of `new`. Folding in means that the axes of `train` stay and the "
        "new documents are projected on them.",
    ),
    Misconception(
        "axes of both together",
        _variant(axes_of="both"),
        "You fit the axes to `train` and `new` together: that is a refit. Take the singular "
        "vectors of `train` alone.",
    ),
    Misconception(
        "document frequencies of the new documents",
        _variant(df_of="new"),
        "You count in how many documents of `new` a word stands. The weights are part of the "
        "fit: n and df come from `train`.",
    ),
    Misconception(
        "document frequencies of both",
        _variant(df_of="both"),
        "You count the document frequencies in `train` and `new` together. n and df come from "
        "`train` alone, or every new document would change the space.",
    ),
    Misconception(
        "each side its own weights",
        _variant(df_of="each"),
        "You weigh `new` by its own document frequencies. The weights belong to the space: take "
        "n and df from `train` for both.",
    ),
    Misconception(
        "occurrences counted",
        _variant(df="occurrences"),
        "You sum the counts of a word. df is the number of *documents* that hold it: "
        "`(train > 0).sum(axis=0)`.",
    ),
    Misconception(
        "no 1 before the logarithm",
        _variant(idf=lambda n, df: np.log(n / df)),
        "The weight is 1 + ln(n / df). Without the 1 a word of every document counts nothing.",
    ),
    Misconception(
        "smoothed document frequencies",
        _variant(idf=lambda n, df: 1 + np.log((1 + n) / (1 + df))),
        "You add 1 to n and df, as scikit-learn does by itself. Here the weight is "
        "1 + ln(n / df), without smoothing.",
    ),
    Misconception(
        "smoothed as scikit-learn does it",
        _variant(idf=lambda n, df: 1 + np.log((1 + n) / (1 + df)), unknown=None),
        "These are the weights of scikit-learn's `TfidfTransformer` as it comes: it adds 1 to n "
        "and df, so that an unknown word gets a weight as well. Here the weight is 1 + ln(n / "
        "df), and 0 for a word that `train` does not hold.",
    ),
    Misconception(
        "1 added to df",
        _variant(idf=lambda n, df: 1 + np.log(n / (1 + df))),
        "You add 1 to df: here it is the plain 1 + ln(n / df), and a word with df 0 gets the "
        "weight 0.",
    ),
    Misconception(
        "1 added to df, unknown words too",
        _variant(idf=lambda n, df: 1 + np.log(n / (1 + df)), unknown=None),
        "You add 1 to df, so that an unknown word gets a weight, too. It is 1 + ln(n / df) "
        "here, and 0 for a word that `train` does not hold.",
    ),
    Misconception(
        "1 inside the logarithm",
        _variant(idf=lambda n, df: np.log(1 + n / df)),
        "The weight is 1 + ln(n / df), not ln(1 + n / df).",
    ),
    Misconception(
        "logarithm to base 10",
        _variant(idf=lambda n, df: 1 + np.log10(n / df)),
        "You take the logarithm to base 10. It is the natural one here, `np.log`.",
    ),
    Misconception(
        "logarithm to base 2",
        _variant(idf=lambda n, df: 1 + np.log2(n / df)),
        "You take the logarithm to base 2. It is the natural one here, `np.log`.",
    ),
    Misconception(
        "no weights",
        _variant(idf=lambda n, df: np.ones_like(df)),
        "The counts are not weighted: multiply each column by 1 + ln(n / df) first.",
    ),
    Misconception(
        "new documents not weighted",
        _variant(new_idf=False),
        "You weigh `train` but not `new`. A new document goes through the same steps: weights, "
        "length 1, axes.",
    ),
    Misconception(
        "presence for counts",
        _variant(counts=lambda rows: (rows > 0).astype(float)),
        "You only look whether a word is there. The weight multiplies its *count*.",
    ),
    Misconception(
        "logarithms of counts",
        _variant(counts=np.log1p),
        "You take logarithms of the counts. Here the counts themselves are weighted.",
    ),
    Misconception(
        "1 + logarithm of counts",
        _variant(counts=lambda rows: np.where(rows > 0, 1 + np.log(np.maximum(rows, 1)), 0)),
        "You damp the counts by 1 + ln(count). Here the counts themselves are weighted.",
    ),
    Misconception(
        "not divided by the length",
        _variant(unit="no"),
        "The weighted rows are not divided by their lengths: long documents then decide the "
        "axes. Divide the rows of `train` and of `new`, before the SVD.",
    ),
    Misconception(
        "train not divided by the length",
        _variant(unit="new"),
        "You do not divide the rows of `train` by their lengths: long documents then decide the "
        "axes.",
    ),
    Misconception(
        "new not divided by the length",
        _variant(unit="train"),
        "You do not divide the rows of `new` by their lengths. Both sides go through the same "
        "steps.",
    ),
    Misconception(
        "divided before weighting",
        _variant(unit="before"),
        "You divide by the length before you weigh. Weigh first, then divide: the weighted rows "
        "have length 1.",
    ),
    Misconception(
        "columns divided",
        _variant(unit="columns"),
        "You divide columns by their lengths. Each *row* (a document) is divided by its own: "
        "`np.linalg.norm(rows, axis=1, keepdims=True)`.",
    ),
    Misconception(
        "divided by the length afterwards",
        _variant(unit_after=True),
        "You divide the coordinates by their length as well. Return the projection as it is: "
        "its length tells how much of a document the axes hold.",
    ),
    Misconception(
        "unknown words count",
        _variant(unknown=1.0),
        "A word that no document of `train` holds gets the weight 0. With another weight it "
        "takes a share of the new document's length that no axis can hold.",
    ),
    Misconception(
        "unknown words count 1 + ln n",
        _variant(unknown=lambda n: 1 + np.log(n)),
        "A word that no document of `train` holds gets the weight 0; 1 + ln(n / max(df, 1)) is "
        "not 0 there. It takes a share of the new document's length that no axis can hold.",
    ),
    Misconception(
        "df 0 not guarded",
        _variant(unknown=lambda n: np.inf),
        "A word that no document of `train` holds makes n / df infinite, and infinity times a "
        "count of 0 is not a number. Give such a word the weight 0 first.",
    ),
    Misconception(
        "neither df nor length guarded",
        _variant(guard=False, unknown=None),
        "Two divisions by 0: a word that no document of `train` holds makes n / df infinite "
        "(give it the weight 0), and an empty document has length 0 (let it stay all zeros).",
    ),
    Misconception(
        "centred",
        _variant(centre=True),
        "You subtract the mean of `train`. That is PCA; LSA takes the rows as they are.",
    ),
    Misconception(
        "divided by the singular values",
        _variant(scale=-1),
        "You divide by the singular values: those are rows of U, in which a weak axis counts "
        "as much as a strong one. Here the coordinates are the projection itself.",
    ),
    Misconception(
        "multiplied by the singular values",
        _variant(scale=1),
        "You multiply by the singular values. The projection on the axes has them already: "
        "`rows @ V` equals U S for the training rows.",
    ),
    Misconception(
        "weakest axes",
        _variant(pick="last"),
        "These are the axes of the k smallest singular values. `np.linalg.svd` gives the "
        "largest first, `np.linalg.eigh` the smallest first.",
    ),
    Misconception(
        "as eigh gives them",
        _variant(solver="eigh as it comes"),
        "`np.linalg.eigh` gives the smallest eigenvalue first: turn the columns round, `axes[:, "
        "::-1][:, :k]`.",
    ),
    Misconception(
        "columns of Vt",
        _variant(solver="rows"),
        "You take the first k columns of the third matrix of `np.linalg.svd`. It holds the "
        "axes in its *rows*: `vt[:k].T`.",
    ),
)
