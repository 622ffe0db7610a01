"""Wrong answers to X-pca that people give for a reason, the most specific first."""

import numpy as np

from helpers.checks.core import Misconception

__all__ = ["MISCONCEPTIONS"]


def _variant(
    *, fit_on="train", centre_spread=True, centre_new="train", divide="n", back="mean",
    which="largest", axes_from="columns", report=lambda values, n: values, scale_codes=False,
    standard=False, kind=float, rebuild="codes", rotate=True,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def pca(train, new, k):
        train, new = np.asarray(train, dtype=kind), np.asarray(new, dtype=kind)
        source = {"train": train, "new": new, "both": np.vstack([train, new])}[fit_on]
        mean = source.mean(axis=0)
        moved = source - mean if centre_spread else source
        if standard:
            moved = moved / np.where(moved.std(axis=0) > 0, moved.std(axis=0), 1)
        covariance = moved.T @ moved / {"n": len(moved), "n - 1": max(len(moved) - 1, 1)}[divide]
        if which == "as eig gives them":
            values, axes = np.linalg.eig(covariance)
            values, axes = values.real, axes.real
        else:
            values, axes = np.linalg.eigh(covariance)
            if which in ("largest", "largest, rising"):
                values, axes = values[::-1], axes[:, ::-1]
        if not rotate:
            values, axes = np.diag(covariance), np.eye(len(mean))
        if axes_from == "rows":
            axes = axes.T
        values, axes = values[:k], axes[:, :k]
        if which == "largest, rising":
            values, axes = values[::-1], axes[:, ::-1]
        subtract = {"train": mean, "new": new.mean(axis=0), "no": 0.0}[centre_new]
        codes = (new - subtract) @ axes
        added = {"mean": mean, "nothing": 0.0, "new": new.mean(axis=0)}[back]
        rebuilt = new + 0 if rebuild == "new" else codes @ axes.T + added
        with np.errstate(all="ignore"):
            values = report(values, len(moved)) if report else values / np.trace(covariance)
            if scale_codes:
                codes = codes / np.sqrt(values)
        return values, codes, rebuilt

    return pca


def _said(name, sentence, **change):
    return Misconception(name, _variant(**change), sentence)


def _picked(pick, *, solver="eigh"):
    """Make an answer with right variances and axes picked wrongly from the solver's matrix."""

    def pca(train, new, k):
        train, new = np.asarray(train, dtype=float), np.asarray(new, dtype=float)
        mean = train.mean(axis=0)
        moved = train - mean
        if solver == "eigh":
            values, found = np.linalg.eigh(moved.T @ moved / len(train))
            values = values[::-1]
        else:
            _, singular, found = np.linalg.svd(moved, full_matrices=False)
            values = singular**2 / len(train)
        axes = pick(found, k)
        codes = (new - mean) @ axes
        return values[:k], codes, codes @ axes.T + mean

    return pca


def _mean_off_afterwards(train, new, k):
    train, new = np.asarray(train, dtype=float), np.asarray(new, dtype=float)
    mean = train.mean(axis=0)
    values, axes = np.linalg.eigh(train.T @ train / len(train) - np.outer(mean, mean))
    values, axes = values[::-1][:k], axes[:, ::-1][:, :k]
    codes = (new - mean) @ axes
    return values, codes, codes @ axes.T + mean


def _correlations(train, new, k):
    train, new = np.asarray(train, dtype=float), np.asarray(new, dtype=float)
    values, axes = np.linalg.eigh(np.corrcoef(train.T))
    values, axes = values[::-1][:k], axes[:, ::-1][:, :k]
    codes = (new - train.mean(axis=0)) @ axes
    return values, codes, codes @ axes.T + train.mean(axis=0)


def _scaled(train, new, k):
    train, new = np.asarray(train, dtype=float), np.asarray(new, dtype=float)
    mean, spread = train.mean(axis=0), train.std(axis=0)
    moved = (train - mean) / spread
    values, axes = np.linalg.eigh(moved.T @ moved / len(train))
    values, axes = values[::-1][:k], axes[:, ::-1][:, :k]
    codes = (new - mean) / spread @ axes
    return values, codes, codes @ axes.T * spread + mean


_ROWS = (
    " takes *rows* of what np.linalg.eigh returns. Its axes are the *columns*, the smallest "
    "variance first: keep `axes[:, ::-1][:, :k]`."
)

MISCONCEPTIONS = (
    _said(
        "no mean anywhere",
        "You never subtract a mean, so the first axis points to the mean. Subtract the mean of "
        "`train` from both, and add it again to what you rebuild.",
        centre_spread=False, centre_new="no", back="nothing",
    ),
    _said(
        "covariance about the origin",
        "You subtract the mean from `new`, but the covariance is about the origin. Subtract "
        "the mean of `train` before you multiply.",
        centre_spread=False,
    ),
    _said(
        "new rows not centred",
        "You centre `train`, but not `new`. Codes are measured from the mean of `train`.",
        centre_new="no",
    ),
    _said(
        "new rows not centred, nothing added",
        "The axes are right, but you forget the mean afterwards: subtract it from `new` for "
        "the codes, and add it again to what you rebuild.",
        centre_new="no", back="nothing",
    ),
    _said(
        "new rows by their own mean",
        "You centre `new` with its own mean. A single query has no mean of its own: take that "
        "of `train`.",
        centre_new="new",
    ),
    _said(
        "new rows by their own mean, which is added again",
        "You subtract from `new` its own mean and add it again. Both times it must be that of "
        "`train`, which belongs to the axes.",
        centre_new="new", back="new",
    ),
    _said(
        "mean not added again",
        "`variances` and `codes` are right. What you rebuild lies around the origin: add the "
        "mean again.",
        back="nothing",
    ),
    _said(
        "fitted to the new rows",
        "Mean and axes are those of `new`. Fit to `train`, and only apply to `new`.",
        fit_on="new",
    ),
    _said(
        "fitted to both",
        "You fit to both sets together. `new` is what comes later: fit to `train` alone.",
        fit_on="both",
    ),
    _said(
        "smallest variances",
        "You keep the axes of the *smallest* variance: np.linalg.eigh sorts upwards. Turn the "
        "order round.",
        which="smallest",
    ),
    _said(
        "largest, but rising",
        "The axes are the right ones, but the smallest of them comes first. The largest "
        "variance comes first.",
        which="largest, rising",
    ),
    _said(
        "as eig gives them",
        "np.linalg.eig sorts nothing. Take np.linalg.eigh (for symmetric matrices), which "
        "sorts upwards, and turn the order round.",
        which="as eig gives them",
    ),
    _said(
        "rows of the eigenvectors",
        "You take rows as axes where the axes are columns, or the other way round. eigh "
        "returns eigenvectors in columns, `axes[:, j]`; svd's third result has them in rows.",
        axes_from="rows",
    ),
    _said(
        "divided by n - 1",
        "You divide by n - 1, as np.cov does by itself and scikit-learn, too. Here the "
        "covariance is divided by n, the number of rows of `train`.",
        divide="n - 1",
    ),
    _said(
        "scatter",
        "Your variances are sums of squares. Divide them by the number of rows of `train`.",
        report=lambda values, n: values * n,
    ),
    _said(
        "singular values",
        "You return singular values. A variance is their square, divided by the number of "
        "rows.",
        report=lambda values, n: np.sqrt(np.maximum(values, 0) * n),
    ),
    _said(
        "singular values over n",
        "You divide the singular values by n without squaring them. A variance is s**2 / n.",
        report=lambda values, n: np.sqrt(np.maximum(values, 0) * n) / n,
    ),
    _said(
        "standard deviations",
        "You return roots, the standard deviations along the axes. Variances were asked for.",
        report=lambda values, n: np.sqrt(np.maximum(values, 0)),
    ),
    _said(
        "shares",
        "You return shares of the total variance. The variances themselves were asked for, "
        "the eigenvalues.",
        report=None,
    ),
    _said(
        "whitened codes",
        "You divide the codes by the standard deviations: that is whitening. A code is the "
        "plain coordinate, the product of the centred row with the axis.",
        scale_codes=True,
    ),
    _said(
        "columns standardised",
        "You divide the columns by their deviations first: PCA of the correlations. Here the "
        "columns keep their scale.",
        standard=True,
    ),
    Misconception(
        "standardised throughout",
        _scaled,
        "You bring the columns of both sets to variance 1: PCA of the correlations. Here the "
        "columns keep their scale.",
    ),
    Misconception(
        "correlations",
        _correlations,
        "np.corrcoef divides by the columns' deviations: PCA of the correlations. The covariance "
        "keeps the columns' scale: np.cov with bias=True, or a product of centred rows over n.",
    ),
    *(
        Misconception(f"rows of eigh, {line}", _picked(pick), f"`{line}`" + _ROWS)
        for line, pick in (
            ("axes[:k].T", lambda found, k: found[:k].T),
            ("axes[::-1][:k].T", lambda found, k: found[::-1][:k].T),
            ("axes[::-1][:, :k]", lambda found, k: found[::-1][:, :k]),
        )
    ),
    Misconception(
        "columns in eigh's order",
        _picked(lambda found, k: found[:, :k]),
        "You turn round the variances of np.linalg.eigh, but not its axes: the columns come with "
        "the smallest variance first, too. Keep `axes[:, ::-1][:, :k]`.",
    ),
    Misconception(
        "columns of vt",
        _picked(lambda found, k: found[:, :k], solver="svd"),
        "You take columns of svd's third result. Its *rows* are the axes: keep `vt[:k].T`.",
    ),
    Misconception(
        "mean taken off afterwards",
        _mean_off_afterwards,
        "You take the mean's square off after multiplying. Far from the origin the digits of the "
        "variance are gone by then: subtract the mean first.",
    ),
    _said(
        "first coordinates",
        "You keep the first k columns as they are. Turn to the eigenvectors of the covariance "
        "first, and cut there.",
        rotate=False,
    ),
    _said(
        "nothing cut",
        "`rebuilt` is `new` itself. Build it from the k codes alone: what the cut has dropped "
        "must be missing.",
        rebuild="new",
    ),
    _said(
        "32-bit arithmetic",
        "Your function computes in the input's 32 bits, where a small spread around 100,000 is "
        "lost. Convert first: `np.asarray(train, dtype=float)`.",
        kind=None,
    ),
)  # fmt: skip
