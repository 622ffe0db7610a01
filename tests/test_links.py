"""Links and file names in the project's prose lead somewhere; nothing names a machine's folder."""

import json
import re
import subprocess

import pytest

from tests.support.solutions import ROOT

PROSE = sorted(
    path
    for pattern in ("*.md", "data/*.md", "benchmarks/*.md", "notebooks/*/*.ipynb")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img[^>]+src=\"([^\"]+)\"")


def text_of(path):
    raw = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return raw
    cells = json.loads(raw)["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def anchors(path):
    """Return the anchors of headings, as GitHub makes them, or JupyterLab in a notebook."""
    for heading in re.findall(r"^#+ +(.+)$", text_of(path), re.M):
        if path.suffix == ".ipynb":
            yield heading.strip().replace(" ", "-")
        else:
            yield re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("path", PROSE, ids=lambda p: str(p.relative_to(ROOT)))
def test_relative_links_lead_somewhere(path):
    # Learners open notebooks as copies in work/, which lies as deep as notebooks/.
    for match in LINK.finditer(text_of(path)):
        target = match[1] or match[2]
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), f"{path.name}: {target} is not there"
        if anchor and file.suffix in (".md", ".ipynb"):
            assert anchor in set(anchors(file)), f"{path.name}: no heading for {target}"


def test_no_tracked_file_names_a_folder_of_a_machine():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    homes = re.compile(r"(?:/home/\w+|/Users/\w+|/root/|/work/main|C:\\Users\\\w+)")
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if not name or not path.is_file() or path == ROOT / "tests" / "test_links.py":
            continue
        found = homes.search(path.read_text(encoding="utf-8", errors="ignore"))
        assert not found, f"{name} names {found[0]}"
