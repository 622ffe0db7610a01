"""Right and wrong answers to Q06-conclusions."""

CHECK = "Q06-conclusions"

RIGHT = [{"B", "D", "F"}, ["F", "B", "D"], "b, d, f"]
WRONG = [
    (set(), "You left out B"),
    ({"A", "B", "D", "F"}, "You chose A"),
    ({"B", "D", "F", "E", "H"}, "2 of 8 to think over"),
    ({"B", "D", "F", "Z"}, "should be a set of letters"),
    (3, "should be a set of letters"),
]
SURVIVORS = {}
