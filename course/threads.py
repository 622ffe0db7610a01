"""How to keep numerical libraries to one thread."""

__all__ = ["one_thread"]

_LIBRARIES = ("OMP", "OPENBLAS", "MKL", "VECLIB", "NUMEXPR", "NUMBA")


def one_thread() -> dict[str, str]:
    """Return the environment variables that do it; a library reads them when it is imported."""
    return {f"{name}_NUM_THREADS": "1" for name in _LIBRARIES}
