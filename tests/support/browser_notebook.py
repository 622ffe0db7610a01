"""A notebook in JupyterLab, handled as a learner handles it: with keys, and with the mouse."""

import json
import re

import nbformat

from tests.support.browser import Lab

__all__ = ["Notebook"]

_SETTLED = """() => {
  const panel = [...document.querySelectorAll('.jp-NotebookPanel')].find(p => p.offsetParent);
  const name = panel?.querySelector('[data-jp-item-name=kernelName]')?.textContent ?? '';
  const state = panel?.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status;
  return name.includes('Python') && state === 'idle';
}"""
_ACTIVE = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell.jp-mod-active"


class Notebook:
    """A notebook of work/, open in a page.

    Parameters
    ----------
    lab, page
        Where it is, and what shows it.
    path : str
        The notebook, relative to work/.
    address : str, optional
        What to open instead of the notebook itself.
    """

    def __init__(self, lab: Lab, page, path: str, address: str | None = None):
        self.lab, self.page, self.path = lab, page, path
        page.goto(address or lab.address(path))
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_function(_SETTLED)

    @classmethod
    def with_code(cls, lab: Lab, page, path: str, source: str) -> "Notebook":
        """Make a notebook of one cell, open it and run it to its end."""
        cells = [nbformat.v4.new_code_cell(text) for text in (source, "")]
        kernel = {"name": "python3", "display_name": "Python 3"}
        made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(made, lab.course.root / "work" / path)
        notebook = cls(lab, page, path)
        notebook.to_top()
        notebook.run()
        notebook.finish()
        return notebook

    @property
    def active(self):
        """The cell that has the focus."""
        return self.page.locator(_ACTIVE)

    def to_top(self) -> None:
        """Go to the first cell, in command mode."""
        self.page.keyboard.press("Escape")
        self.page.locator(".jp-Notebook").focus()
        self.go(0)

    def go(self, index: int) -> None:
        """Go to a cell with the arrow keys."""
        while (now := int(self.active.get_attribute("data-windowed-list-index"))) != index:
            step = 1 if index > now else -1
            self.page.keyboard.press("ArrowDown" if step == 1 else "ArrowUp")
            self._await_active(now + step)

    def run(self) -> None:
        """Run the cell and go to the next one."""
        now = int(self.active.get_attribute("data-windowed-list-index"))
        self.page.keyboard.press("Shift+Enter")
        self._await_active(now + 1)

    def finish(self, timeout: float = 120) -> None:
        """Wait until nothing runs any more."""
        self.page.wait_for_function(_SETTLED, timeout=1000 * timeout)

    def cell(self, index: int):
        """Return a cell that is on the screen or near it."""
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{index}"]')

    def output(self, index: int):
        """Return what a cell has put out."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def told(self, index: int) -> str:
        """Wait until a cell says something, and return it: what it says comes after it has run."""
        self.output(index).filter(has_text=re.compile(r"\S")).wait_for()
        return self.output(index).inner_text()

    def save(self) -> dict:
        """Save with the keyboard and return what is in the file then."""
        file = self.lab.course.root / "work" / self.path
        before = file.stat().st_mtime_ns
        with self.page.expect_response(
            lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url
        ):
            self.page.keyboard.press("Control+s")
        assert file.stat().st_mtime_ns > before
        return json.loads(file.read_text(encoding="utf-8"))

    def saved_outputs(self, index: int) -> list[dict]:
        """Save, and return what the file has as a cell's outputs."""
        return self.save()["cells"][index]["outputs"]

    def type_last_line(self, index: int, text: str) -> None:
        """Replace a cell's last line by typing, and return to command mode."""
        self.go(index)
        for key in ("Enter", "Control+End", "Shift+Home"):
            self.page.keyboard.press(key)
        self.page.keyboard.type(text)
        self.page.keyboard.press("Escape")

    def _await_active(self, index: int) -> None:
        self.page.wait_for_selector(f'{_ACTIVE}[data-windowed-list-index="{index}"]')
