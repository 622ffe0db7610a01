"""One submission through nbgrader's own autograder, with the course's judgement in it.

nbgrader sanitises the notebook, restores its checks, saves grades and comments, and computes late
penalties, as it does for everybody. In place of its step that executes the notebook and believes
what comes out stands ours: run in the sandbox, judge apart, and write each verdict under its check.
"""

import warnings
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import nbformat
import nbgrader
from nbformat import NotebookNode
from traitlets.config import Config

from course.grading.kernel import submission_kernel
from course.records import Run, run_cells
from course.release import Notes
from course.settings import configure
from course.submission import Plan, plan
from course.verdicts import needs_more, verdicts_of
from helpers.checks import Verdict

__all__ = ["Judged", "autograde", "prepare_nbgrader"]


def prepare_nbgrader() -> None:
    """Silence nbgrader's warnings, and spare it a process for each new gradebook.

    nbgrader and SQLAlchemy 2.1 do not agree on when an object belongs to a session: harmless.
    nbgrader 0.9.6 starts alembic's program, which takes seconds and must be on the PATH, to learn
    the version that it writes into a new gradebook.
    """
    import nbgrader.api
    from sqlalchemy.exc import SAWarning

    warnings.filterwarnings("ignore", category=SAWarning)
    nbgrader.api.get_alembic_version = _gradebook_version


def _gradebook_version() -> str:
    from alembic.config import Config as AlembicConfig
    from alembic.script import ScriptDirectory

    folder = Path(nbgrader.__file__).parent
    config = AlembicConfig()
    config.set_main_option("script_location", str(folder / "alembic"))
    return ScriptDirectory.from_config(config).get_current_head()


class Judged:
    """The step between nbgrader's sanitising and its saving of grades.

    Parameters
    ----------
    solution : NotebookNode
        The lesson's solution notebook.
    desk : Path
        What the kernel sees of the course.
    limits : Limits or None
        Of the sandbox; None for no sandbox.
    timeout, budget : float
        Seconds for one cell and for all of them.
    full : bool
        Whether to run unchanged demonstration cells too.
    zygote : Path or None
        From which sandboxed kernels are forked.

    Attributes
    ----------
    verdicts : list of Verdict
        After the step has run: one an exercise.
    run : Run
        What came out of the kernel.
    """

    def __init__(self, solution, desk, limits, timeout=60.0, budget=900.0, full=False, zygote=None):
        self.solution, self.full = solution, full
        self._kernel = partial(submission_kernel, desk=desk, limits=limits, zygote=zygote)
        self._seconds = {"timeout": timeout, "budget": budget}
        self.verdicts: list[Verdict] = []
        self.run = Run()

    def __call__(self, notebook: NotebookNode, resources) -> tuple[NotebookNode, dict]:
        """Run and judge a notebook; nbconvert calls this like a preprocessor."""
        planned = self._run(notebook, self.full)
        if not self.full and needs_more(planned, self.run):
            planned = self._run(notebook, True)
        self.verdicts = verdicts_of(planned, self.run)
        for cell in planned.cells:
            if "origin" in cell.metadata:
                shown = notebook.cells[cell.metadata["origin"]]
                shown.outputs, shown.execution_count = cell.outputs, cell.execution_count
        by_id = {verdict.check: verdict for verdict in self.verdicts}
        for cell in notebook.cells:
            verdict = by_id.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
            if verdict is not None:
                cell.outputs = [_output(verdict)]
        return notebook, resources

    def _run(self, notebook: NotebookNode, full: bool) -> Plan:
        planned = plan(notebook, self.solution, full)
        self.run = run_cells(planned.cells, kernel=self._kernel, keep_outputs=True, **self._seconds)
        return planned


def _output(verdict: Verdict) -> NotebookNode:
    """Write a verdict so that nbgrader scores it: an error is worth 0, a text all points."""
    if verdict.passed:
        return nbformat.v4.new_output("stream", name="stdout", text=verdict.message + "\n")
    name = "NotAttempted" if verdict.state == "not attempted" else "CheckFailed"
    lines = verdict.message.splitlines()
    return nbformat.v4.new_output("error", ename=name, evalue=lines[0], traceback=lines)


def autograde(
    root: Path,
    lesson: str,
    student: str,
    judged: Judged,
    notebook: NotebookNode,
    late: Mapping[str, dict] | None = None,
) -> NotebookNode:
    """Grade one submission in a course folder of its own.

    Parameters
    ----------
    root : Path
        A folder with nothing but ``gradebook.db``, in which the assignment is known. The grades
        are saved there.
    lesson, student : str
        Whose and what.
    judged : Judged
        The step that runs and judges.
    notebook : NotebookNode
        From :func:`course.grading.intake.take_in`.
    late : mapping of str to dict, optional
        Settings of nbgrader's ``AssignLatePenalties`` and its plugin.

    Returns
    -------
    NotebookNode
        The autograded notebook.

    Raises
    ------
    RuntimeError
        When nbgrader, or what the teacher has added to it, fails.
    """
    from nbgrader.converters import Autograde
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import (
        AssignLatePenalties,
        CheckCellMetadata,
        LimitOutput,
        SaveAutoGrades,
    )

    prepare_nbgrader()
    submitted = root / "submitted" / student / lesson / f"{lesson}.ipynb"
    submitted.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, submitted)
    config = Config()
    configure(config)
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.assignment_id = lesson
    config.CourseDirectory.student_id = student
    config.Autograde.permissions = 644
    config.merge({name: Config(values) for name, values in (late or {}).items()})
    notes = Notes()
    converter = Autograde(coursedir=CourseDirectory(config=config), config=config, log=notes.logger)
    converter.autograde_preprocessors = [
        judged,
        LimitOutput,
        SaveAutoGrades,
        AssignLatePenalties,
        CheckCellMetadata,
    ]
    try:
        converter.start()
    except Exception as error:
        # The notebook has been mended before: what fails here is not the learner's.
        raise RuntimeError(f"nbgrader stopped with {notes.last()[:300]}") from error
    graded = root / "autograded" / student / lesson / f"{lesson}.ipynb"
    if not graded.is_file():
        raise RuntimeError("nbgrader gave no autograded notebook")
    return nbformat.read(graded, as_version=4)
