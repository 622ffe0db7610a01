"""Right and wrong answers to Q11-conclusions."""

CHECK = "Q11-conclusions"

RIGHT = [{"A", "C", "E"}, ["A", "C", "E"], "a, c, e"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "C", "E"}, "You chose B"),
    ({"A", "C", "D", "E", "G"}, "2 of 7 to think over"),
    ({"A", "C", "E", "Z"}, "should be a set of letters"),
    (0.1, "should be a set of letters"),
]
SURVIVORS = {}
