"""helpers.glove: kernel against the plain loop, gradient, determinism, quality on toys, errors."""

import numpy as np
import pytest
from numba import njit
from scipy.sparse import csr_array

from helpers import glove, glove_kernels
from helpers._simd import LANES, load, rsqrt, store, total
from helpers.cooccurrence import cooccurrences
from helpers.glove import GloVe, cost, naive_epoch, train_glove, weighting
from helpers.glove_kernels import make_tiles, rounds, train_tiles
from helpers.vocabulary import Vocabulary


def toy(n_words=40, density=0.3, seed=0):
    rng = np.random.default_rng(seed)
    counts = rng.zipf(1.5, (n_words, n_words)).clip(1, 500) * (
        rng.random((n_words, n_words)) < density
    )
    vocabulary = Vocabulary([f"w{i}" for i in range(n_words)], np.arange(n_words, 0, -1))
    return csr_array(counts.astype(np.float32)), vocabulary


def parameters(model):
    return list(model._arrays().values())


def equal(one, other):
    return all((a == b).all() for a, b in zip(parameters(one), parameters(other), strict=True))


def plain(counts, vocabulary, epochs, lr, x_max=10.0, weights=None, biases=True, **start):
    """Train with the plain loop, in the order of cells that the fast kernel takes."""
    model = train_glove(counts, vocabulary, epochs=0, biases=biases, progress=False, **start)
    arrays = [array.astype(np.float64) for array in parameters(model)]
    squares = [np.ones_like(array) for array in arrays]
    checked = glove._checked(counts, len(vocabulary), weights, x_max, 0.75)
    tiled = make_tiles(*checked)
    means = []
    for epoch in range(1, epochs + 1):
        visited, logs, f = visits(*tiled, start.get("seed", 1), epoch)
        means.append(naive_epoch(*arrays, squares, visited, np.exp(logs), f, lr, biases))
    return arrays, means


def visits(cells, targets, starts, places, n_blocks, seed, epoch):
    """Words, log X and f(X) of an epoch, in order; shuffles in place, as the kernel does."""
    turns = list(rounds(n_blocks, seed, epoch))
    tiles, seeds = np.concatenate([tiles for tiles, _ in turns]), turns[0][1]
    # A rate of 0 leaves everything where it is, but for the cells.
    still = np.ones((2, 2 * LANES * (cells.max() + 1)), dtype=np.float32)
    train_tiles(
        *still, LANES, cells, targets, starts, tiles, seeds, np.float32(0), np.zeros(len(tiles))
    )
    order = np.concatenate([np.arange(starts[tile], starts[tile + 1]) for tile in tiles])
    words = [np.argsort(place)[cells[order, side]] for side, place in enumerate(places)]
    return np.stack(words, axis=1), *targets[order].T.astype(np.float64)


@pytest.mark.parametrize("n_blocks", [1, 4])
@pytest.mark.parametrize(
    "options",
    [
        {}, {"dim": 1}, {"dim": 14}, {"dim": 37, "biases": False}, {"dim": 8, "biases": False},
        {"seed": 5, "lr": 0.05, "x_max": 100.0}, {"weights": True},
    ],
    ids=str,
)  # fmt: skip
def test_fast_kernel_equals_the_plain_loop(options, n_blocks, monkeypatch):
    counts, vocabulary = toy()
    monkeypatch.setattr(glove_kernels, "TILE_CELLS", counts.nnz / n_blocks**2)
    settings = {"dim": 20, "lr": 0.2, "epochs": 3} | options
    if "weights" in settings:
        settings["weights"] = np.random.default_rng(3).random(counts.nnz)
    model = train_glove(counts, vocabulary, progress=False, **settings)
    start = {key: settings.pop(key) for key in ("dim", "seed") if key in settings}
    arrays, means = plain(counts, vocabulary, **settings, **start)
    for ours, theirs in zip(parameters(model), arrays, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-4)
    np.testing.assert_allclose([entry["cost"] for entry in model.history], means, rtol=1e-4)
    assert model.history[-1]["cells"] == 3 * counts.nnz
    assert options.get("biases", True) == bool(model.word_biases.any())


