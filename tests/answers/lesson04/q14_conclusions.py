"""Right and wrong answers to Q14-conclusions."""

CHECK = "Q14-conclusions"

RIGHT = [{"A", "C", "E"}, ["E", "A", "C"], "a, c, e"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "C", "E"}, "You chose B"),
    ({"A", "C", "D", "E", "F"}, "2 of 6 to think over"),
    ({"A", "C", "E", "H"}, "should be a set of letters"),
    (3, "should be a set of letters"),
]
SURVIVORS = {}
