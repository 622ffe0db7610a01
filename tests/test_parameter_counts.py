"""Counts from sizes, against counts of real modules."""

import torch
from torch import nn

from helpers.models import Bert, BertConfig
from helpers.parameter_counts import elmo_parameters, transformer_parameters


def count(module):
    return sum(p.numel() for p in module.parameters())


def test_bert_is_counted_as_its_module():
    config = BertConfig(
        vocab_size=100, hidden_size=16, num_hidden_layers=3, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=20, type_vocab_size=2,
    )  # fmt: skip
    table, total = transformer_parameters(100, 16, 3, 20, segments=2)
    assert table == 1600 and total == count(Bert(config))


def test_published_sizes():
    assert transformer_parameters(30_522, 768, 12, 512, segments=2, pooler=True)[1] == 109_482_240
    assert round(transformer_parameters(50_257, 12_288, 96, 2048)[1] / 1e9) == 175


def test_lstm_of_elmo_is_counted_as_that_of_torch():
    with torch.device("meta"):
        lstm = nn.LSTM(512, 4096, num_layers=2, proj_size=512)
        extra = 2 * 4 * 4096  # Torch has two biases for each gate
        rest = nn.ModuleList(
            [nn.Embedding(262, 16), nn.Linear(2048, 512)]
            + [nn.Linear(2048, 4096) for _ in range(2)]
            + [nn.Conv1d(16, n, width) for width, n in zip(
                range(1, 8), (32, 32, 64, 128, 256, 512, 1024), strict=True)]
        )  # fmt: skip
    assert elmo_parameters() == (262 * 16, 2 * (count(lstm) - extra) + count(rest))
