"""Right and wrong answers to Q24-conclusions."""

CHECK = "Q24-conclusions"

RIGHT = [{"A", "B", "D"}, ["D", "A", "B"], "a, b, d"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "D", "F"}, "You chose F"),
    ({"A", "B", "C", "D", "G"}, "2 of 7 to think over"),
    ({"A", "B", "D", "K"}, "should be a set of letters"),
    (3, "should be a set of letters"),
]
SURVIVORS = {}
