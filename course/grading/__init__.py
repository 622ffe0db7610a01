"""Grading a class: take in, run in a sandbox, judge apart, merge, give feedback, report."""
