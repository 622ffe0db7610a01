"""Right and wrong answers to Q25-conclusions."""

CHECK = "Q25-conclusions"

RIGHT = [{"A", "C", "D", "F"}, ["F", "D", "C", "A"], "a, c, d, f"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "C", "D", "F"}, "You chose B"),
    ({"A", "C", "D", "E", "F", "G"}, "2 of 7 to think over"),
    ({"A", "C", "F"}, "You left out D"),
    ({"A", "X"}, "should be a set of letters"),
]
SURVIVORS = {}
