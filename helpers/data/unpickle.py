"""Reading numeric arrays from a pickle in which nothing can run."""

import io
import pickle

import numpy as np

from helpers.data.errors import DataError

__all__ = ["unpickle_arrays"]


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that can make numpy arrays of numbers and nothing else."""

    _ALLOWED = {
        # numpy's own name for it has moved; old pickles use the old one.
        ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str):
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return self._ALLOWED[module, name]

    def persistent_load(self, pid):
        raise pickle.UnpicklingError("it asks for an outside object")


def unpickle_arrays(content: bytes, name: str):
    """Read a pickle of tuples and lists of numeric arrays; nothing in it can run.

    Parameters
    ----------
    content : bytes
        The pickle.
    name : str
        What to call it in errors.

    Raises
    ------
    DataError
        If it is broken, or holds anything but numbers.
    """
    try:
        found = _ArraysOnly(io.BytesIO(content), encoding="latin1").load()
        _refuse_objects(found)
    except Exception as error:  # a hostile pickle can make any operation fail in any way
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{name} is refused, because it is no plain pickle of numeric arrays ({why}): delete "
            "the file that holds it and fetch it again with `course fetch --repair`."
        ) from error
    return found


def _refuse_objects(found) -> None:
    if isinstance(found, tuple | list):
        for part in found:
            _refuse_objects(part)
    elif not isinstance(found, np.ndarray) or found.dtype.kind not in "biuf":
        raise pickle.UnpicklingError(f"it holds a {type(found).__name__} of other things")
