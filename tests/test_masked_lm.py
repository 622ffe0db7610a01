"""The small masked language model: recipe, text, baselines, training, filling in."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from helpers import masked_lm
from helpers.masked_lm import CLS, MASK, SEP, SPECIALS, MlmText, mlm_mask

WORDS = [*SPECIALS, *"abcdefghij"]


def cycles(n, seed):
    """Sequences in which each word determines the next one."""
    starts = np.random.default_rng(seed).integers(10, size=(n, 1))
    return np.hstack([np.full((n, 1), CLS), len(SPECIALS) + (starts + np.arange(7)) % 10])


@pytest.fixture(scope="module")
def toy():
    return MlmText(WORDS, cycles(400, 1), cycles(50, 2))


def test_recipe_shares_and_purity():
    ids = np.random.default_rng(0).integers(0, 1000, size=(300, 200))
    before = ids.copy()
    inputs, labels = mlm_mask(ids, range(5), MASK, 1000, np.random.default_rng(1))
    chosen = labels != -100
    assert (ids == before).all() and (labels[chosen] == ids[chosen]).all()
    assert not (chosen & (ids < 5)).any() and (inputs[~chosen] == ids[~chosen]).all()
    assert chosen[ids >= 5].mean() == pytest.approx(0.15, abs=0.01)
    assert (inputs[chosen] == MASK).mean() == pytest.approx(0.8, abs=0.03)
    assert (inputs[chosen] == ids[chosen]).mean() == pytest.approx(0.1, abs=0.025)


def test_treatment_and_kinds():
    ids = np.random.default_rng(0).integers(5, 1000, size=(100, 100))
    for treatment in ((0.8, 0.1), (1.0, 0.0), (0.3, 0.5)):
        inputs, labels = mlm_mask(
            ids, range(5), MASK, 1000, np.random.default_rng(1), treatment=treatment
        )
        kinds = masked_lm.kinds_of_places(inputs, labels)
        chosen = labels != -100
        assert (sum(kinds.values()) == chosen).all()
        shares = [kinds[name].sum() / chosen.sum() for name in ("masked", "random", "kept")]
        assert shares == pytest.approx([*treatment, 1 - sum(treatment)], abs=0.05)


def test_parts_of_the_running_start(toy):
    vectors = np.random.default_rng(4).normal(size=(10, 32))
    sizes = {"width": 32, "heads": 2}
    both = masked_lm.small_masked_lm(toy, vectors=vectors, **sizes)
    closed = masked_lm.small_masked_lm(toy, vectors=vectors, open_layers=False, **sizes)
    opened = masked_lm.small_masked_lm(toy, open_layers=True, **sizes)
    random = masked_lm.small_masked_lm(toy, **sizes)

    def same(one, other, part):
        return torch.equal(one.get_parameter(part), other.get_parameter(part))

    table, value = "bert.embeddings.word_embeddings.weight", "bert.layers.1.attention.value.weight"
    assert same(both, closed, table) and same(opened, random, table)
    assert same(both, opened, value) and same(closed, random, value)
    assert not same(both, random, table) and not same(both, random, value)


def test_text_of_the_course():
    text = masked_lm.mlm_text(n_words=200, length=16)
    assert len(text.words) == 205 and text.train.shape[1] == text.test.shape[1] == 16
    assert (text.train[:, 0] == CLS).all() and (text.train[:, 1:] != CLS).all()
    assert (text.train == SEP).any() and text.train.max() == 204
    assert len(text.train) == pytest.approx(19 * len(text.test), rel=0.01)
    assert text.ids("the xyzzy [MASK]").tolist() == [CLS, 5, 1, MASK]


def test_tables_know_what_neighbours_say(toy):
    _, labels = mlm_mask(toy.test, range(5), MASK, 15, np.random.default_rng(3))
    losses = masked_lm.neighbour_losses(toy, toy.test, labels, prior=1.0)
    assert losses["unigram"] == pytest.approx(np.log(10), abs=0.1)
    assert losses["left neighbour"] < 0.6


def test_training_learns_a_cycle_and_repeats_itself(toy):
    inputs, labels = mlm_mask(toy.test, range(5), MASK, 15, np.random.default_rng(3))
    inputs = np.where(labels != -100, MASK, inputs)
    losses = []
    for _ in range(2):
        model = masked_lm.small_masked_lm(toy, width=32, heads=2)
        history = masked_lm.train_masked_lm(
            model, toy.train, steps=150, lr=5e-3, test=(inputs, labels), test_every=50
        )
        losses.append([loss for _, loss in history])
    assert [step for step, _ in history] == [0, 50, 100, 150]
    assert losses[0] == losses[1] and losses[0][-1] < 0.5 * losses[0][0]
    filled = masked_lm.fill_in(model, WORDS, [CLS, 5, 6, MASK, 8, 9, 10, 11], k=3)
    assert filled[0][0] == "c" and sum(p for _, p in filled) <= 1


def test_start_from_vectors_keeps_their_directions(toy):
    vectors = np.random.default_rng(4).normal(size=(10, 32))
    model = masked_lm.small_masked_lm(toy, width=32, heads=2, vectors=vectors)
    table = model.bert.embeddings.word_embeddings.weight.detach().numpy()[5:]
    centred = vectors - vectors.mean(axis=0)
    assert np.allclose(table / table.std(), centred / centred.std(), atol=1e-3)


def test_fixed_masks_are_used_again(toy):
    model = masked_lm.small_masked_lm(toy, width=32, heads=2)
    assert masked_lm.train_masked_lm(model, toy.train, steps=14, fixed_masks=2) == []


def test_clear_messages(toy):
    model = masked_lm.small_masked_lm(toy, width=32, heads=2)
    with pytest.raises(ValueError, match="batch_size must be 1 to 400"):
        masked_lm.train_masked_lm(model, toy.train, steps=1, batch_size=401)
    with pytest.raises(ValueError, match=r"one \[MASK\], not 0"):
        masked_lm.fill_in(model, WORDS, [CLS, 5])


def test_stored_results_hold_what_the_lesson_reads():
    results = masked_lm.load_results()
    steps, losses = zip(*results["curve"], strict=True)
    assert steps[0] == 0 and list(steps) == sorted(steps) and losses[-1] < losses[0] - 2
    assert list(results["gaps"]) == list(masked_lm.GAPS)
    assert all(len(found) == 5 for found in results["gaps"].values())
    assert set(results["fixed_masks"]) == {"1", "10", "fresh"}
    assert set(results["starts"]) == {"both", "vectors", "layers", "random"}
    assert set(results["treatments"]) == {"80/10/10", "100/0/0"}
    for runs in (*results["starts"].values(), *results["treatments"].values()):
        assert set(runs) == {"1", "2"}


def test_damaged_results_say_what_to_do(tmp_path):
    with pytest.raises(ValueError, match=r"train_masked_lm"):
        masked_lm.load_results(tmp_path / "missing.json")


def test_halves_give_the_gradient_of_the_whole_batch(toy):
    model = masked_lm.small_masked_lm(toy, width=8, heads=2)
    inputs, labels = masked_lm.gaps(toy.train[:6], len(toy.words), seed=3)
    with ThreadPoolExecutor(2) as halves:
        loss = masked_lm._backward(model, inputs, labels, halves)
    found = [weight.grad.clone() for weight in model.parameters()]
    model.zero_grad()
    whole = torch.nn.functional.cross_entropy(*masked_lm._logits(model, inputs, labels))
    whole.backward()
    assert loss == pytest.approx(whole.item(), rel=1e-5)
    for weight, gradient in zip(model.parameters(), found, strict=True):
        torch.testing.assert_close(gradient, weight.grad, rtol=1e-4, atol=1e-6)


def test_a_batch_without_a_chosen_place_is_refused(toy):
    model = masked_lm.small_masked_lm(toy, width=8, heads=2)
    labels = np.full_like(toy.train[:2], -100)
    with ThreadPoolExecutor(2) as halves, pytest.raises(ValueError, match="no place"):
        masked_lm._backward(model, toy.train[:2], labels, halves)
