import numpy as np
import pytest
import torch

from helpers.distillation import (
    Int8Embedding,
    Int8Linear,
    distil,
    int8_copy,
    megabytes,
    student_of,
)
from helpers.models import Bert, BertConfig, TextEncoder, TorchBackend
from tests.test_siamese import encoder

TEXTS = [f"w{i} w{j}" for i in range(0, 40, 3) for j in range(0, 40, 5)]


@pytest.fixture
def teacher():
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=42, hidden_size=16, num_hidden_layers=3, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=8, initializer_range=0.3,
    )  # fmt: skip
    return TextEncoder("t", encoder().tokenizer, TorchBackend(Bert(config).eval()), "mean")


def test_a_student_of_all_layers_is_the_teacher(teacher):
    same = student_of(teacher, (0, 1, 2))
    assert np.allclose(same.encode(TEXTS), teacher.encode(TEXTS), atol=1e-6)
    student = student_of(teacher, (0, 2))
    assert student.n_layers == 2 and megabytes(student) < megabytes(teacher)
    with pytest.raises(ValueError, match="from 0 to 2"):
        student_of(teacher, (3,))


def test_distilling_brings_the_student_near_and_repeats(teacher):
    targets = teacher.encode(TEXTS)
    found = []
    for _ in range(2):
        student = student_of(teacher, (0, 2))
        before = (student.encode(TEXTS) * targets).sum(1).mean()
        losses = distil(student, TEXTS, targets, epochs=12, batch_size=16, lr=3e-3)
        found.append(student.encode(TEXTS))
    assert (found[0] == found[1]).all()
    after = (found[0] * targets).sum(1).mean()
    assert 1 - after < (1 - before) / 2 and losses[-1] < losses[0]
    assert (teacher.encode(TEXTS) == targets).all()
    with pytest.raises(ValueError, match="one row a text"):
        distil(student, TEXTS, targets[:3])


def test_int8_rounds_to_a_hundredth(teacher):
    torch.manual_seed(1)
    linear, x = torch.nn.Linear(24, 8), torch.randn(5, 24)
    exact, rounded = linear(x), Int8Linear(linear)(x)
    assert (exact - rounded).abs().max() < 0.03 * exact.abs().max()
    table = torch.nn.Embedding(9, 12)
    rows = torch.arange(9)
    assert (table(rows) - Int8Embedding(table)(rows)).abs().max() <= table.weight.abs().max() / 254
    copy = int8_copy(teacher)
    assert megabytes(copy) < 0.4 * megabytes(teacher)
    assert megabytes(copy) < megabytes(int8_copy(teacher, embeddings=False)) < megabytes(teacher)
    assert (copy.encode(TEXTS) * teacher.encode(TEXTS)).sum(1).min() > 0.99
