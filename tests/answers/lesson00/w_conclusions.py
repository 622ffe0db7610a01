"""Right and wrong answers to W-conclusions."""

CHECK = "W-conclusions"

RIGHT = [{"A", "C"}, ["C", "A"], "a, c"]
WRONG = [
    (set(), "You left out A"),
    ({"A", "B", "C"}, "You chose B"),
    ({"B", "D"}, "4 of 4 to think over"),
    ({"A", "C", "Z"}, "should be a set of letters"),
]
SURVIVORS = {}
