"""Right and wrong answers to Q01-conclusions."""

CHECK = "Q01-conclusions"

RIGHT = [{"A", "C", "E", "G"}, ["G", "E", "C", "A"], "a, c, e, g"]
WRONG = [
    (set(), "4 of 7 to think over"),
    ({"A", "B", "C", "E", "G"}, "You chose B"),
    ({"B", "C", "D", "F"}, "You left out A"),
    ({"A", "C", "E", "F", "G"}, "Look at the analogies"),
    (["A", "H"], "should be a set of letters"),
]
SURVIVORS = {}
