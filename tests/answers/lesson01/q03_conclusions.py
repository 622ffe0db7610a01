"""Answers to Q03-conclusions."""

CHECK = "Q03-conclusions"
RIGHT = [{"A", "D", "F"}, ["f", "a", "d"], "A, D, F"]
WRONG = [
    ({"A", "B", "D", "F"}, "was factorised"),
    ({"A", "D", "F", "G"}, "most questions failed"),
    ({"A", "F"}, "You left out D"),
    (set(), "You left out A"),
    ({"X"}, "should be a set of letters"),
    (3, "should be a set of letters"),
]
SURVIVORS = {}
