"""Right and wrong answers to Q23-conclusions."""

CHECK = "Q23-conclusions"

RIGHT = [{"A", "D", "F"}, ["F", "D", "A"], "a, d, f"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "D", "F", "B"}, "You chose B"),
    ({"A", "C", "D", "E", "F"}, "2 of 7 to think over"),
    ({"A", "D", "F", "Z"}, "should be a set of letters"),
    (3, "should be a set of letters"),
]
SURVIVORS = {}
