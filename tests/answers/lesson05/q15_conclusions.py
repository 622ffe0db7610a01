"""Right and wrong answers to Q15-conclusions."""

CHECK = "Q15-conclusions"

RIGHT = [{"A", "D", "F"}, ["F", "A", "D"], "a, d, f"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "D", "F"}, "You chose B"),
    ({"A", "D", "E", "F", "G"}, "2 of 7 to think over"),
    ({"A", "H"}, "should be a set of letters"),
    (15, "should be a set of letters"),
]
SURVIVORS = {}
