"""The one exception of the course's commands."""

__all__ = ["CourseError"]


class CourseError(Exception):
    """Something the user can put right; its text is one line that says how."""