@pytest.mark.parametrize("biases", [True, False])
def test_plain_step_is_adagrad_on_half_the_weighted_squared_error(biases):
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=shape) for shape in ((3, 4), (3, 4), 3, 3)]
    if not biases:
        arrays[2:] = [np.zeros(3), np.zeros(3)]
    squares = [rng.uniform(1, 2, size=array.shape) for array in arrays]
    count, weight, lr = 7.0, 0.6, 0.2

    def half_loss():
        w, c, b, d = arrays
        return weight * (w[1] @ c[2] + b[1] + d[2] - np.log(count)) ** 2 / 2

    new, sums = [a.copy() for a in arrays], [a.copy() for a in squares]
    mean = naive_epoch(*new, sums, [(1, 2)], [count], [weight], lr, biases)
    assert mean == pytest.approx(2 * half_loss())
    for p, array in enumerate(arrays):
        for place in np.ndindex(array.shape):
            kept, ends = array[place], []
            for change in (1e-6, -1e-6):
                array[place] = kept + change
                ends.append(half_loss())
            array[place] = kept
            slope = (ends[0] - ends[1]) / 2e-6 if biases or p < 2 else 0
            assert sums[p][place] == pytest.approx(squares[p][place] + slope**2, abs=1e-7)
            step = lr * slope / np.sqrt(sums[p][place])
            assert new[p][place] == pytest.approx(kept - step, abs=1e-7)


def test_same_bits_for_any_number_of_threads(monkeypatch):
    monkeypatch.setattr(glove_kernels, "TILE_CELLS", 20)
    counts, vocabulary = toy(60)
    one, *others = (
        train_glove(counts, vocabulary, dim=19, threads=n, progress=False) for n in (1, 2, 3, 9)
    )
    for other in others:
        assert equal(one, other) and one.history == other.history
    assert one.settings == others[0].settings
    assert not equal(one, train_glove(counts, vocabulary, dim=19, seed=2, progress=False))


@pytest.mark.parametrize("n_blocks", [1, 2, 5])
def test_tiles_of_a_round_share_no_words_and_hold_every_cell_once(n_blocks, monkeypatch):
    counts, vocabulary = toy()
    monkeypatch.setattr(glove_kernels, "TILE_CELLS", counts.nnz / n_blocks**2)
    checked = glove._checked(counts, len(vocabulary), None, 10, 0.75)
    cells, targets, starts, places, found_blocks = make_tiles(*checked)
    assert found_blocks == n_blocks and starts[-1] == counts.nnz
    assert (np.sort(places, axis=1) == np.arange(len(vocabulary))).all()
    seen = []
    for tiles, _ in rounds(n_blocks, 1, 1):
        parts = [cells[starts[tile] : starts[tile + 1]] for tile in tiles]
        for side in (0, 1):
            words = [set(part[:, side].tolist()) for part in parts]
            assert sum(map(len, words)) == len(set().union(*words))
        seen.extend(map(tuple, np.concatenate(parts).tolist()))
    assert len(seen) == len(set(seen)) == counts.nnz
    i, j = (np.argsort(place)[cells[:, side]] for side, place in enumerate(places))
    assert sorted(zip(i, j, strict=True)) == sorted(zip(*counts.nonzero(), strict=True))
    values = counts.toarray()[i, j]
    np.testing.assert_allclose(targets.T, [np.log(values), weighting(values)], rtol=1e-6)


def test_families_separate_and_the_cost_falls():
    rng = np.random.default_rng(0)
    sentences = [
        [f"{'ab'[family]}{i}" for i in rng.integers(8, size=8)]
        for family in rng.integers(2, size=1500)
    ]
    vocabulary = Vocabulary.build(sentences)
    counts = cooccurrences(vocabulary.encode(sentences), len(vocabulary), 5, "harmonic")
    model = train_glove(counts, vocabulary, dim=16, epochs=30, progress=False)
    costs = [entry["cost"] for entry in model.history]
    assert costs[-1] < costs[0] / 10 and [e["epoch"] for e in model.history] == [*range(1, 31)]
    for word in ("a0", "b5"):
        assert {w[0] for w, _ in model.most_similar(word, 5)} == {word[0]}
    assert cost(model, counts) / counts.nnz < costs[-1] * 1.5


