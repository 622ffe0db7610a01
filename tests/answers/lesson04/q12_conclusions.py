"""Right and wrong answers to Q12-conclusions."""

CHECK = "Q12-conclusions"

RIGHT = [{"A", "D", "E"}, ["D", "A", "E"], "a, d, e"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "D", "E"}, "You chose B"),
    ({"A", "D", "E", "F", "G"}, "2 of 7 to think over"),
    ({"A", "H"}, "should be a set of letters"),
    (12, "should be a set of letters"),
]
SURVIVORS = {}
