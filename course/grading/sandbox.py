"""A sandbox for kernels: bubblewrap around, limits inside.

A kernel in it has no network, sees only the Python environment, the desk and the cached data, all
read-only, and one folder of its own in memory; its memory, processes and files are limited; it
ends with the process that started it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import Type

from course.grading.client import PromptClient

__all__ = ["Limits", "SandboxedKernel", "kernel_user", "sandboxed", "why_not"]

_FIRST_USER = 1_000_000  # Nobody has these numbers.
# Read-only, where the system has them: programs, libraries, fonts, time zones.
_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/localtime",
    "/etc/nix",
    "/nix/store",
)


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    Attributes
    ----------
    memory : int
        Bytes of address space of one process.
    processes : int
        Processes and threads.
    file_size : int
        Bytes of one file; the records of the checks are a file too.
    own_files : int
        Bytes of its own files together; they lie in memory.
    """

    memory: int = 6_000_000_000
    processes: int = 256
    file_size: int = 250_000_000
    own_files: int = 500_000_000


def kernel_user() -> int:
    """Return the user as whom this process's kernel runs where root has started it.

    Each has its own, so that what the system counts and keeps by user (processes, keys) is not
    shared between submissions that run at the same time.
    """
    return _FIRST_USER + os.getpid()


@cache
def why_not() -> str | None:
    """Say in a sentence why there is no sandbox on this machine; None if there is one."""
    for program, package in (("bwrap", "bubblewrap"), ("prlimit", "util-linux")):
        if shutil.which(program) is None:
            return f"the program {program} is missing: install the system's package {package}"
    trial = sandboxed(["true"], Limits(), {})
    try:
        done = subprocess.run(trial, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not start: {error}"
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return f"bubblewrap does not start: {lines[-1]}"
    return None


def sandboxed(
    command: Sequence[str],
    limits: Limits,
    environment: Mapping[str, str],
    readable: Mapping[Path, Path] | None = None,
    writable: Sequence[Path] = (),
) -> list[str]:
    """Wrap a command.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    limits : Limits
        What it may use.
    environment : mapping of str to str
        All of its environment variables.
    readable : mapping of Path to Path
        Folders and files to show read-only: where they are -> where it sees them. The Python
        environment is there anyway.
    writable : sequence of Path
        Folders that it may write to, shown where they are. Any user must be able to write there.

    Returns
    -------
    list of str
        The command to start.
    """
    shown = {Path(path): Path(path) for path in _SYSTEM if os.path.exists(path)}
    for prefix in (sys.base_prefix, sys.prefix):
        shown[Path(prefix)] = Path(prefix)
    shown |= readable or {}
    argv = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    argv += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"]
    argv += ["--proc", "/proc", "--dev", "/dev", "--size", str(limits.own_files), "--tmpfs", "/tmp"]
    parents: dict[Path, None] = {}
    for place in (*shown.values(), *writable):
        parents |= dict.fromkeys(reversed(place.parents))
    system = {Path("/"), Path("/tmp"), Path("/proc"), Path("/dev")}
    for parent in parents:
        # bubblewrap would make them for their owner only.
        if parent not in system and not any(p in shown.values() for p in (parent, *parent.parents)):
            argv += ["--perms", "0755", "--dir", str(parent)]
    for source, place in shown.items():
        if source.is_symlink() and str(source) in _SYSTEM:
            argv += ["--symlink", os.readlink(source), str(place)]
        else:
            argv += ["--ro-bind", str(source), str(place)]
    for folder in writable:
        argv += ["--bind", str(folder), str(folder)]
    for name, value in environment.items():
        argv += ["--setenv", name, value]
    argv += [
        "--size",
        str(limits.own_files),
        "--perms",
        "1777",
        "--tmpfs",
        "/desk",
        "--chdir",
        "/desk",
    ]
    if os.geteuid() == 0:
        # The limit on processes does not bind root, so the kernel runs as somebody else.
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            argv += ["--cap-add", capability]
        user = kernel_user()
        argv += ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        argv += ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    else:
        argv[1:1] = ["--unshare-user", "--disable-userns"]
    argv += ["prlimit", f"--as={limits.memory}", f"--nproc={limits.processes}"]
    argv += [f"--fsize={limits.file_size}", "--core=0", *command]
    return argv


class SandboxedKernel(AsyncKernelManager):
    """Starts a Python kernel inside the sandbox; `wrapping` holds the arguments for it."""

    wrapping: dict
    client_factory = Type(PromptClient)

    # Its own, so that what is installed under a kernel's name does not matter. A signal would reach
    # bubblewrap, and a message reaches the kernel.
    kernel_spec = KernelSpec(language="python", interrupt_mode="message")

    def write_connection_file(self, **kwargs) -> None:
        """Write the file so that the kernel can read it, which may run as another user."""
        super().write_connection_file(**kwargs)
        os.chmod(self.connection_file, 0o644)

    async def _async_wait(self, pollinterval: float = 0.005) -> None:
        """Look more often whether it has ended: it is killed, which takes a moment only."""
        await super()._async_wait(pollinterval)

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """Return the wrapped command; ``-P`` keeps the working folder off the module path."""
        kernel = [sys.executable, "-P", "-m", "ipykernel_launcher"]
        connection = ["-f", os.path.realpath(self.connection_file)]
        return sandboxed([*kernel, *connection, *(extra_arguments or [])], **self.wrapping)
