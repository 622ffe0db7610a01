"""The encoder in plain PyTorch, against transformers with the same random weights."""

import dataclasses

import pytest
import torch
import transformers

from helpers.models import Bert, BertConfig, BertForMaskedLM
from helpers.models.encoder import rename_checkpoint
from helpers.models.masked_lm import rename_head

SMALL = BertConfig(
    vocab_size=50,
    hidden_size=24,
    num_hidden_layers=3,
    num_attention_heads=4,
    intermediate_size=40,
    max_position_embeddings=16,
    layer_norm_eps=1e-6,
)


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 50, (3, 9), generator=generator)
    mask = (torch.arange(9) < torch.tensor([[9], [4], [1]])).long()
    types = (torch.arange(9) > 3).long().expand(3, 9)
    return ids, mask, types


def library(kind, **more):
    torch.manual_seed(1)
    config = transformers.BertConfig(**dataclasses.asdict(SMALL), **more)
    model = kind(config).eval()
    # Biases start at 0 and norms at 1 and 0, which would hide a mix-up of their names.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    return model


def test_equals_transformers(batch):
    oracle = library(transformers.BertModel, attn_implementation="eager")
    ours = Bert(SMALL)
    ours.load_state_dict(rename_checkpoint(oracle.state_dict()))
    expected = oracle(*batch, output_hidden_states=True, output_attentions=True)
    output = ours.eval()(*batch, return_attentions=True)
    real = batch[1].bool()
    assert len(output.hidden_states) == 4 and len(output.attentions) == 3
    for state, wanted in zip(output.hidden_states, expected.hidden_states, strict=True):
        torch.testing.assert_close(state[real], wanted[real], rtol=1e-5, atol=1e-5)
    for weights, wanted in zip(output.attentions, expected.attentions, strict=True):
        torch.testing.assert_close(weights, wanted, rtol=1e-5, atol=1e-6)
    assert output.last_hidden_state is output.hidden_states[-1]


def test_masked_lm_equals_transformers(batch):
    oracle = library(transformers.BertForMaskedLM)
    ours = BertForMaskedLM(SMALL)
    weights = {name: t for name, t in oracle.state_dict().items() if "decoder" not in name}
    ours.load_state_dict(rename_head(rename_checkpoint(weights)))
    expected = oracle(*batch).logits
    real = batch[1].bool()
    torch.testing.assert_close(ours.eval()(*batch)[real], expected[real], rtol=1e-5, atol=1e-5)


def test_padding_changes_nothing(batch):
    torch.manual_seed(2)
    model = Bert(SMALL).eval()
    ids, mask, _ = batch
    output = model(ids, mask, return_attentions=True)
    alone = model(ids[1:2, :4]).last_hidden_state
    torch.testing.assert_close(output.last_hidden_state[1:2, :4], alone, rtol=1e-5, atol=1e-6)
    assert all((weights[1, :, :, 4:] == 0).all() for weights in output.attentions)
    assert torch.isfinite(output.last_hidden_state).all()


def test_a_causal_mask_hides_what_comes_later(batch):
    torch.manual_seed(3)
    model = Bert(SMALL).eval()
    ids = batch[0]
    causal = torch.ones(3, 9, 9).tril()
    before = model(ids, causal).last_hidden_state
    changed = ids.clone()
    changed[:, 6] = (ids[:, 6] + 1) % 50
    after = model(changed, causal).last_hidden_state
    torch.testing.assert_close(before[:, :6], after[:, :6])
    assert (before[:, 6:] - after[:, 6:]).abs().amax((0, 2)).min() > 1e-4


def test_trains(batch):
    torch.manual_seed(4)
    model = BertForMaskedLM(SMALL)
    ids, mask, types = batch
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(60):
        logits = model(ids, mask, types)
        loss = torch.nn.functional.cross_entropy(logits[mask.bool()], ids[mask.bool()])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 3.5 and losses[-1] < 1
    assert not torch.equal(model(ids), model(ids)), "dropout is on while training"


def test_initial_weights():
    torch.manual_seed(5)
    model = Bert(BertConfig(vocab_size=500, num_hidden_layers=1, hidden_size=96))
    assert abs(model.embeddings.word_embeddings.weight.std() - 0.02) < 0.001
    assert abs(model.layers[0].attention.query.weight.std() - 0.02) < 0.001
    assert not model.layers[0].attention.query.bias.any()


def test_bad_input():
    model = Bert(SMALL)
    with pytest.raises(ValueError, match="at most 16 tokens, not .2, 17."):
        model(torch.zeros(2, 17, dtype=torch.long))
    with pytest.raises(ValueError, match="at most 16 tokens, not .5,."):
        model(torch.zeros(5, dtype=torch.long))
    with pytest.raises(ValueError, match="must have the shape of input_ids, .2, 3."):
        model(torch.zeros(2, 3, dtype=torch.long), torch.ones(2, 4))
    with pytest.raises(ValueError, match="multiple of num_attention_heads"):
        BertConfig(hidden_size=100, num_attention_heads=12)
    with pytest.raises(ValueError, match="hidden_act = 'gelu', not 'relu'"):
        BertConfig.from_json({"hidden_act": "relu"})
    read = BertConfig.from_json({"hidden_size": 48, "hidden_act": "gelu", "model_type": "bert"})
    assert read == BertConfig(hidden_size=48)
