"""Right and wrong answers to Q08-conclusions."""

CHECK = "Q08-conclusions"

RIGHT = [{"A", "D", "E"}, ["A", "D", "E"], "a, d, e"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "C", "D", "E"}, "does not rank quality"),
    ({"A", "B", "D", "E"}, "spread over all coordinates"),
    ({"A", "D", "E", "G"}, "it is no raw BERT"),
    ({"B", "C", "F", "G"}, "7 of 7"),
    ("Z", "should be a set of letters"),
]
