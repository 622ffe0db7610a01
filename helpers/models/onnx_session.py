"""Running ONNX graphs: quiet, exact, and with inner tensors as outputs.

The course's ONNX models hold weights as 8-bit integers. Two habits make their results depend on
nothing but the text:

- *Exact integer arithmetic.* On x86 processors without VNNI the fastest multiplication of unsigned
  by signed bytes adds pairs in 16 bits, which saturate: a cross-encoder's scores move by up to 0.6.
  ONNX Runtime's precision option costs about a fifth of the speed and removes that.
- *One text at a time*, where a model measures the range of its activations while it runs: in a
  batch that range is taken over all texts, so a text's vector would depend on its neighbours
  (measured in batches of 16: bge's vectors have a cosine down to .993 to what they are alone, the
  cross-encoder's scores are off by up to 0.6). It costs next to nothing.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from functools import cache
from types import ModuleType

from helpers.data import DataError, extract

__all__ = ["OnnxSession", "with_outputs"]


@contextlib.contextmanager
def _no_stderr() -> Iterator[None]:
    """Discard what native code writes to the file descriptor of stderr."""
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@cache
def _onnxruntime() -> ModuleType:
    # Looking for graphics cards, the import warns on stderr on some machines without one, and has
    # no option against it (microsoft/onnxruntime, issue 27092).
    with _no_stderr():
        import onnxruntime
    return onnxruntime


def with_outputs(model: bytes, names: Sequence[str]) -> bytes:
    """Make inner tensors of an ONNX graph outputs of it.

    Parameters
    ----------
    model : bytes
        A serialised ``ModelProto``.
    names : sequence of str
        Names of tensors inside the graph.

    Returns
    -------
    bytes
        The same model with these tensors after its own outputs.

    Notes
    -----
    In the protocol-buffer format, two serialised messages one after another read as one in which
    repeated fields are joined. ``ModelProto`` has the graph in field 7, a ``GraphProto`` its
    outputs in field 12, and a ``ValueInfoProto`` its name in field 1; so it is enough to append a
    model that holds nothing but the new outputs.
    """
    return model + b"".join(_field(7, _field(12, _field(1, name.encode()))) for name in names)


def _field(number: int, content: bytes) -> bytes:
    # Wire type 2: the length, then so many bytes.
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    digits.append(value)
    return bytes(digits)


class OnnxSession:
    """An ONNX graph of a source, ready to run.

    Parameters
    ----------
    source, path : str
        The wheel and its member.
    inner : sequence of str
        Tensors inside the graph that can be asked for as well.
    threads : int
        Threads for one run; the results do not depend on it.

    Raises
    ------
    ValueError
        If `threads` is less than 1.
    DataError
        If the source cannot be fetched or read, or the graph cannot be loaded.
    """

    def __init__(self, source: str, path: str, inner: Sequence[str] = (), threads: int = 1):
        if threads < 1:
            raise ValueError(f"threads must be 1 or more, not {threads}.")
        onnxruntime = _onnxruntime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 4
        options.add_session_config_entry("session.x64quantprecision", "1")
        model = with_outputs(extract(source, path).read_bytes(), inner)
        try:
            self._session = onnxruntime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"]
            )
        # The bindings raise exceptions of their own, which have no public common base.
        except Exception as error:
            raise DataError(
                f"ONNX Runtime {onnxruntime.__version__} cannot load {path} of {source} "
                f"({' '.join(str(error).split())[:200]}): install the version that "
                "requirements.txt names, then try again."
            ) from error
        self._inputs = {value.name for value in self._session.get_inputs()}

    def run(self, outputs: Sequence[str], **inputs) -> list:
        """Run the graph.

        Parameters
        ----------
        outputs : sequence of str
            Names of outputs, or of the inner tensors that were asked for.
        **inputs : ndarray
            By name; a graph without segments ignores ``token_type_ids``.

        Returns
        -------
        list of ndarray
            In the order of `outputs`.
        """
        known = {name: value for name, value in inputs.items() if name in self._inputs}
        return self._session.run(list(outputs), known)
