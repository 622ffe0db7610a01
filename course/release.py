"""The learner's notebook, made from the solution by nbgrader itself."""

import logging
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from traitlets.config import Config

from course.errors import CourseError

__all__ = ["Notes", "make_release"]


def make_release(name: str, solution: NotebookNode, db_url: str | None = None) -> bytes:
    """Run nbgrader's GenerateAssignment on one lesson in a temporary course folder.

    Parameters
    ----------
    name : str
        The lesson's name.
    solution : NotebookNode
        The solution notebook, executed or not: outputs are cleared on the way.
    db_url : str or None
        Gradebook in which the assignment and its cells are written down; none for a build.

    Returns
    -------
    bytes
        The learner's notebook as a file.

    Raises
    ------
    CourseError
        When nbgrader refuses the notebook.
    """
    # nbgrader pulls in SQLAlchemy: only the build pays for it.
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import SaveCells

    from course.settings import configure

    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        root = Path(folder).resolve()
        source = root / "solutions" / name / f"{name}.ipynb"
        source.parent.mkdir(parents=True)
        nbformat.write(solution, source)
        config = Config()
        configure(config)
        config.CourseDirectory.root = str(root)
        config.CourseDirectory.assignment_id = name
        if db_url is None:
            # It changes nothing in the notebook, and making a gradebook takes its time.
            config.GenerateAssignment.no_database = True
            steps = config.GenerateAssignment.preprocessors
            config.GenerateAssignment.preprocessors = [s for s in steps if s is not SaveCells]
        else:
            config.CourseDirectory.db_url = db_url
        notes = Notes()
        converter = GenerateAssignment(
            coursedir=CourseDirectory(config=config), config=config, log=notes.logger
        )
        try:
            converter.start()
        except Exception as error:
            raise CourseError(f"{name}: nbgrader refuses the notebook: {notes.last()}") from error
        return (root / "notebooks" / name / f"{name}.ipynb").read_bytes()


class Notes(logging.Handler):
    """Keeps nbgrader's complaints off the screen until one is needed."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.texts: list[str] = []
        self.logger = logging.Logger("nbgrader", logging.ERROR)
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.texts.append(record.getMessage())

    def last(self) -> str:
        """Return the line that names the cause: the last one of a traceback if there is one."""
        traced = [t for t in self.texts if "Traceback" in t] or self.texts or ["no reason given"]
        return traced[0].strip().splitlines()[-1]
