"""Right and wrong answers to Q05-conclusions."""

CHECK = "Q05-conclusions"

RIGHT = [{"B", "D", "F", "H"}, ["B", "D", "F", "H"], "b, d, f, h"]
WRONG = [
    (set(), "You left out B"),
    ({"A", "B", "D", "F", "H"}, "You chose A"),
    ({"B", "C", "D", "E", "F", "H"}, "2 of 8 to think over"),
    ({"B", "D", "F", "G", "H"}, "dozen numbers a word"),
    ({"B", "D", "F", "H", "Z"}, "should be a set of letters"),
    (4, "should be a set of letters"),
]
SURVIVORS = {}