@njit
def roots_and_sum(x, out):
    for i in range(0, x.size, LANES):
        store(out, i, rsqrt(load(x, i)))
    return total(load(x, 0))


def test_short_vectors():
    x = np.geomspace(1e-3, 1e30, 16 * 50).astype(np.float32)
    out = np.empty_like(x)
    assert roots_and_sum(x, out) == pytest.approx(x[:LANES].sum(), rel=1e-6)
    np.testing.assert_allclose(out, 1 / np.sqrt(x.astype(np.float64)), rtol=1e-6)


def test_callback_joins_the_history_and_sees_live_vectors():
    counts, vocabulary = toy()
    seen = []

    def callback(epoch, model):
        seen.append(model.vectors)
        return {"double": 2 * epoch}

    model = train_glove(counts, vocabulary, dim=6, epochs=3, callback=callback, progress=False)
    assert [entry["double"] for entry in model.history] == [2, 4, 6]
    assert (seen[-1] == model.vectors).all() and not (seen[0] == seen[1]).all()


@pytest.mark.parametrize("biases", [True, False])
def test_start(biases):
    counts, vocabulary = toy()
    model = train_glove(counts, vocabulary, dim=400, epochs=0, biases=biases, progress=False)
    assert model.history == [] and model.word_vectors.shape == (40, 400)
    for array in parameters(model)[: 4 if biases else 2]:
        assert array.dtype == np.float32 and 0.9 < np.abs(array).max() * 800 <= 1
    assert biases or not model.word_biases.any() and not model.context_biases.any()


def test_cost_is_the_formula():
    counts, vocabulary = toy()
    model = train_glove(counts, vocabulary, dim=5, epochs=2, x_max=30.0, progress=False)
    w, c, b, d = (array.astype(np.float64) for array in parameters(model))
    i, j = counts.nonzero()
    x = counts.toarray()[i, j].astype(np.float64)
    squared = ((w[i] * c[j]).sum(axis=1) + b[i] + d[j] - np.log(x)) ** 2
    for options in ({}, {"x_max": 10.0}, {"alpha": 1.0}):
        f = weighting(x, **({"x_max": 30.0} | options))
        assert cost(model, counts, **options) == pytest.approx((f * squared).sum(), rel=1e-5)
    own = np.arange(counts.nnz)
    assert cost(model, counts.toarray(), own) == pytest.approx((own * squared).sum(), rel=1e-5)


def test_cells_may_be_zero_twice_unsorted_or_whole_numbers():
    rows, columns, values = [0, 0, 1, 1, 2], [2, 1, 0, 0, 2], [3, 0, 1, 4, 2]
    vocabulary = Vocabulary(["a", "b", "c"], [3, 2, 1])
    untidy = csr_array((values, columns, [0, 2, 4, 5]), shape=(3, 3))
    tidy = np.zeros((3, 3))
    np.add.at(tidy, (rows, columns), values)
    models = [
        train_glove(x, vocabulary, dim=3, progress=False) for x in (untidy, tidy, csr_array(tidy))
    ]
    assert equal(models[0], models[1]) and equal(models[1], models[2])
    assert models[0].history[0]["cells"] == 3
    assert untidy.nnz == 5  # the input is not changed
    assert cost(models[0], untidy) == pytest.approx(cost(models[0], tidy))


def test_own_weights_and_settings():
    counts, vocabulary = toy()
    f = train_glove(counts, vocabulary, dim=6, progress=False)
    own = train_glove(counts, vocabulary, dim=6, weights=weighting(counts.data), progress=False)
    assert equal(f, own) and (f.settings["own_weights"], own.settings["own_weights"]) == (0, 1)
    none = train_glove(counts, vocabulary, dim=6, weights=np.zeros(counts.nnz), progress=False)
    assert equal(none, train_glove(counts, vocabulary, dim=6, epochs=0, progress=False))
    by_count = train_glove(counts, vocabulary, dim=6, weights=counts.data, progress=False)
    assert np.isfinite(by_count.vectors).all()


