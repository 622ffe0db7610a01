"""Progress of long work, and timings, without a word on stderr.

nbgrader gives a graded cell no points when anything is written to stderr, and a rebuilt notebook
must come out identical to the byte. So progress lives in one display that is replaced in place,
its last state holds no measured time, and every time that a notebook prints goes through
:func:`timing`, which is silent while the course is built (``COURSE_BUILD=1``).
"""

import os
import sys
import time

__all__ = ["Progress", "building", "timing"]

_REDRAW_SECONDS = 0.1
_BAR_CELLS = 24


def building() -> bool:
    """Whether the course is being built, so that outputs must not depend on the machine."""
    return os.environ.get("COURSE_BUILD") == "1"


def timing(label: str, seconds: float) -> None:
    """Print how long something took; print nothing while the course is built."""
    if not building():
        print(f"{label}: {_duration(seconds)}")


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def _count(number: float) -> str:
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= size:
            divisor = 1e3 if suffix == "k" else size
            return f"{number / divisor:.1f}{suffix}"
    return f"{number:.0f}"


def _in_notebook() -> bool:
    if "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


class Progress:
    """A progress line with count, share, rate and time left, replaced in place.

    Parameters
    ----------
    total : int or float or None
        The amount of work, in `unit`; None when it is not known.
    unit : str
        What is counted, in the plural: ``"words"``, ``"bytes"``.
    label : str
        What is being done, as a short phrase.

    Examples
    --------
    >>> with Progress(3, "epochs", "Training") as progress:  # doctest: +SKIP
    ...     for epoch in range(3):
    ...         progress.update(1, loss=2.1)

    Notes
    -----
    In a notebook the line is one display that is updated; in a terminal it is redrawn on one
    line; in a pipe or a log only the last state is written.
    """

    def __init__(self, total: float | None, unit: str = "steps", label: str = "Working"):
        self.total, self.unit, self.label = total, unit, label
        self.done: float = 0
        self._info: dict[str, object] = {}
        self._display = None
        self._drawn_at = 0.0

    def __enter__(self) -> "Progress":
        """Start the clock and draw the empty bar."""
        self._started = time.perf_counter()
        self._notebook = _in_notebook()
        self._draw(self._line())
        return self

    def update(self, amount: float = 1, **info: object) -> None:
        """Count `amount` more units as done; `info` is shown behind the count."""
        self.done += amount
        self._info.update(info)
        now = time.perf_counter()
        if now - self._drawn_at >= _REDRAW_SECONDS:
            self._draw(self._line())
            self._drawn_at = now

    def __exit__(self, exc_type, exc, traceback) -> None:
        """Draw the last state: what was done, or where it stopped."""
        seconds = time.perf_counter() - self._started
        state = "done" if exc_type is None else "stopped"
        text = f"{self.label}: {state}, {_count(self.done)} {self.unit}"
        if not building():
            text += f" in {_duration(seconds)}"
        self._draw(text + self._info_text(), last=True)

    def _info_text(self) -> str:
        parts = [
            f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
            for key, value in self._info.items()
        ]
        return "".join(f" · {part}" for part in parts)

    def _line(self) -> str:
        seconds = max(time.perf_counter() - self._started, 1e-9)
        rate = self.done / seconds
        text = f"{self.label}: "
        if self.total:
            share = min(self.done / self.total, 1.0)
            filled = round(share * _BAR_CELLS)
            text += f"{'█' * filled}{'░' * (_BAR_CELLS - filled)} {share:4.0%} "
        text += f"{_count(self.done)} {self.unit}"
        if self.done:
            text += f" · {_count(rate)} {self.unit}/s"
            if self.total and self.done < self.total:
                text += f" · {_duration((self.total - self.done) / rate)} left"
        return text + self._info_text()

    def _draw(self, text: str, last: bool = False) -> None:
        if self._notebook:
            from IPython.display import display

            bundle = {"text/plain": text}
            if self._display is None:
                self._display = display(bundle, raw=True, display_id=True)
            else:
                self._display.update(bundle, raw=True)
        elif sys.stdout.isatty():
            print(f"\r\x1b[2K{text}", end="\n" if last else "", flush=True)
        elif last:
            print(text, flush=True)
