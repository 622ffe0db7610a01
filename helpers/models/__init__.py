"""Pretrained sentence encoders: loaded offline from hashed archives, one interface for all.

>>> from helpers.models import load_minilm
>>> vectors = load_minilm().encode(["A cat sat.", "A kitten was sitting."])
"""

from helpers.models.encoder import Bert, BertConfig, BertOutput
from helpers.models.library import load_sentence_transformer
from helpers.models.masked_lm import BertForMaskedLM, Splade, WeightedToken, load_splade
from helpers.models.onnx_models import (
    BGE_QUERY_INSTRUCTION,
    CrossEncoder,
    load_bge_small,
    load_colbert_backbone,
    load_cross_encoder,
    load_distilbert_tagger,
)
from helpers.models.pooling import cls_pool, last_pool, max_pool, mean_pool
from helpers.models.text_encoder import TextEncoder, TokenStates
from helpers.models.tokens import Batch, batches_by_length, load_tokenizer
from helpers.models.torch_models import TorchBackend, load_minilm, torch_threads

__all__ = [
    "BGE_QUERY_INSTRUCTION",
    "Batch",
    "Bert",
    "BertConfig",
    "BertForMaskedLM",
    "BertOutput",
    "CrossEncoder",
    "Splade",
    "TextEncoder",
    "TokenStates",
    "TorchBackend",
    "WeightedToken",
    "batches_by_length",
    "cls_pool",
    "last_pool",
    "load_bge_small",
    "load_colbert_backbone",
    "load_cross_encoder",
    "load_distilbert_tagger",
    "load_minilm",
    "load_sentence_transformer",
    "load_splade",
    "load_tokenizer",
    "max_pool",
    "mean_pool",
    "torch_threads",
]
