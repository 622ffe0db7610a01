"""What the course adds to nbgrader's own steps from solution to learner's notebook."""

from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution

from course.stamp import KEY, make_stamp

__all__ = ["ClearRegions", "LetRunsGoOn", "StampRelease"]


class ClearRegions(ClearSolutions):
    """Clear solutions, but leave no stub where the line above the region is one.

    A region inside a function becomes nbgrader's code stub. A region at the margin vanishes: its
    stub is the line above it, such as ``chosen = ...``, and an exception there would only keep
    the check from saying "not attempted".
    """

    def _replace_solution_region(self, cell, language):
        kept, inside, vanished = [], False, False
        for line in cell.source.split("\n"):
            if not inside and line.startswith("#") and self.begin_solution_delimeter in line:
                inside = vanished = True
            elif inside and self.end_solution_delimeter in line:
                inside = False
            elif not inside:
                kept.append(line)
        if inside:
            raise RuntimeError("no end solution statement found")
        cell.source = "\n".join(kept).strip("\n")
        return super()._replace_solution_region(cell, language) or vanished


class LetRunsGoOn(NbGraderPreprocessor):
    """Tag the check cells so that Run All goes on past an exercise that is not solved yet."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Add the tag to the cells that are graded by running them."""
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
            tags = cell.metadata.setdefault("tags", [])
            if "raises-exception" not in tags:
                tags.append("raises-exception")
        return cell, resources


class StampRelease(NbGraderPreprocessor):
    """Write into the learner's notebook what its cells are, for `course update`."""

    def preprocess(self, nb, resources):
        """Stamp the notebook as the last step."""
        name = resources["nbgrader"]["assignment"]
        nb.metadata[KEY] = make_stamp(name, nb)
        return nb, resources
