"""Answers to Q21-conclusions."""

CHECK = "Q21-conclusions"

RIGHT = [{"A", "C", "D"}, ["d", "c", "a"], "ACD"]
WRONG = [
    ({"A", "B", "C", "D"}, "1/C of the mean"),
    ({"C", "D"}, "expected output vector"),
    ({"A", "C", "D", "E"}, "rounding noise"),
    ({"A", "C", "D", "F", "G"}, "2 of 7"),
    (set(), "3 of 7"),
]
SURVIVORS = {}
