"""all-MiniLM-L6-v2 in our encoder, against sentence-transformers; the front of all encoders."""

import socket

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from helpers.data import DataError, lee_documents
from helpers.models import (
    BertConfig,
    batches_by_length,
    load_minilm,
    load_sentence_transformer,
    load_tokenizer,
    torch_threads,
)
from helpers.models.tokens import encode_texts

pytestmark = pytest.mark.data

TEXTS = [
    "A cat sat on the mat.",
    "She put her money into the bank.",
    "They had lunch on the bank of the river, not far from the Bank of England.",
    "",
    "Übung, façade, 東京 and 😀 [MASK]",
    "many words " * 300,
]


@pytest.fixture(scope="module")
def minilm():
    return load_minilm()


def test_equals_sentence_transformers(minilm, monkeypatch, capfd):
    def no_network(*_):
        raise AssertionError("the loaders must not use the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    library = load_sentence_transformer()
    texts = TEXTS + lee_documents().texts
    ours = minilm.encode(texts)
    np.testing.assert_allclose(ours, library.encode(texts), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    raw = minilm.encode(TEXTS[:3], normalize=False)
    (tokens,) = library.encode(TEXTS[:1], output_value="token_embeddings")
    (states,) = minilm.token_states(TEXTS[:1])
    np.testing.assert_allclose(states.vectors, tokens, atol=1e-5)
    np.testing.assert_allclose(raw[0], states.vectors.mean(0), atol=1e-5)
    assert capfd.readouterr().err == ""


def test_agrees_with_people(minilm):
    lee = lee_documents()
    vectors = minilm.encode(lee.texts)
    upper = np.triu_indices(50, 1)
    correlation = spearmanr((vectors @ vectors.T)[upper], lee.similarities[upper]).statistic
    assert correlation == pytest.approx(0.508, abs=0.002)


def test_order_and_batches_do_not_matter(minilm):
    vectors = minilm.encode(TEXTS)
    for batch_size in (1, 2, 100):
        np.testing.assert_allclose(minilm.encode(TEXTS, batch_size=batch_size), vectors, atol=1e-6)
    np.testing.assert_allclose(minilm.encode(TEXTS[::-1])[::-1], vectors, atol=1e-6)
    assert np.array_equal(minilm.encode(TEXTS), vectors)


def test_layers(minilm):
    layers = minilm.encode_layers(TEXTS[:3])
    assert layers.shape == (7, 3, 384) and layers.dtype == np.float32
    assert minilm.n_layers == 6 and minilm.dimension == 384
    for layer in (0, 4, -1):
        one = minilm.encode(TEXTS[:3], layer=layer, normalize=False)
        np.testing.assert_allclose(one, layers[layer], atol=1e-6)
    with pytest.raises(ValueError, match="layer must be 0 to 6"):
        minilm.encode(TEXTS, layer=7)


def test_poolings(minilm):
    (states,) = minilm.token_states(TEXTS[:1], layer=3)
    expected = {
        "cls": states.vectors[0],
        "mean": states.vectors.mean(0),
        "max": states.vectors.max(0),
        "last": states.vectors[-1],
    }
    for pooling, wanted in expected.items():
        # Next to a longer text, so that there is padding.
        both = minilm.encode(TEXTS[:3], pooling=pooling, layer=3, normalize=False)
        np.testing.assert_allclose(both[0], wanted, atol=1e-5)


def test_words_in_context(minilm):
    money, river = minilm.token_states(TEXTS[1:3])
    assert money.tokens[0] == "[CLS]" and money.tokens[-1] == "[SEP]"
    row = money.tokens.index("bank")
    assert np.array_equal(money.word("bank"), money.vectors[row])
    rows = [i for i, token in enumerate(river.tokens) if token == "bank"]
    for occurrence, row in enumerate(rows):
        assert np.array_equal(river.word("Bank", occurrence), river.vectors[row])
    (split,) = minilm.token_states(["An embeddable thing."])
    pieces = [i for i, (a, b) in enumerate(split.offsets) if a >= 3 and b <= 13 and b > a]
    assert len(pieces) > 1
    np.testing.assert_allclose(split.word("embeddable"), split.vectors[pieces].mean(0))
    for word in ("money", ""):
        with pytest.raises(ValueError, match="the text has no"):
            river.word(word)
    with pytest.raises(ValueError, match="no 'bank' number 2"):
        river.word("bank", 2)
    (cut,) = minilm.token_states(["many words " * 300 + "end"])
    assert len(cut.tokens) == 256
    with pytest.raises(ValueError, match="past the 256 tokens"):
        cut.word("end")


def test_attention_weights(minilm):
    weights = minilm.attentions(TEXTS[0])
    assert weights.shape == (6, 12, 9, 9)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)


def test_no_texts_and_progress(minilm, capfd, monkeypatch):
    monkeypatch.delenv("COURSE_BUILD", raising=False)
    assert minilm.encode([]).shape == (0, 384)
    assert minilm.token_states([]) == []
    minilm.encode(TEXTS, progress=True)
    out, err = capfd.readouterr()
    assert "Encoding with all-MiniLM-L6-v2: done, 6 texts" in out and err == ""


def test_loading_and_encoding_leave_no_trace():
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    encoder = load_minilm()
    model = encoder.backend.model.train()
    vectors = encoder.encode(TEXTS[:2])
    assert np.array_equal(vectors, encoder.encode(TEXTS[:2])), "no dropout while encoding"
    assert model.training and torch.get_num_threads() == threads
    assert torch.equal(state, torch.get_rng_state())
    assert all(parameter.requires_grad for parameter in model.parameters())
    model(torch.tensor([[101, 102]])).last_hidden_state.sum().backward()
    with torch.no_grad():
        model.layers[0].attention.query.weight.add_(1)
    assert not np.allclose(encoder.encode(TEXTS[:2]), vectors)
    assert np.array_equal(load_minilm().encode(TEXTS[:2]), vectors), "each load is a fresh model"


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one text", r"write \[text\] for a single text"),
        (["a", None], r"texts\[1\] must be a string, not NoneType"),
        ([b"a"], r"texts\[0\] must be a string, not bytes"),
    ],
)
def test_bad_texts(minilm, texts, message):
    for method in (minilm.encode, minilm.encode_layers, minilm.token_states):
        with pytest.raises(ValueError, match=message):
            method(texts)


