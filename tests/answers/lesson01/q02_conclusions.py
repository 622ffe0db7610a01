"""Answers to Q02-conclusions."""

CHECK = "Q02-conclusions"

RIGHT = [{"B", "D", "F", "G"}, ["G", "F", "D", "B"], "bdfg"]
WRONG = [
    ({"A", "B", "D", "F", "G"}, "yes-no question"),
    ({"B", "C", "D", "F", "G"}, "rank by association"),
    ({"B", "D", "E", "F", "G"}, "neighbour lists"),
    ({"D", "F", "G"}, "cancels in the softmax"),
    ({"B", "D", "F"}, "perplexity"),
]
SURVIVORS = {}
