"""The bank of answers: one module an exercise under tests/answers/.

A module says which check it is for (``CHECK``), gives right answers of other construction than
the solution (``RIGHT``), wrong answers with a fragment of the message each must get (``WRONG``),
and the mutants of the solution that no case can tell from it, with the reason (``SURVIVORS``).
"""

import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ANSWERS = Path(__file__).parent.parent / "answers"


@dataclass(frozen=True)
class Bank:
    """The bank of one exercise."""

    check: str
    right: list
    wrong: list
    survivors: dict


@cache
def banks() -> dict[str, Bank]:
    """Read all banks, by check id."""
    found = {}
    for path in sorted(ANSWERS.glob("lesson*/*.py")):
        if path.stem == "__init__":
            continue
        module = importlib.import_module(f"tests.answers.{path.parent.name}.{path.stem}")
        bank = Bank(module.CHECK, module.RIGHT, module.WRONG, getattr(module, "SURVIVORS", {}))
        assert bank.check not in found, f"two banks are for {bank.check}"
        found[bank.check] = bank
    return found
