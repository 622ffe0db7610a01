"""Learned sparse vectors: the formula, and what the real model expands to."""

import numpy as np
import pytest
import torch
from scipy import sparse

from helpers.models import load_splade

pytestmark = pytest.mark.data

TEXTS = ["How do I repair a flat tyre?", "king of england", "what causes rain", ""]


@pytest.fixture(scope="module")
def splade():
    return load_splade()


def test_equals_the_formula(splade):
    rows = []
    for text in TEXTS:
        ids = torch.tensor([splade.tokenizer.encode(text).ids])
        with torch.inference_mode():
            logits = splade.model(ids)[0].numpy()
        rows.append(np.log1p(np.maximum(logits, 0)).max(0))
    vectors = splade.encode(TEXTS)
    assert sparse.issparse(vectors) and vectors.dtype == np.float32
    np.testing.assert_allclose(vectors.toarray(), rows, atol=1e-4)
    assert vectors.shape == (4, len(splade.vocabulary)) == (4, 30522)


def test_batches_do_not_matter(splade):
    texts = TEXTS * 5
    difference = abs(splade.encode(texts, batch_size=1) - splade.encode(texts, batch_size=7))
    assert difference.max() < 1e-4
    assert (splade.encode(texts) != splade.encode(texts)).nnz == 0


def test_expands_to_related_words(splade):
    weights = dict(splade.expand("king of england", 12))
    assert list(weights.values()) == sorted(weights.values(), reverse=True)
    assert next(iter(weights)) == "king" and weights["england"] > 1
    assert {"queen", "london", "kingdom"} <= set(weights)
    assert len(splade.expand("king of england", 3)) == 3


def test_sparse_and_searches(splade):
    vectors = splade.encode(TEXTS[:3])
    assert vectors.nnz / 3 < 300
    queries = ["fix a bike tire", "british monarch", "why is there a storm"]
    scores = (splade.encode(queries) @ vectors.T).toarray()
    assert scores.argmax(1).tolist() == [0, 1, 2]


def test_edges(splade, capfd):
    assert splade.encode([]).shape == (0, 30522)
    splade.model.train()
    assert (splade.encode(TEXTS) != splade.encode(TEXTS)).nnz == 0 and splade.model.training
    splade.model.eval()
    with pytest.raises(ValueError, match="for a single text"):
        splade.encode("text")
    with pytest.raises(ValueError, match="batch_size must be 1 or more"):
        splade.encode(TEXTS, batch_size=0)
    assert capfd.readouterr().err == ""
