"""`course doctor`: what is wrong with the environment, on one screen, and how to mend it.

It runs on a bare Python, also one too old for the course, so that it can say so:
``python3 -m course.doctor`` in the course's folder. Nothing here imports a package at its top.
"""
