"""Jupyter's settings: the kernel that notebooks get, and the extensions that the course needs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from course.doctor.findings import Finding, pip, python, quoted

__all__ = ["extensions", "kernel", "runtime_folder"]

# Lab's extensions and what is lost without them.
_LAB = {
    "@jupyter/nbgrader": "the Validate button",
    "@jupyter-widgets/jupyterlab-manager": "sliders and the search box",
    "jupyterlab-plotly": "interactive figures",
}
_SERVER = {"nbgrader.server_extensions.validate_assignment": "the Validate button"}


def kernel(root: Path) -> list[Finding]:
    """Look at which Python the kernel "Python 3" starts."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return []  # The line on packages says it.
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        mend = f"{python(root)} -m ipykernel install --sys-prefix"
        return [Finding("problem", "kernel", "there is none called python3", mend)]
    except (OSError, ValueError) as error:
        mend = "delete the folder that is named, or its kernel.json"
        return [Finding("problem", "kernel", f"its description cannot be read: {error}", mend)]
    program = spec.argv[0] if spec.argv else ""
    plain = {"python", "python3", f"python3.{sys.version_info[1]}"}
    if program in plain or _same(program):
        return [Finding("ok", "kernel", "python3 starts this environment's Python")]
    text = f"notebooks run in another Python, {program or 'none'}, as {spec.resource_dir} says"
    mend = f"{python(root)} -m jupyter kernelspec remove python3, which removes that description"
    if not os.path.exists(program):
        text = f"{spec.resource_dir} names a Python that is gone: {program or 'none'}"
    if os.path.realpath(spec.resource_dir).startswith(os.path.realpath(sys.prefix)):
        mend = f"{python(root)} -m ipykernel install --sys-prefix"
    return [Finding("problem", "kernel", text, mend)]


def _same(program: str) -> bool:
    """Say whether a program is this environment's Python, whatever its links lead to."""
    if os.path.abspath(program) == os.path.abspath(sys.executable):
        return True
    # Environments share an interpreter, so a link in another folder is another environment.
    there, here = (os.path.dirname(os.path.abspath(path)) for path in (program, sys.executable))
    return os.path.realpath(there) == os.path.realpath(here) and os.path.exists(program)


def extensions(root: Path) -> list[Finding]:
    """Look at the extensions of JupyterLab and its server: there, and switched on."""
    try:
        from jupyter_core.paths import jupyter_config_path, jupyter_path
    except ImportError:
        return []
    places = [Path(place) for place in jupyter_path("labextensions")]
    settings = [Path(place) for place in jupyter_config_path()]
    there = [name for name in _LAB if any((p / name / "package.json").is_file() for p in places)]
    absent = [name for name in _LAB if name not in there]
    off = [name for name in _LAB if name in there and name in _disabled(settings)]
    server = [name for name in _SERVER if not _server(settings).get(name)]
    found = []
    if absent:
        lost = ", ".join(dict.fromkeys(_LAB[name] for name in absent))
        mend = pip(root, "--force-reinstall --no-deps nbgrader jupyterlab_widgets plotly")
        mend += " -c requirements.txt"
        text = f"{', '.join(absent)} missing from JupyterLab; lost: {lost}"
        found.append(Finding("problem", "extensions", text, mend))
    if off:
        lost = ", ".join(_LAB[name] for name in off)
        mend = "; ".join(f"{python(root)} -m jupyter labextension enable {name}" for name in off)
        text = f"{', '.join(off)} switched off; lost: {lost}"
        found.append(Finding("warning", "extensions", text, mend))
    if server:
        mend = f"{python(root)} -m jupyter server extension enable --sys-prefix {server[0]}"
        text = f"nbgrader is switched off in the server; lost: {_SERVER[server[0]]}"
        found.append(Finding("warning", "extensions", text, mend))
    return found or [Finding("ok", "extensions", "nbgrader, widgets and Plotly are switched on")]


def _read(path: Path) -> dict:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _disabled(settings: list[Path]) -> set[str]:
    """Return Lab's extensions that are switched off; of several settings the first counts."""
    switched: dict[str, bool] = {}
    for folder in reversed(settings):
        said = _read(folder / "labconfig" / "page_config.json").get("disabledExtensions", {})
        switched.update(said if isinstance(said, dict) else dict.fromkeys(said, True))
    return {name for name, off in switched.items() if off}


def _server(settings: list[Path]) -> dict[str, bool]:
    """Return whether the server's extensions are switched on; the first setting counts."""
    switched: dict[str, bool] = {}
    for folder in reversed(settings):
        parts = sorted((folder / "jupyter_server_config.d").glob("*.json"))
        for file in [*parts, folder / "jupyter_server_config.json"]:
            application = _read(file).get("ServerApp", {})
            if isinstance(application, dict):
                switched.update(application.get("jpserver_extensions") or {})
    return switched


def runtime_folder(root: Path) -> list[Finding]:
    """Look at whether Jupyter can write the files of running kernels."""
    try:
        from jupyter_core.paths import jupyter_runtime_dir
    except ImportError:
        return []
    folder = Path(jupyter_runtime_dir())
    first = folder
    while not first.exists() and first != first.parent:
        first = first.parent
    if os.access(first, os.W_OK):
        return []
    text = f"{first} cannot be written: no kernel can start"
    mend = f'sudo chown -R "$USER" {quoted(first)}'
    if os.name == "nt":
        mend = f"give yourself the right to write to {first}"
    return [Finding("problem", "Jupyter's files", text, mend)]
