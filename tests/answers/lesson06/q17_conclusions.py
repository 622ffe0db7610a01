"""Right and wrong answers to Q17-conclusions."""

CHECK = "Q17-conclusions"

RIGHT = [{"A", "C", "E", "G"}, ["G", "E", "C", "A"], "a, c, e, g"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "C", "E", "G"}, "You chose B"),
    ({"A", "C", "D", "F", "G"}, "3 of 7 to think over"),
    ({"A", "H"}, "should be a set of letters"),
    (17, "should be a set of letters"),
]
SURVIVORS = {}
