"""Right and wrong answers to Q10-conclusions."""

CHECK = "Q10-conclusions"

RIGHT = [{"A", "C", "F"}, ["A", "C", "F"], "a, c, f"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "C", "F"}, "You chose B"),
    ({"A", "C", "D", "F", "G"}, "2 of 7 to think over"),
    ({"A", "C", "F", "Z"}, "should be a set of letters"),
    (10, "should be a set of letters"),
]
SURVIVORS = {}