def test_bad_arguments(minilm):
    with pytest.raises(ValueError, match="no pooling 'sum'"):
        minilm.encode(TEXTS, pooling="sum")
    with pytest.raises(ValueError, match="batch_size must be 1 or more"):
        minilm.encode(TEXTS, batch_size=0)
    for length in (2, 513):
        with pytest.raises(ValueError, match="max_length must be 3 to 512"):
            load_minilm(max_length=length)
    with pytest.raises(ValueError, match="threads must be 1 or more"), torch_threads(0):
        pass
    with pytest.raises(DataError, match="no data source called"):
        load_tokenizer("no-such-source", "tokenizer.json", 128)
    with pytest.raises(ValueError, match="positions|position"):
        BertConfig.from_json({"position_embedding_type": "relative_key"})


def test_batches_waste_little_padding(minilm):
    texts = ["word " * (1 + 7 * i % 23) for i in range(40)]
    encodings = encode_texts(minilm.tokenizer, texts)
    seen = []
    for rows, batch in batches_by_length(encodings, 8):
        seen += rows.tolist()
        assert batch.input_ids.shape == batch.attention_mask.shape == batch.token_type_ids.shape
        assert batch.attention_mask.sum(1).tolist() == [len(encodings[row]) for row in rows]
        assert batch.attention_mask.mean() > 0.6
    assert sorted(seen) == list(range(40))
