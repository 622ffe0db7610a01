"""Right and wrong answers to Q16-conclusions."""

CHECK = "Q16-conclusions"

RIGHT = [{"A", "C", "E", "G"}, ["G", "A", "E", "C"], "a, c, e, g"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "C", "E", "G"}, "You chose B"),
    ({"A", "C", "D", "F", "E", "G"}, "2 of 7 to think over"),
    ({"A", "H"}, "should be a set of letters"),
    (16, "should be a set of letters"),
]
SURVIVORS = {}
