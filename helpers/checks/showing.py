"""Values and inputs as short text for the messages of checks."""

import numpy as np

from helpers.checks.running import Case
from helpers.checks.serial import Opaque

__all__ = ["show_input", "show_value"]

_WIDTH = 88


def show_value(value: object, limit: int = 400) -> str:
    """Render a value so that it can be compared by eye: few digits, shape and dtype named."""
    text = _render(value)
    return text if len(text) <= limit else f"{text[: limit - 2]} …"


def _render(value: object) -> str:
    if isinstance(value, Opaque):
        return f"an object of class {value.kind}: {value.look}"
    if type(value).__module__.startswith("torch"):
        return f"a torch tensor, {_render(value.numpy())}"
    if isinstance(value, np.ndarray):
        body = np.array2string(
            value,
            precision=4,
            suppress_small=False,
            threshold=24,
            edgeitems=3,
            max_line_width=_WIDTH,
        )
        return body if value.size <= 24 else f"{body} (shape {value.shape}, {value.dtype})"
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, list | tuple):
        ends = "[]" if isinstance(value, list) else "()"
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"{ends[0]}{', '.join(_render(item) for item in value)}{comma}{ends[1]}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_render(k)}: {_render(v)}" for k, v in value.items()) + "}"
    if isinstance(value, set | frozenset):
        inside = ", ".join(sorted(_render(item) for item in value))
        return "{" + inside + "}" if value else "set()"
    return repr(value)


def show_input(case: Case, function_name: str) -> str:
    """Render the call of a case: ``build_alias([0.2 0.8])``."""
    if case.show is not None:
        return case.show
    parts = [show_value(arg, 160) for arg in case.args]
    parts += [f"{key}={show_value(value, 160)}" for key, value in case.kwargs.items()]
    return f"{function_name}({', '.join(parts)})"
