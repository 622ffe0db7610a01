"""Right and wrong answers to Q13-conclusions."""

CHECK = "Q13-conclusions"

RIGHT = [{"A", "B", "G"}, ["G", "B", "A"], "a, b, g"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "D", "G"}, "You chose D"),
    ({"A", "C", "E", "F"}, "5 of 7 to think over"),
    ({"A", "B", "H"}, "should be a set of letters"),
    (0.0, "should be a set of letters"),
]
SURVIVORS = {}
