"""Right and wrong answers to Q09-conclusions."""

CHECK = "Q09-conclusions"

RIGHT = [{"C", "E", "G"}, ["G", "C", "E"], "c, e, g"]
WRONG = [
    (set(), "You left out C"),
    ({"A", "C", "E", "G"}, "You chose A"),
    ({"C", "E", "G", "D", "F"}, "2 of 7 to think over"),
    ({"C", "E", "G", "Z"}, "should be a set of letters"),
    (7, "should be a set of letters"),
]
SURVIVORS = {}
