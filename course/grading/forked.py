"""Kernels forked from a warm process into a sandbox: what :mod:`course.grading.zygote` serves."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TextIO

from course.grading.sandbox import SandboxedKernel, kernel_user, sandboxed

__all__ = ["CAN_FORK", "ForkedKernel", "Zygote"]

CAN_FORK = hasattr(os, "pidfd_open")  # Only Linux lets a process enter another one's sandbox.

_SECONDS_TO_IMPORT = 60
_STAY = ["sh", "-c", "echo; exec sleep infinity"]
# What a kernel imports when it starts and with its first cells. Matplotlib's inline backend looks
# for the kernel when it is imported, so that one has to wait.
_KERNEL = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "faulthandler",
    "pydoc",
    "sqlite3",
    "tornado.locks",
    "tornado.platform.asyncio",
    "tornado.queues",
    "matplotlib.pyplot",
)


class Zygote:
    """A warm process, which lives as long as the one that started it wants.

    Making one raises OSError where the system does not let it start.

    Parameters
    ----------
    folder : Path
        Where its socket and its home are put; nobody else may be able to reach it.
    environment : mapping of str to str
        As for a kernel.
    modules : iterable of str
        What to import beside the kernel itself.

    Attributes
    ----------
    address : Path
        Its socket.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], modules: Iterable[str] = ()):
        self.address = folder / "zygote"
        home = folder / "home"
        home.mkdir()
        with socket.socket(socket.AF_UNIX) as server, _sealed(sys.executable) as program:
            server.bind(str(self.address))
            server.listen(64)  # Who connects from now on waits until all is imported.
            script = str(Path(__file__).with_name("zygote.py"))
            self._process = subprocess.Popen(
                [sys.executable, "-P", script, str(server.fileno()), *_KERNEL, *modules],
                executable=f"/proc/self/fd/{program.fileno()}",
                env={**environment, "HOME": str(home)},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[server.fileno(), program.fileno()],
                start_new_session=True,
            )

    def close(self) -> None:
        """End it. Kernels end with their sandboxes."""
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _sealed(program: str) -> BinaryIO:
    """Copy a program into memory that nothing can change any more.

    A forked kernel sees the file that it runs as ``/proc/self/exe``, and not read-only as in its
    sandbox: where that file belongs to the teacher, it could change it.
    """
    import fcntl  # Only where processes can be forked.

    handle = os.memfd_create("python", os.MFD_ALLOW_SEALING)
    copy = open(handle, "r+b", buffering=0)
    copy.write(Path(program).read_bytes())
    seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
    fcntl.fcntl(handle, fcntl.F_ADD_SEALS, seals)
    return copy


class ForkedKernel(SandboxedKernel):
    """Lets a zygote fork the kernel into the sandbox; where that fails, starts it anew there."""

    zygote: Path

    async def _async_launch_kernel(self, kernel_cmd: list[str], **kw) -> None:
        try:
            arguments = kernel_cmd[kernel_cmd.index("ipykernel_launcher") + 1 :]
            await self._fork(arguments, **kw)
        except OSError:
            if self.has_kernel:
                await self.provisioner.kill()
                await self.provisioner.wait()
            await super()._async_launch_kernel(kernel_cmd, **kw)

    async def _fork(self, arguments: list[str], **kw) -> None:
        with _pipe() as (told, tell), _pipe() as (stands, stand):
            command = sandboxed(_STAY, **self.wrapping)
            command[1:1] = ["--info-fd", str(tell.fileno())]
            streams = {"stdout": stand, "pass_fds": [tell.fileno()]}
            await super()._async_launch_kernel(command, **kw | streams)
            tell.close()
            stand.close()
            if not stands.readline():
                raise OSError("the sandbox did not come up")
            first = json.load(told)
            sandbox = os.pidfd_open(first["child-pid"])
        try:
            # Its number could have passed to another process, had it ended before.
            if os.stat(f"/proc/{first['child-pid']}/ns/mnt").st_ino != first["mnt-namespace"]:
                raise OSError("the sandbox is gone")
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_SECONDS_TO_IMPORT)
                connection.connect(str(self.zygote))
                socket.send_fds(connection, [self._request(arguments)], [sandbox])
                if not connection.recv(1):
                    raise OSError("the zygote could not enter the sandbox")
        finally:
            os.close(sandbox)

    def _request(self, arguments: list[str]) -> bytes:
        limits = self.wrapping["limits"]
        request = {
            "arguments": arguments,
            "environment": self.wrapping["environment"],
            "limits": {
                "RLIMIT_AS": limits.memory,
                "RLIMIT_NPROC": limits.processes,
                "RLIMIT_FSIZE": limits.file_size,
                "RLIMIT_CORE": 0,
            },
            "user": kernel_user() if os.geteuid() == 0 else None,
        }
        return json.dumps(request).encode()


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[TextIO, TextIO]]:
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as out, open(writing, "w", encoding="utf-8") as into:
        yield out, into
