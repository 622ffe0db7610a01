"""Right and wrong answers to Q20-conclusions."""

CHECK = "Q20-conclusions"

RIGHT = [{"A", "C", "E", "G"}, ["A", "C", "E", "G"], "a, c, e, g"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "C", "E", "F", "G"}, "You chose F"),
    ({"A", "B", "C", "D", "E", "G"}, "2 of 7 to think over"),
    ({"A", "C", "E", "G", "Z"}, "should be a set of letters"),
    (4, "should be a set of letters"),
]
SURVIVORS = {}
