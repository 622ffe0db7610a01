"""What every model of word vectors can do: look words up, find neighbours, be saved and loaded."""

import json
from pathlib import Path

import numpy as np

from helpers.vocabulary import Vocabulary

__all__ = ["WordVectors"]


class WordVectors:
    """Words with one vector each; the base of the trained models.

    A subclass has ``vectors`` (V, d), and says with ``_arrays`` and ``_from_arrays`` what is
    saved.

    Attributes
    ----------
    vocabulary : Vocabulary
        Words and counts.
    settings : dict
        The settings of the training.
    history : list of dict
        What was recorded during training.
    """

    def __init__(self, vocabulary: Vocabulary, settings=None):
        self.vocabulary = vocabulary
        self.settings = dict(settings or {})
        self.history: list[dict] = []

    def id_of(self, word: str) -> int:
        """Id of a word; a ValueError that names it when it is not in the vocabulary."""
        if word not in self.vocabulary:
            raise ValueError(f"the word {word!r} is not in the vocabulary.")
        return self.vocabulary.index[word]

    def __contains__(self, word: str) -> bool:
        """Whether the model has a trained vector for `word`."""
        return word in self.vocabulary

    def vector(self, word: str) -> np.ndarray:
        """Vector of a word: (d,) float32."""
        return self.vectors[self.id_of(word)]

    def unit_vectors(self) -> np.ndarray:
        """Vectors divided by their lengths: (V, d) float32; zero vectors stay zero."""
        vectors = self.vectors
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.where(lengths == 0, 1, lengths)

    def most_similar(self, query, k: int = 10, exclude=()) -> list[tuple[str, float]]:
        """Words with the largest cosine to a word or a vector.

        Parameters
        ----------
        query : str or array_like (d,)
            A word (itself left out of the answer) or a vector.
        k : int
            How many words.
        exclude : iterable of str
            Words to leave out.

        Returns
        -------
        list of (word, cosine), best first
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}.")
        left_out = set(exclude)
        if isinstance(query, str):
            left_out.add(query)
            query = self.vector(query)
        query = np.asarray(query, dtype=np.float32)
        if query.shape != self.vectors.shape[1:]:
            raise ValueError(
                f"the query vector has shape {query.shape}, the model {self.vectors.shape[1:]}."
            )
        cosines = self.unit_vectors() @ (query / (np.linalg.norm(query) or 1.0))
        cosines[
            [self.vocabulary.index[word] for word in left_out if word in self.vocabulary]
        ] = -np.inf
        best = np.argsort(-cosines, kind="stable")[:k]
        words = self.vocabulary.words
        return [(words[i], float(cosines[i])) for i in best if np.isfinite(cosines[i])]

    def save(self, path) -> Path:
        """Write the model to an ``.npz`` file without pickles; return its path."""
        path = Path(path)
        if path.suffix != ".npz":
            path = path.with_name(path.name + ".npz")
        partial = path.with_name(path.name + ".part")
        with open(partial, "wb") as file:
            np.savez(
                file,
                words="\n".join(self.vocabulary.words),
                counts=self.vocabulary.counts,
                settings=json.dumps(self.settings, default=_plain),
                history=json.dumps(self.history, default=_plain),
                **self._arrays(),
            )
        partial.replace(path)
        return path

    @classmethod
    def load(cls, path):
        """Read a model that :meth:`save` wrote.

        Raises
        ------
        ValueError
            If the file is missing or is not such a model.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                vocabulary = Vocabulary(str(file["words"]).split("\n"), file["counts"])
                model = cls._from_arrays(vocabulary, file, json.loads(str(file["settings"])))
                model.history = json.loads(str(file["history"]))
        except (OSError, KeyError, ValueError) as error:
            raise ValueError(f"{path} is not a saved {cls.__name__} model: {error}") from error
        return model


def _plain(value):
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)
