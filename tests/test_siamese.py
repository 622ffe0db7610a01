from functools import partial

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from helpers.mining import choose_negatives, mine_negatives, with_negatives
from helpers.models import Bert, BertConfig, TextEncoder, TorchBackend
from helpers.siamese import (
    ClassifierLoss,
    RankingLoss,
    TripletLoss,
    train_siamese,
)
from helpers.siamese_data import load_results, small_encoder
from helpers.siamese_scores import retrieval_scores
from helpers.side_by_side import train_side_by_side

WORDS = [f"w{i}" for i in range(40)]


def encoder(seed=1):
    table = {word: i for i, word in enumerate(["[PAD]", "[UNK]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(table, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=42, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=8, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    return TextEncoder("tiny", tokenizer, TorchBackend(Bert(config)), "mean")


@pytest.fixture
def pairs():
    # Word 2i means word 2i + 1.
    return [(f"w{2 * i} w{2 * i}", f"w{2 * i + 1}") for i in range(20)]


def test_ranking_loss_is_cross_entropy_over_cosines():
    u, v, more = torch.randn(5, 4), torch.randn(5, 4), torch.randn(3, 4)
    cosines = torch.nn.functional.cosine_similarity(u[:, None], torch.cat([v, more])[None], dim=2)
    expected = -(7 * cosines).log_softmax(1)[range(5), range(5)].mean()
    assert torch.isclose(RankingLoss(7.0)(u, v, more), expected)
    assert torch.isclose(RankingLoss(7.0)(3 * u, v, more), expected)
    assert RankingLoss()(u[:1], v[:1]) == 0


def test_triplet_loss_is_a_hinge_on_cosines():
    u = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert TripletLoss(0.2)(u, u, u) == pytest.approx(0.2)
    assert TripletLoss(0.2)(u, u) == 0  # The next row's document is at a right angle.
    assert TripletLoss(0.2)(u, u.flip(0), u) == pytest.approx(1.2)


def test_classifier_has_three_classes_and_a_gradient():
    u, v, n = (torch.randn(4, 6, requires_grad=True) for _ in range(3))
    loss = ClassifierLoss(6)
    loss(u, v, n).backward()
    assert loss.head.weight.shape == (3, 18)
    assert all(x.grad.abs().sum() > 0 for x in (u, v, n))


@pytest.mark.parametrize("loss", [RankingLoss(), TripletLoss(), ClassifierLoss(16)])
def test_training_brings_pairs_together_and_repeats(pairs, loss):
    state = {name: value.clone() for name, value in loss.state_dict().items()}
    found = []
    for _ in range(2):
        loss.load_state_dict(state)
        tiny = encoder()
        losses = train_siamese(tiny, {"p": pairs}, loss, steps=60, batch_size=10, lr=0.01)
        vectors = [tiny.encode([row[column] for row in pairs]) for column in (0, 1)]
        found.append((losses, *vectors))
    assert losses[-5:].mean() < losses[:5].mean() / 2
    # The classifier learns a relation of u and v that need not be a high cosine.
    assert retrieval_scores(*vectors)[0] > 0.4 or isinstance(loss, ClassifierLoss)
    assert all((a == b).all() for a, b in zip(*found, strict=True))


def test_side_by_side_gives_the_same_as_in_turn(pairs):
    def jobs(encoders):
        return {
            str(seed): partial(
                train_siamese, encoders[seed], {"p": pairs}, RankingLoss(), steps=20,
                batch_size=10, seed=seed,
            )
            for seed in encoders
        }  # fmt: skip

    together, alone = ({seed: encoder(seed) for seed in (1, 2, 3)} for _ in range(2))
    losses = train_side_by_side(jobs(together))
    for seed, job in jobs(alone).items():
        assert (losses[seed] == job()).all()
        vectors = [of[int(seed)].encode(["w1 w2", "w7"]) for of in (together, alone)]
        assert (vectors[0] == vectors[1]).all()
    with pytest.raises(ValueError, match="workers"):
        train_side_by_side({}, workers=0)


def test_training_refuses_batches_that_are_too_large(pairs):
    with pytest.raises(ValueError, match="'p': 21"):
        train_siamese(encoder(), {"p": pairs}, RankingLoss(), batch_size=21)
    with pytest.raises(ValueError, match="nothing to train"):
        train_siamese(encoder(), {}, RankingLoss())


def test_mined_negatives_are_the_best_wrong_ones():
    rng = np.random.default_rng(2)
    queries, documents = rng.normal(size=(2, 30, 6))
    scores = queries @ documents.T
    for row, first in enumerate(mine_negatives(queries, documents)):
        assert first == [j for j in np.argsort(-scores[row]) if j != row][0]
    unit = documents / np.linalg.norm(documents, axis=1, keepdims=True)
    guarded = choose_negatives("guarded", unit, unit)
    assert (unit[guarded] * unit).sum(1).max() < 0.9
    drawn = choose_negatives("random", unit, unit)
    assert sorted(drawn) == list(range(30)) and (drawn != np.arange(30)).all()
    with pytest.raises(ValueError, match="two documents"):
        mine_negatives(queries[:1], documents[:1])
    with pytest.raises(ValueError, match="one of random"):
        choose_negatives("all", unit, unit)


def test_pairs_get_the_chosen_document_as_their_negative():
    rows = [("q0", "d0"), ("q1", "d1"), ("q2", "d2")]
    assert with_negatives(rows, np.array([2, 0, 1])) == [
        ("q0", "d0", "d2"),
        ("q1", "d1", "d0"),
        ("q2", "d2", "d1"),
    ]
    with pytest.raises(ValueError, match="one negative for each of 3 rows"):
        with_negatives(rows, [1])


def test_retrieval_scores_count_ties_as_half():
    eye = np.eye(4)
    assert retrieval_scores(eye, eye) == (1, 1)
    recall, mrr = retrieval_scores(np.zeros((4, 2)), np.zeros((4, 2)))
    assert recall == 0 and mrr == pytest.approx(1 / 2.5)
    with pytest.raises(ValueError, match="alike"):
        retrieval_scores(eye, eye[:2])


def test_missing_results_are_one_clear_line(tmp_path):
    for content in (None, "{", '{"seeds": {}}'):
        path = tmp_path / "results.json"
        if content:
            path.write_text(content)
        with pytest.raises(ValueError, match="train_sentence_encoders") as raised:
            load_results(path)
        assert "\n" not in str(raised.value)


def test_small_encoder_refuses_a_width_that_does_not_fit():
    with pytest.raises(ValueError, match="multiple of 4"):
        small_encoder(encoder().tokenizer, width=49)


@pytest.mark.data
@pytest.mark.slow
def test_the_start_keeps_the_cosines_of_glove():
    from helpers import data
    from helpers.siamese_data import word_tokenizer

    start = small_encoder(word_tokenizer(["King, queen 12 zzqy"]))
    assert start.tokenizer.encode("The king; 12 zzqy").tokens == ["[UNK]", "king", "12", "[UNK]"]
    table = start.backend.model.embeddings.word_embeddings.weight.detach().numpy()
    words, vectors = data.pretrained_glove()
    pair = np.stack([vectors[words.index(word)] for word in ("king", "queen")])
    rows = table[[start.tokenizer.token_to_id(word) for word in ("king", "queen")]]
    assert np.allclose(rows @ rows.T, pair @ pair.T, rtol=1e-4)
