"""The site's front page, from the README's head and map."""

import re
from pathlib import Path

from course.errors import CourseError
from course.layout import Course
from course.web.pages import Page

__all__ = ["front_page"]

_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_LESSON_FILE = re.compile(r"(?:notebooks|solutions)/(\d\d_[a-z0-9_]+)/\1\.ipynb")
_READING = """\
Each lesson is here as it was executed, with all figures and results. Solutions and model answers
are folded away: try first. To train, change and answer things yourself, get the course:
it runs on a laptop, and each exercise answers at once.
"""


def front_page(course: Course, lessons: list[str]) -> Page:
    """Make the front page.

    Parameters
    ----------
    course : Course
        Where README.md is.
    lessons : list of str
        Names of the lessons that have a page, in order.

    Raises
    ------
    CourseError
        When README.md, or a part or picture that is needed of it, is missing.
    """
    path = course.root / "README.md"
    try:
        readme = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"README.md cannot be read, the front page is made of it: {error}") from (
            error
        )
    head, *others = re.split(r"^## ", readme, flags=re.M)
    sections = dict(part.split("\n", 1) for part in others)
    page = Page("")
    parts = [head]
    for title in ("The map", "Start"):
        if title not in sections:
            raise CourseError(f"README.md has no section “{title}”: the front page needs it")
    table = re.search(r"(?:^\|.*\n)+", sections["The map"], re.M)
    if not table:
        raise CourseError("README.md has no table in “The map”: the front page needs it")
    parts += [f"## The map\n\n{table[0]}\n{_READING}", f"## Start\n{sections['Start']}"]
    text = "\n".join(parts)
    page.text = _LINK.sub(lambda match: _link(course.root, match, lessons, page), text)
    contents = "\n".join(lessons)
    page.text += f"\n```{{toctree}}\n:hidden:\n\n{contents}\n```\n"
    return page


def _link(root: Path, match: re.Match, lessons: list[str], page: Page) -> str:
    mark, text, target = match.groups()
    if mark:
        file = root / target
        if not file.is_file():
            raise CourseError(f"README.md shows {target}, which is missing")
        page.files[file.name] = file.read_bytes()
        return f"![{text}]({file.name})"
    lesson = _LESSON_FILE.fullmatch(target)
    if lesson and lesson[1] in lessons:
        return f"[{text}]({lesson[1]}.md)"
    # Files of the repository are not on the site.
    return match[0] if re.match(r"[a-z]+:|#", target) else text
