"""An index that knows which model its vectors come from, and the change to another model.

Two models of equal width fit into one index without an error and give scores that look like
scores. So vectors travel with a stamp, an index refuses any other stamp, and a new model gets a
new index beside the old one until a switch puts both, encoder and index, in place at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

__all__ = ["BlueGreen", "Release", "Stamp", "VersionMismatch", "VersionedIndex"]

_LENGTH_TOLERANCE = 1e-3


class VersionMismatch(ValueError):
    """Vectors of one model were about to meet those of another."""


class Stamp(NamedTuple):
    """Everything that decides whether two vectors may be compared.

    Attributes
    ----------
    model, version : str
        Name of the model and of its weights.
    dim : int
        Numbers of a vector.
    unit : bool
        Whether vectors are of length 1.
    recipe : str
        What else changes vectors: pooling, prompt, longest input.
    """

    model: str
    version: str
    dim: int
    unit: bool = True
    recipe: str = ""

    def __str__(self) -> str:
        """Return name, version and what else is in the stamp, in one short line."""
        length = "unit length" if self.unit else "any length"
        return " ".join(filter(None, (self.model, self.version, f"{self.dim}-d", length,
                                      self.recipe)))  # fmt: skip


@dataclass
class VersionedIndex:
    """Exact search by inner product over vectors of one stamp.

    Parameters
    ----------
    stamp : Stamp
        Of all vectors that it takes.
    """

    stamp: Stamp
    _rows: dict = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Return how many vectors there are."""
        return len(self._rows)

    def __contains__(self, item) -> bool:
        """Return whether there is a vector for this id."""
        return item in self._rows

    def add(self, ids: Sequence, vectors, stamp: Stamp) -> None:
        """Put vectors in; one with a known id replaces the old one.

        Parameters
        ----------
        ids : sequence (n,)
        vectors : array_like (n, d)
        stamp : Stamp
            Where the vectors come from.

        Raises
        ------
        VersionMismatch
            If the stamp is not that of the index; then nothing is added.
        ValueError
            If the vectors do not agree with the stamp or with the ids.
        """
        vectors = self._checked(vectors, stamp, "added")
        if len(ids) != len(vectors):
            raise ValueError(f"there are {len(ids)} ids for {len(vectors)} vectors.")
        self._rows.update(zip(ids, vectors, strict=True))

    def remove(self, ids: Sequence) -> None:
        """Take vectors out; unknown ids are passed over."""
        for item in ids:
            self._rows.pop(item, None)

    def search(self, queries, stamp: Stamp, k: int = 10) -> list[list]:
        """Return the ids of the k largest inner products for each query, best first.

        Parameters
        ----------
        queries : array_like (q, d)
        stamp : Stamp
            Where the queries come from.
        k : int

        Raises
        ------
        VersionMismatch
            If the stamp is not that of the index.
        ValueError
            If the queries do not agree with the stamp, or `k` is not positive.
        """
        queries = self._checked(queries, stamp, "searched for")
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}.")
        ids = list(self._rows)
        if not ids:
            return [[] for _ in queries]
        scores = queries @ np.stack(list(self._rows.values())).T
        return [[ids[place] for place in row] for row in
                np.argsort(-scores, axis=1, kind="stable")[:, :k]]  # fmt: skip

    def _checked(self, vectors, stamp: Stamp, what: str) -> np.ndarray:
        if stamp != self.stamp:
            raise VersionMismatch(
                f"this index holds [{self.stamp}], the vectors to be {what} are [{stamp}]: encode "
                "with the index's model, or build a second index."
            )
        vectors = np.asarray(vectors, dtype=np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != stamp.dim:
            raise ValueError(f"vectors must be (n, {stamp.dim}), not {vectors.shape}.")
        if not np.isfinite(vectors).all():
            raise ValueError("a vector holds NaN or infinity: find the text that it comes from.")
        if stamp.unit and (abs(np.linalg.norm(vectors, axis=1) - 1) > _LENGTH_TOLERANCE).any():
            raise ValueError("the stamp promises unit length, a vector has another: normalise.")
        return vectors


class Release(NamedTuple):
    """What has to change together: the encoder, its stamp and the index of its vectors."""

    stamp: Stamp
    encode: Callable[[list[str]], np.ndarray]
    index: VersionedIndex

    @classmethod
    def of(cls, stamp: Stamp, encode: Callable[[list[str]], np.ndarray]) -> "Release":
        """Make a release with an empty index."""
        return cls(stamp, encode, VersionedIndex(stamp))


@dataclass
class BlueGreen:
    """Two releases side by side: one answers, the other is filled, then they change places.

    Parameters
    ----------
    live : Release
        The one that answers.
    """

    live: Release
    other: Release | None = None
    _deleted: set = field(default_factory=set, repr=False)

    def write(self, texts: dict) -> None:
        """Encode new or changed texts (id -> text) for every release that there is."""
        for release in filter(None, (self.live, self.other)):
            vectors = release.encode(list(texts.values()))
            release.index.add(list(texts), vectors, release.stamp)
        self._deleted -= texts.keys()

    def delete(self, ids: Sequence) -> None:
        """Take documents out of every release, also for a backfill that still has their texts."""
        for release in filter(None, (self.live, self.other)):
            release.index.remove(ids)
        self._deleted.update(ids)

    def search(self, queries: list[str], k: int = 10) -> list[list]:
        """Encode queries with the live encoder and search the live index."""
        return self.live.index.search(self.live.encode(queries), self.live.stamp, k)

    def prepare(self, release: Release) -> None:
        """Put a release beside the live one; from now on both get what is written."""
        self.other = release

    def backfill(self, texts: dict) -> int:
        """Encode old texts that the other release lacks; return how many it was.

        Raises
        ------
        ValueError
            If no release is being prepared.
        """
        if self.other is None:
            raise ValueError("nothing to fill: call prepare with a new release first.")
        # What was written or deleted meanwhile is newer than what this job read.
        done = self.other.index
        missing = {i: t for i, t in texts.items() if i not in done and i not in self._deleted}
        if missing:
            vectors = self.other.encode(list(missing.values()))
            self.other.index.add(list(missing), vectors, self.other.stamp)
        return len(missing)

    def switch(self) -> None:
        """Let the other release answer; the old one stays beside it, for the way back.

        Raises
        ------
        ValueError
            If there is no other release, or it lacks documents that the live one has.
        """
        if self.other is None:
            raise ValueError("nothing to switch to: call prepare with a new release first.")
        lacking = sum(item not in self.other.index for item in self.live.index._rows)
        if lacking:
            raise ValueError(f"the new index lacks {lacking} documents: fill it, then switch.")
        self.live, self.other = self.other, self.live
