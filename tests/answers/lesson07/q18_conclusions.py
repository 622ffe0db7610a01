"""Right and wrong answers to Q18-conclusions."""

CHECK = "Q18-conclusions"

RIGHT = [{"A", "C", "E"}, ["E", "A", "C"], "a, c, e"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "C", "E"}, "You chose B"),
    ({"A", "C", "D", "F", "E"}, "2 of 7 to think over"),
    ({"A", "C"}, "You left out E"),
    ({"A", "C", "E", "G"}, "Product codes found three times as many"),
    ({"A", "H"}, "should be a set of letters"),
    (12, "should be a set of letters"),
]
SURVIVORS = {}
