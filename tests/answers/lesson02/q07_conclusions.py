"""Right and wrong answers to Q07-conclusions."""

CHECK = "Q07-conclusions"

RIGHT = [{"A", "C", "E"}, ["A", "C", "E"], "a, c, e"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "C", "E"}, "You chose B"),
    ({"A", "C", "D", "E", "F"}, "2 of 7 to think over"),
    ({"A", "C"}, "You left out E"),
    ({"A", "C", "E", "X"}, "should be a set of letters"),
    (3, "should be a set of letters"),
]
SURVIVORS = {}
