"""Static word vectors side by side: the stored comparison, and the tests that are fair to all.

``python -m benchmarks.compare_static`` trains every method on one corpus and writes what it finds
to ``data/static_vectors.json``; :func:`load_comparison` reads it. Each run keeps the cosine of
each rated pair, so that intervals and frequency bands can be computed from the file.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from helpers import data
from helpers.evaluate import analogy_accuracy, word_similarity
from helpers.stored import read_stored
from helpers.vocabulary import Vocabulary

__all__ = [
    "SharedTests",
    "StaticComparison",
    "bootstrap_interval",
    "load_comparison",
    "rank_correlations",
]

FORMAT = 1
PATH = Path(__file__).parent.parent / "data" / "static_vectors.json"
SIMILARITY = ("WS-353", "SimLex")
TESTS = (*SIMILARITY, "analogies")


def rank_correlations(ratings, cosines) -> np.ndarray:
    """Spearman's correlation of one list of ratings with each row of cosines.

    Parameters
    ----------
    ratings : array_like (n_pairs,) or (n, n_pairs)
        Human judgements; with two axes, one list for each row of `cosines`.
    cosines : array_like (n, n_pairs)
        What the models say.

    Returns
    -------
    ndarray (n,), float64
        Ties get their mean rank; NaN where a list is constant.
    """
    left, right = (rankdata(np.atleast_2d(values), axis=1) for values in (ratings, cosines))
    left = left - left.mean(axis=1, keepdims=True)
    right = right - right.mean(axis=1, keepdims=True)
    lengths = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))
    with np.errstate(invalid="ignore"):
        return (left * right).sum(axis=1) / lengths


def bootstrap_interval(
    ratings, cosines, resamples: int = 1_000, level: float = 0.95, seed: int = 1
) -> tuple[float, float]:
    """Interval for the mean rank correlation over seeds, if other pairs had been asked.

    The pairs are drawn with replacement, the same ones for all seeds (percentile bootstrap, Efron
    1979). It holds the uncertainty from the choice of pairs, not that from the training.

    Parameters
    ----------
    ratings : array_like (n_pairs,)
        Human judgements.
    cosines : array_like (n_seeds, n_pairs)
        One row for each training.
    resamples : int
        How many times the pairs are drawn.
    level : float
        Share of the resamples inside the interval.
    seed : int
        Seed of the draws.

    Returns
    -------
    tuple of (float, float)

    Raises
    ------
    ValueError
        If there are fewer than three pairs or the shapes do not fit.
    """
    ratings, cosines = np.asarray(ratings), np.atleast_2d(cosines)
    if len(ratings) < 3 or cosines.shape[1] != len(ratings):
        raise ValueError(
            f"a bootstrap needs at least 3 pairs and a cosine for each: got {len(ratings)} ratings "
            f"and cosines of shape {cosines.shape}."
        )
    draws = np.random.default_rng(seed).integers(len(ratings), size=(resamples, len(ratings)))
    found = np.mean([rank_correlations(ratings[draws], row[draws]) for row in cosines], axis=0)
    low, high = np.nanquantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


class SharedTests:
    """The three test sets, asked only with words that two vocabularies have in common.

    Parameters
    ----------
    vocabulary : Vocabulary
        The words of the corpus.
    others : sequence of str
        The words of the vectors to compare with, such as the pretrained ones.

    Attributes
    ----------
    words : list of str
        The common words, in the order of `vocabulary`.
    rows : ndarray (n,), int64
        Their rows in `vocabulary`.
    other_rows : ndarray (n,), int64
        Their rows in `others`.
    pairs : dict of str to list of RatedPair
        The rated pairs that can be asked, by test.
    positions : dict of str to list of int
        Where these pairs stand in the whole set.
    """

    def __init__(self, vocabulary: Vocabulary, others: Sequence[str]):
        elsewhere = {word: row for row, word in reversed(list(enumerate(others)))}
        self.words = [word for word in vocabulary.words if word in elsewhere]
        self.rows = np.array([vocabulary.index[word] for word in self.words])
        self.other_rows = np.array([elsewhere[word] for word in self.words])
        self._place = {word: place for place, word in enumerate(self.words)}
        whole = {"WS-353": data.wordsim353(), "SimLex": data.simlex999()}
        self.positions = {
            name: [i for i, pair in enumerate(pairs) if {*pair[:2]} <= self._place.keys()]
            for name, pairs in whole.items()
        }
        self.pairs = {name: [whole[name][i] for i in self.positions[name]] for name in whole}

    def scores(self, vectors) -> dict[str, float]:
        """Score vectors of the common words, (n, d): both rank correlations and the analogies."""
        vectors = self._checked(vectors)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = vectors / np.where(lengths == 0, 1, lengths)
        found = {name: word_similarity(unit, self.words, self.pairs[name]) for name in SIMILARITY}
        answered = analogy_accuracy(unit, self.words, data.analogies())
        return {name: of.spearman for name, of in found.items()} | {"analogies": answered.accuracy}

    def cosines(self, vectors, test: str) -> np.ndarray:
        """Cosine of each rated pair of a test: (n_pairs,)."""
        vectors = self._checked(vectors).astype(np.float64)
        places = np.array([[self._place[word] for word in pair[:2]] for pair in self.pairs[test]])
        left, right = vectors[places[:, 0]], vectors[places[:, 1]]
        lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
        return (left * right).sum(axis=1) / np.where(lengths == 0, 1, lengths)

    def _checked(self, vectors) -> np.ndarray:
        vectors = np.asarray(vectors)
        if vectors.ndim != 2 or len(vectors) != len(self.words):
            raise ValueError(
                f"give the vectors of the {len(self.words)} common words, such as "
                f"model.vectors[tests.rows]; these have the shape {vectors.shape}."
            )
        return vectors


class StaticComparison:
    """What the script measured, by method and test.

    Attributes
    ----------
    raw : dict
        The file as it is; its fields are described in ``data/README.md``.
    names : list of str
        The methods.
    """

    def __init__(self, raw: Mapping):
        self.raw = raw
        self.names = list(raw["methods"])

    def settings(self, name: str) -> dict:
        """Return the settings of a method's training."""
        return dict(self._method(name)["settings"])

    def scores(self, name: str, test: str, matrix: str | None = None) -> np.ndarray:
        """Score of each seed: (n_seeds,); of GloVe also with ``"W"`` or ``"W~"`` alone."""
        _known(test, TESTS)
        return np.array([run["scores"][test] for run in self._runs(name, matrix)])

    def interval(self, name: str, test: str) -> tuple[float, float]:
        """Return the 95% bootstrap interval over pairs, for the mean over seeds."""
        _known(test, SIMILARITY)
        self._method(name)
        found = self.raw["intervals"][test][name]
        return found["low"], found["high"]

    def cpu_seconds(self, name: str) -> np.ndarray:
        """CPU seconds of each training, with the counting of pairs: (n_seeds,); NaN if unknown."""
        method = self._method(name)
        seconds = np.array([run["cpu_seconds"] for run in method["runs"]], dtype=np.float64)
        return seconds + (method["counting_cpu_seconds"] or 0.0)

    def megabytes(self, name: str) -> tuple[float, float]:
        """Return the size of what one keeps, and of what the training holds in memory (MB)."""
        method = self._method(name)
        return method["kept_mb"], method["training_mb"]

    def cosines(self, name: str, test: str, matrix: str | None = None) -> np.ndarray:
        """Cosine of each rated pair: (n_seeds, n_pairs); `matrix` as in :meth:`scores`."""
        _known(test, SIMILARITY)
        return np.array([run["cosines"][test] for run in self._runs(name, matrix)])

    def ratings(self, test: str) -> np.ndarray:
        """Human rating of each pair: (n_pairs,)."""
        _known(test, SIMILARITY)
        whole = data.wordsim353() if test == "WS-353" else data.simlex999()
        return np.array([whole[i].rating for i in self.raw["pairs"][test]["position"]])

    def rarer(self, test: str) -> np.ndarray:
        """Occurrences of the rarer word of each pair in the corpus: (n_pairs,)."""
        _known(test, SIMILARITY)
        return np.array(self.raw["pairs"][test]["rarer"])

    def bands(self, test: str) -> list[dict]:
        """Return bands of pairs by the rarer word's count, with each method's score and interval.

        Returns
        -------
        list of dict
            ``low``, ``high`` (counts from low up to below high; None: no end), ``pairs``, and
            ``methods``: name -> ``mean``, ``low``, ``high`` (95% bootstrap interval over pairs).
        """
        _known(test, SIMILARITY)
        return list(self.raw["bands"][test])

    def curve(self, name: str, test: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return passes (n,), CPU seconds up to there (n,), and scores (n_seeds, n)."""
        curves = self.raw["curves"]
        if name not in curves:
            raise ValueError(f"there is no curve of {name!r}: choose from {', '.join(curves)}.")
        _known(test, TESTS)
        seeds = [run["points"] for run in curves[name]]
        epochs = np.array([point["epoch"] for point in seeds[0]])
        seconds = np.median([[p["cpu_seconds"] for p in points] for points in seeds], axis=0)
        return epochs, seconds, np.array([[p[test] for p in points] for points in seeds])

    def caps(self, test: str) -> tuple[list[int], dict[float, np.ndarray]]:
        """Return passes, and for each cap x_max of GloVe its mean scores, over the same seeds."""
        _known(test, TESTS)
        rows = list(self.raw["x_max"])
        seeds, passes = ({row[key] for row in rows} for key in ("seed", "epochs"))
        usual = self.settings("GloVe")["x_max"]
        rows += [
            {"x_max": usual, "epochs": point["epoch"], test: point[test]}
            for run in self.raw["curves"]["GloVe"]
            if run["seed"] in seeds
            for point in run["points"]
        ]

        def mean(cap, n):
            return np.mean([r[test] for r in rows if (r["x_max"], r["epochs"]) == (cap, n)])

        passes, every = sorted(passes), sorted({row["x_max"] for row in rows})
        return passes, {cap: np.array([mean(cap, n) for n in passes]) for cap in every}

    def _runs(self, name: str, matrix: str | None) -> list[dict]:
        runs = self._method(name)["runs"]
        if matrix is None:
            return runs
        if any(matrix not in run.get("matrices", {}) for run in runs):
            raise ValueError(f"{name!r} has no matrix {matrix!r} of its own: GloVe has W and W~.")
        return [run["matrices"][matrix] for run in runs]

    def _method(self, name: str) -> dict:
        if name not in self.raw["methods"]:
            raise ValueError(f"there is no method {name!r}: choose from {', '.join(self.names)}.")
        return self.raw["methods"][name]


def _known(test: str, tests: Sequence[str]) -> None:
    if test not in tests:
        raise ValueError(f"the test must be one of {', '.join(tests)}, not {test!r}.")


def load_comparison(path: str | Path | None = None) -> StaticComparison:
    """Read the stored comparison.

    Parameters
    ----------
    path : path, optional
        Another file of the same format; by default the project's ``data/static_vectors.json``.

    Returns
    -------
    StaticComparison

    Raises
    ------
    ValueError
        If the file is missing, is not JSON, or has another format.
    """
    path = PATH if path is None else Path(path)
    again = "run `python -m benchmarks.compare_static` in the project's folder to make it again"
    needed = {"corpus", "pairs", "methods", "curves", "bands", "intervals"}
    raw = read_stored(path, FORMAT, needed, again)
    return StaticComparison(raw)
