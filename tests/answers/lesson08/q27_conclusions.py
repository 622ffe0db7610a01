"""Right and wrong answers to Q27-conclusions."""

CHECK = "Q27-conclusions"

RIGHT = [{"B", "C", "F"}, ["F", "C", "B"], "b, c, f"]
WRONG = [
    (set(), "You left out B"),
    ({"A", "B", "C", "F"}, "You chose A"),
    ({"B", "C", "D", "E", "F"}, "2 of 7 to think over"),
    ({"B", "C", "F", "G"}, "You chose G"),
    ({"A", "H"}, "should be a set of letters"),
    (12, "should be a set of letters"),
]
SURVIVORS = {}
