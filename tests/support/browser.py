"""JupyterLab as `course lab` starts it, driven by the Chromium of the machine.

Everything is the test's own: a copy of the course, Jupyter's folders, a port, a browser profile.
Only the cache of data is shared. No name but the server's own address can be resolved in the
browser, and each request is recorded.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlsplit

from course.lab import command, environment, make_copies
from course.layout import Course

__all__ = ["Lab", "Watched", "chromium", "serve", "watched_page"]

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
_ARGUMENTS = (
    "--no-sandbox",  # The pages are our own, and CI runs as root.
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # 3D figures, drawn without a graphics card.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
TOKEN = "browser-tests"

# What JupyterLab itself says on the console, by exact beginning, with the reason.
LAB_NOISE: tuple[str, ...] = ()


def chromium() -> str | None:
    """Return the browser to use: $COURSE_CHROMIUM, else the first known one on the PATH."""
    named = os.environ.get("COURSE_CHROMIUM")
    found = (shutil.which(name) for name in ([named] if named else (*_BROWSERS, _MAC)))
    return next(filter(None, found), None)


class Lab:
    """A running JupyterLab on a copy of the course."""

    def __init__(self, course: Course, port: int):
        self.course, self.url = course, f"http://127.0.0.1:{port}"

    def address(self, notebook: str) -> str:
        """Return where a notebook of work/ opens, in a fresh workspace."""
        return f"{self.url}/lab/tree/{quote(notebook)}?reset&token={TOKEN}"

    def request(self, path: str, method: str = "GET") -> bytes:
        """Ask the server's interface."""
        headers = {"Authorization": f"token {TOKEN}"}
        asked = urllib.request.Request(f"{self.url}/api{path}", method=method, headers=headers)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.read()

    def end_kernels(self) -> None:
        """Shut down every kernel: some hold a gigabyte."""
        for session in json.loads(self.request("/sessions")):
            self.request(f"/sessions/{session['id']}", "DELETE")

    def trust(self, notebook: str) -> None:
        """Mark a notebook as one's own work, as running it would."""
        self.request(f"/contents/{quote(notebook)}/trust", "POST")


def copy_course(root: Path, folder: Path) -> Course:
    """Copy what the commands need of the course."""
    shutil.copy(root / "nbgrader_config.py", folder)
    shutil.copytree(root / "notebooks", folder / "notebooks")
    shutil.copytree(root / "solutions", folder / "solutions")
    return Course(folder.resolve())


@contextlib.contextmanager
def serve(root: Path, folder: Path):
    """Run JupyterLab on a copy of the course at `root`, made in `folder`; yield a :class:`Lab`."""
    course = copy_course(root, folder)
    make_copies(course)
    surroundings = environment(course) | {"COURSE_ROOT": str(course.root)}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        own = folder / "own" / name.lower()
        own.mkdir(parents=True)
        surroundings[name] = str(own)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    extra = [
        "--no-browser",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        extra.append("--allow-root")
    lab, log = Lab(course, port), folder / "lab.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command(course, extra), env=surroundings, cwd=course.root, stdout=output, stderr=output
        )
        try:
            _await_start(lab, server, log)
            yield lab
            lab.end_kernels()
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _await_start(lab: Lab, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < end:
        try:
            lab.request("/status")
            return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-3000:]}")


@contextlib.contextmanager
def browser():
    """Start the browser for a module's tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=list(_ARGUMENTS))
        yield started
        started.close()


class Watched:
    """What a page asked for and complained about."""

    def __init__(self, lab: Lab, context):
        self.own, self.outside, self.complaints = urlsplit(lab.url).netloc, [], []
        context.on("request", lambda request: self._asked(request.url))
        context.on("console", self._said)
        context.on("weberror", lambda error: self.complaints.append(f"page: {error.error}"))
        context.on("page", lambda page: page.on("websocket", lambda s: self._asked(s.url)))

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.own:
            self.outside.append(url)

    def _said(self, message) -> None:
        if message.type == "error" and not message.text.startswith(LAB_NOISE or ("\0",)):
            self.complaints.append(f"console: {message.text[:500]}")


@contextlib.contextmanager
def watched_page(lab: Lab, started):
    """Open a page of its own; at the end nothing may have left the machine or gone wrong."""
    context = started.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(60_000)
    watched = Watched(lab, context)
    page = context.new_page()
    try:
        yield page
        assert not watched.outside, f"requests to elsewhere: {watched.outside}"
        assert not watched.complaints, "\n".join(watched.complaints)
    finally:
        context.close()
        lab.end_kernels()
