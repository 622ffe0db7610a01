"""A stream of blocks for the check X-topk, which sees what a reader keeps of it."""

import gc
import tracemalloc

import numpy as np

__all__ = ["Stream"]

LIST_ITEM = 120  # bytes a score may take in Python's own lists


class Stream:
    """Blocks of vectors that are read one after the other and once only, as from a pipe.

    Between two blocks it looks at what Python has allocated since the first. Keeping something of
    each block read grows with their number, keeping the best k does not.

    Parameters
    ----------
    n_blocks, block, d : int
        How many blocks of how many vectors of how many numbers.
    kept : int
        How many (score, row) pairs the caller may need: N_q times k.
    seed : int
    """

    def __init__(self, n_blocks: int, block: int, d: int, kept: int, seed: int):
        self.n_blocks, self.block, self.d, self.kept, self.seed = n_blocks, block, d, kept, seed
        self._opened = False

    def rows(self) -> np.ndarray:
        """Return all vectors at once."""
        shape = self.n_blocks, self.block, self.d
        return np.random.default_rng(self.seed).normal(size=shape)

    def __iter__(self):
        """Open the stream, unless it was opened before."""
        if self._opened:
            raise RuntimeError("the blocks can be read only once")
        self._opened = True
        return self._read()

    def _read(self):
        """Yield the blocks; complain if what was read is being kept."""
        rows = self.rows()
        before, first = tracemalloc.is_tracing(), None
        if not before:
            tracemalloc.start()
        try:
            for number, block in enumerate(rows):
                now = tracemalloc.get_traced_memory()[0]
                first = now if number == 1 else first
                if number > 4 and now - first > self._allowance():
                    gc.collect()
                    if tracemalloc.get_traced_memory()[0] - first > self._allowance():
                        raise MemoryError(
                            f"after {number} blocks of {len(rows)} you still hold what was "
                            "computed for the earlier ones. Merge each block with the best k so "
                            "far, and keep k."
                        )
                yield block.copy()
        finally:
            if not before:
                tracemalloc.stop()

    def _allowance(self) -> int:
        # The running best, twice, and one block with its scores and rows.
        return 2 * LIST_ITEM * self.kept + 60_000

    def __repr__(self) -> str:
        """Say what it holds, without a word on whether it was read."""
        return f"<{self.n_blocks} blocks of {self.block} vectors, read one after the other>"

    def reduced(self) -> tuple[int, ...]:
        """Return the arguments that make a stream like this one, not opened yet."""
        return self.n_blocks, self.block, self.d, self.kept, self.seed

    def __deepcopy__(self, memo):
        """Return a stream that was not opened yet."""
        return Stream(*self.reduced())
