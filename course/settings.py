"""nbgrader's settings, shared by `nbgrader_config.py` and the build."""

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions
from traitlets.config import Config

from course.preprocessors import ClearRegions, LetRunsGoOn, StampRelease

__all__ = ["configure"]

# The sources are ignored because nbgrader releases every other file of a lesson's folder.
IGNORED = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "parts", "*.py", "*.md"]


def configure(config: Config) -> None:
    """Set nbgrader up for the course's folders, stubs and preprocessors."""
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.release_directory = "notebooks"
    config.CourseDirectory.ignore = IGNORED
    config.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # YOUR CODE HERE"}
    config.ClearRegions.code_stub = config.ClearSolutions.code_stub
    config.ClearSolutions.text_stub = "*Write your answer here: double-click this cell.*"
    config.ClearRegions.text_stub = config.ClearSolutions.text_stub
    stock = GenerateAssignment.preprocessors.default_args[0]
    ours = [ClearRegions if step is ClearSolutions else step for step in stock]
    config.GenerateAssignment.preprocessors = [*ours, LetRunsGoOn, StampRelease]
