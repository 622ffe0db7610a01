"""Right and wrong answers to Q27-conclusions."""

CHECK = "Q27-conclusions"

RIGHT = [{"A", "C", "F"}, ["F", "C", "A"], "a, c, f"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "C", "F"}, "You chose B"),
    ({"A", "C", "D", "E", "F"}, "2 of 7 to think over"),
    ({"A", "C", "F", "G"}, "You chose G"),
    ({"A", "H"}, "should be a set of letters"),
    (12, "should be a set of letters"),
]
SURVIVORS = {}
