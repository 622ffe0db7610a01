"""How alike two answers are, by the share of rare fragments that they have in common.

A program is read as a sequence of tokens in which layout, comments, the docstring, and the choice
of names are gone: every name that the answer makes up itself becomes ``name``. Its fragments are
the runs of `LENGTH` tokens. Fragments of the stub, and fragments that many in the class have, say
nothing about two people and are left out. What is left is compared by the Jaccard index.

Reference
---------
The fragments are those of Schleimer, Wilkerson & Aiken (2003), "Winnowing: Local Algorithms for
Document Fingerprinting", all of them instead of a sample, because answers are short.
"""

import builtins
import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Mapping
from itertools import combinations

__all__ = ["LENGTH", "fragments", "similar_pairs"]

LENGTH = 8  # tokens of a fragment; an assignment with one operation has about six
_COMMON = 0.34  # a fragment that more than this share of the class has is the exercise's own
_FEWEST = 6  # rare fragments, below which an answer is too short to be compared
_LAYOUT = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
)


def fragments(source: str) -> set[tuple[str, ...]]:
    """Return the fragments of a program; none if it cannot be read as Python.

    Parameters
    ----------
    source : str
        The text of a cell.
    """
    tokens: list[str] = []
    after_dot = False
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in _LAYOUT:
                continue
            text = token.string
            if token.type == tokenize.STRING and text.startswith(('"""', "'''", 'r"""')):
                continue
            if token.type == tokenize.NAME and not after_dot and _made_up(text):
                text = "name"
            tokens.append(text)
            after_dot = text == "."
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return set()
    return {tuple(tokens[i : i + LENGTH]) for i in range(len(tokens) - LENGTH + 1)}


def _made_up(name: str) -> bool:
    return (
        not keyword.iskeyword(name) and not hasattr(builtins, name) and name not in ("np", "math")
    )


def similar_pairs(
    answers: Mapping[str, str], stub: str = "", least: float = 0.6
) -> list[tuple[str, str, float]]:
    """Find the pairs of answers to one exercise that share most of what is rare in the class.

    Parameters
    ----------
    answers : mapping of str to str
        Student -> text of the answer. The model solution may be one of them.
    stub : str
        What everybody was given.
    least : float
        Smallest Jaccard index to be listed.

    Returns
    -------
    list of (str, str, float)
        The most alike first. In a class of fewer than six no fragment counts as common.
    """
    given = fragments(stub)
    found = {student: fragments(text) - given for student, text in answers.items()}
    counts = Counter(fragment for own in found.values() for fragment in own)
    limit = max(2, _COMMON * len(found)) if len(found) >= 6 else len(found)
    rare = {
        student: {fragment for fragment in own if counts[fragment] <= limit}
        for student, own in found.items()
    }
    pairs = []
    for one, other in combinations(sorted(rare), 2):
        together = rare[one] | rare[other]
        if min(len(rare[one]), len(rare[other])) >= _FEWEST:
            share = len(rare[one] & rare[other]) / len(together)
            if share >= least:
                pairs.append((one, other, share))
    return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))
