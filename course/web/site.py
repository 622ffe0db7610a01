"""Building the site with Sphinx, and putting it in place in one step."""

import importlib.util
import io
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from course.errors import CourseError
from course.layout import Course, Lesson
from course.web.front import front_page
from course.web.links import link_problems
from course.web.pages import lesson_page

__all__ = ["LISTING", "build_site"]

# Which files a site consists of: what is not in it is somebody else's and never removed.
LISTING = "site-files.txt"
_HERE = Path(__file__).parent


def build_site(
    course: Course,
    out: Path,
    lessons: list[Lesson] | None = None,
    tell: Callable[[str], None] = lambda what: None,
) -> int:
    """Build the web edition from the executed notebooks, without a network.

    Parameters
    ----------
    course : Course
        Where the notebooks and README.md are.
    out : Path
        The site's folder: new, empty, or a site that this function made.
    lessons : list of Lesson, optional
        The lessons on the site; all if none are given. Links between lessons need both.
    tell : callable, optional
        Is told what is being done.

    Returns
    -------
    int
        The number of pages, the front page included.

    Raises
    ------
    CourseError
        When a notebook is missing, a link is broken, or `out` cannot be written or holds other
        files. Nothing has been changed then.
    """
    out = out.expanduser().resolve()
    _check_place(out)
    chosen = lessons or course.lessons()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that putting it there is one renaming.
        made = tempfile.TemporaryDirectory(
            prefix=f".{out.name}-", dir=out.parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise CourseError(f"{out.parent} cannot be written: {error.strerror}") from error
    with made as folder:
        work = Path(folder).resolve()
        try:
            _write_sources(course, chosen, work, tell)
            tell("pages")
            _run_sphinx(work)
            tell("links")
            _finish(work / "site")
            _put(work, out)
        except OSError as error:
            raise CourseError(f"{out} cannot be written: {error.strerror}") from error
    return len(chosen) + 1


def _check_place(out: Path) -> None:
    """Refuse a place where something of somebody else's would be lost."""
    if not out.exists():
        return
    if not out.is_dir():
        raise CourseError(f"{out} is a file: name a folder for the site")
    try:
        listing = out / LISTING
        if listing.is_file():
            ours = {*listing.read_text(encoding="utf-8").splitlines(), LISTING}
            there = (path.relative_to(out) for path in out.rglob("*") if not path.is_dir())
            strange = next((name for name in there if name.as_posix() not in ours), None)
        else:
            strange = next((path.relative_to(out) for path in out.iterdir()), None)
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{out} cannot be read: {error}") from error
    if strange:
        raise CourseError(f"{out} holds other files, such as {strange}: name a new folder")


def _write_sources(
    course: Course, lessons: list[Lesson], work: Path, tell: Callable[[str], None]
) -> None:
    names = [lesson.name for lesson in lessons]
    front = front_page(course, names)
    sources = {"index.md": front.text.encode(), **front.files}
    for name, content in sources.items():
        _write(work / "source" / name, content)
    (work / "extra").mkdir()
    for lesson in lessons:
        tell(lesson.name)
        page = lesson_page(lesson)
        _write(work / "source" / f"{lesson.name}.md", page.text.encode())
        for name, content in page.files.items():
            _write(work / "extra" / name, content)
    static = work / "static"
    static.mkdir()
    for file in (_HERE / "page.css", _HERE / "figures.js", _plotly(), _mathjax()):
        shutil.copyfile(file, static / file.name)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _plotly() -> Path:
    return _of_package("plotly", "package_data/plotly.min.js")


def _mathjax() -> Path:
    # SVG output carries its fonts; "full" carries TeX's extensions.
    return _of_package("sphinx-mathjax-offline", "static/mathjax/tex-svg-full.js")


def _of_package(package: str, name: str) -> Path:
    found = importlib.util.find_spec(package)
    file = Path(found.origin).parent / name if found and found.origin else None
    if file is None or not file.is_file():
        raise CourseError(f"{package} is not installed: pip install -r requirements.txt")
    return file


def _settings(work: Path) -> dict[str, object]:
    """Return Sphinx's configuration."""
    return {
        "project": "Machine-learning embeddings, measured",
        "html_title": "Machine-learning embeddings, measured",
        "html_short_title": "Embeddings, measured",
        "language": "en",
        "copyright": "the maintainers of the embeddings course. Text and figures: CC BY 4.0; "
        "code: MIT",
        "extensions": ["myst_parser", "sphinx.ext.mathjax"],
        "html_theme": "furo",
        "html_static_path": [str(work / "static")],
        "html_extra_path": [str(work / "extra")],
        "html_favicon": str(_HERE / "icon.svg"),
        "html_css_files": ["page.css"],
        "html_js_files": ["figures.js"],
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_use_index": False,
        "html_domain_indices": False,
        "highlight_language": "text",
        "mathjax_path": "tex-svg-full.js",
        "mathjax3_config": {"options": {"enableMenu": False}},
        "myst_enable_extensions": ["amsmath", "dollarmath"],
        # The notebooks' Markdown is JupyterLab's, which knows none of these.
        "myst_disable_syntax": [
            "myst_block_break",
            "myst_line_comment",
            "myst_role",
            "myst_target",
        ],
        "myst_heading_anchors": 6,
        "myst_heading_slug_func": "course.web.pages.slug",
        "suppress_warnings": ["myst.header"],
    }


def _run_sphinx(work: Path) -> None:
    try:
        from sphinx.application import Sphinx
        from sphinx.errors import SphinxError
        from sphinx.util.docutils import docutils_namespace, patch_docutils
    except ImportError as error:
        raise CourseError(
            f"{error.name} is not installed: pip install -r requirements.txt"
        ) from error
    warnings = io.StringIO()
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                srcdir=work / "source",
                confdir=None,
                outdir=work / "site",
                doctreedir=work / "doctrees",
                buildername="html",
                confoverrides=_settings(work),
                status=None,
                warning=warnings,
                freshenv=True,
            )
            app.build(force_all=True)
    except SphinxError as error:
        raise CourseError(f"Sphinx cannot build the site: {error}") from error
    said = re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue()).replace(f"{work / 'source'}/", "")
    if said.strip():
        raise CourseError(f"the site has {_first_of(said.strip().splitlines())}")


def _first_of(problems: list[str]) -> str:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"a problem: {problems[0]}{more}"


def _finish(site: Path) -> None:
    (site / ".buildinfo").unlink(missing_ok=True)
    shutil.rmtree(site / "_sources", ignore_errors=True)
    # Without it GitHub Pages leaves out the folders that start with "_".
    (site / ".nojekyll").write_bytes(b"")
    problems = link_problems(site)
    if problems:
        raise CourseError(f"the site has {_first_of(problems)}")
    names = sorted(p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file())
    (site / LISTING).write_text("\n".join(names) + "\n", encoding="utf-8", newline="\n")


def _put(work: Path, out: Path) -> None:
    old = work / "old"
    if out.exists():
        out.rename(old)
    try:
        (work / "site").rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise
