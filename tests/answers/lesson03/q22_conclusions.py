"""Right and wrong answers to Q22-conclusions."""

CHECK = "Q22-conclusions"

RIGHT = [{"A", "D", "E"}, ["A", "D", "E"], "a, d, e"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "D", "E"}, "the fair opponent"),
    ({"A", "C", "D", "E"}, "the tagger in layer 1"),
    ({"A", "D", "E", "F"}, "nothing is established"),
    ({"B", "C", "F", "G"}, "7 of 7"),
    ("Z", "should be a set of letters"),
]