def test_weighting():
    np.testing.assert_allclose(weighting([0, 1, 10, 1000]), [0, 0.1**0.75, 1, 1])
    np.testing.assert_allclose(weighting([[1, 100]], x_max=100), [[0.0316, 1]], rtol=1e-3)
    assert weighting(5, 10, 1) == 0.5 and isinstance(weighting(5), float)
    assert weighting(np.ones((2, 3), dtype=np.int64)).shape == (2, 3)
    for bad in ([-1], [np.nan], np.float32(-1)):
        with pytest.raises(ValueError, match="at least 0"):
            weighting(bad)
    for options in ({"x_max": 0}, {"alpha": -1}, {"x_max": np.nan}):
        with pytest.raises(ValueError, match="positive number"):
            weighting(1, **options)


def test_save_and_load(tmp_path):
    counts, vocabulary = toy()
    model = train_glove(counts, vocabulary, dim=5, epochs=2, progress=False)
    again = GloVe.load(model.save(tmp_path / "model"))
    assert equal(model, again) and again.vocabulary.words == vocabulary.words
    assert again.settings == model.settings and again.history == model.history
    assert (again.vectors == model.word_vectors + model.context_vectors).all()
    np.savez(tmp_path / "other.npz", words="a")
    with pytest.raises(ValueError, match="not a saved GloVe model"):
        GloVe.load(tmp_path / "other.npz")


def test_lookups_use_the_sum_of_both_vectors():
    vocabulary = Vocabulary(["a", "b", "c"], [3, 2, 1])
    words = np.array([[1, 0], [0, 1], [1, 0.2]], dtype=np.float32)
    model = GloVe(vocabulary, words, words)
    assert (model.vector("b") == [0, 2]).all() and not model.word_biases.any()
    assert [word for word, _ in model.most_similar("a")] == ["c", "b"]
    np.testing.assert_allclose(np.linalg.norm(model.unit_vectors(), axis=1), 1, rtol=1e-6)


def test_progress_writes_nothing_to_stderr(capfd):
    counts, vocabulary = toy()
    train_glove(counts, vocabulary, dim=3, epochs=1)
    out, err = capfd.readouterr()
    assert "Training GloVe: done" in out and err == ""


def test_fewer_words_than_blocks(monkeypatch):
    monkeypatch.setattr(glove_kernels, "TILE_CELLS", 0.1)
    vocabulary = Vocabulary(["a", "b"], [2, 1])
    model = train_glove([[0, 3], [2, 0]], vocabulary, dim=2, threads=4, progress=False)
    assert model.history[-1]["cells"] == 10


BAD = [
    ({"dim": 0}, "dim"), ({"dim": 2.5}, "dim"), ({"epochs": -1}, "epochs"), ({"lr": 0}, "lr"),
    ({"threads": 0}, "threads"), ({"x_max": 0}, "x_max"), ({"alpha": 0}, "alpha"),
    ({"weights": np.ones(3)}, "one number for each of the"), ({"lr": 1e30}, "diverged"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), BAD, ids=str)
def test_bad_settings(options, message):
    counts, vocabulary = toy()
    with pytest.raises(ValueError, match=message):
        train_glove(counts, vocabulary, progress=False, **options)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (np.ones((3, 3)), "each of the 2"), (np.ones((2, 3)), "square"), (np.ones(4), "square"),
        (np.zeros((2, 2)), "no positive cell"), (csr_array((2, 2)), "no positive cell"),
        ([[1, -1], [0, 1]], "at least 0"), ([[1, np.nan], [0, 1]], "at least 0"),
        ([[1, np.inf], [0, 1]], "finite"),
    ],
    ids=str,
)  # fmt: skip
def test_bad_counts(counts, message):
    with pytest.raises(ValueError, match=message):
        train_glove(counts, Vocabulary(["a", "b"], [2, 1]), progress=False)


def test_bad_weights():
    vocabulary = Vocabulary(["a", "b"], [2, 1])
    for weights in ([1, -1], [1, np.inf], [np.nan, 1]):
        with pytest.raises(ValueError, match="weights must be finite"):
            train_glove([[1, 2], [0, 0]], vocabulary, weights=weights, progress=False)
    twice = csr_array(([1, 2], [1, 1], [0, 2, 2]), shape=(2, 2))
    with pytest.raises(ValueError, match="sum_duplicates"):
        train_glove(twice, vocabulary, weights=[1, 1], progress=False)
