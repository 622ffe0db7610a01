"""Which answers are called alike: copies in another dress, and not what everybody writes."""

import pytest

from course.grading.similarity import fragments, similar_pairs

STUB = '''def weights(counts, x_max=100, alpha=0.75):
    """Return the weight of each count."""
    raise NotImplementedError
'''
ONE = '''def weights(counts, x_max=100, alpha=0.75):
    """Return the weight of each count."""
    counts = np.asarray(counts, dtype=float)
    below = (counts / x_max) ** alpha
    return np.where(counts < x_max, below, 1.0) * (counts > 0)
'''
RENAMED = """def weights(c, x_max=100, alpha=0.75):
    # my own work
    values = np.asarray(c, dtype=float)

    small = (
        values / x_max
    ) ** alpha
    return np.where(values < x_max, small, 1.0) * (values > 0)
"""
OTHER = '''def weights(counts, x_max=100, alpha=0.75):
    """Return the weight of each count."""
    result = []
    for count in counts:
        if count <= 0:
            result.append(0.0)
        else:
            result.append(min(1.0, (count / x_max) ** alpha))
    return np.array(result)
'''
THIRD = '''def weights(counts, x_max=100, alpha=0.75):
    """Return the weight of each count."""
    share = np.clip(np.array(counts) / x_max, 0, 1)
    share[share > 0] = np.exp(alpha * np.log(share[share > 0]))
    return share
'''


def pairs(**answers):
    return [(one, two) for one, two, _ in similar_pairs(answers, STUB)]


def test_a_copy_with_other_names_and_layout_is_found():
    found = similar_pairs({"ada": ONE, "bob": RENAMED, "eve": OTHER}, STUB)
    assert [pair[:2] for pair in found] == [("ada", "bob")]
    assert found[0][2] == pytest.approx(1.0)


def test_independent_right_answers_are_not():
    assert pairs(ada=ONE, bob=OTHER, eve=THIRD) == []


def test_a_copy_with_a_line_more_is_still_found():
    longer = RENAMED.replace("    values =", "    unused = 3\n    values =")
    assert pairs(ada=ONE, bob=longer) == [("ada", "bob")]


def test_what_was_given_out_says_nothing():
    assert pairs(ada=STUB, bob=STUB) == []
    filled = STUB.replace("raise NotImplementedError", "return {}")
    assert pairs(ada=filled.format("counts"), bob=filled.format("x_max")) == []


def test_what_much_of_the_class_writes_says_nothing():
    class_ = {f"s{i}": ONE for i in range(6)}
    assert pairs(**class_) == []
    few = {f"s{i}": OTHER if i % 2 else THIRD for i in range(8)}
    assert ("ada", "bob") in pairs(ada=ONE, bob=RENAMED, **few)


def test_what_is_no_python_is_compared_with_nothing():
    broken = "def weights(counts:\n    return '''"
    assert fragments(broken) == set() and fragments("") == set()
    assert pairs(ada=broken, bob=broken, eve="", dan="\x00") == []
