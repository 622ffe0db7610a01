"""Answers to Q04-conclusions."""

CHECK = "Q04-conclusions"
RIGHT = [{"A", "C", "E", "G"}, ["G", "E", "C", "A"], "aceg"]
WRONG = [
    ({"A", "B", "C", "E", "G"}, "logarithm of a mixture"),
    ({"A", "C", "D", "E", "G"}, "opposites share their contexts"),
    ({"A", "C", "E"}, "You left out G"),
    ({"F"}, "compares domains"),
    ({"H"}, "should be a set of letters"),
    (None, "should be a set of letters"),
]
SURVIVORS = {}
