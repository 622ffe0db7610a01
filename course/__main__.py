"""Lets ``python -m course`` do what the command `course` does."""

from course.cli import main

main()
