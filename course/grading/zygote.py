"""A process from which warm kernels are forked: it has imported once what every kernel needs.

It is run as a script, by a Python that sees the desk and not the course, and ends when its standard
input does. A request comes over a socket: JSON with the kernel's arguments, environment and
limits, and a handle on the first process of a sandbox that bubblewrap has made. The forked process
enters that sandbox for good, gives up its rights, and becomes the kernel. It is a process of its
own, sees what a kernel started there sees, and ends with the sandbox.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import resource
import select
import signal
import socket
import sys

_CLONE = {
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
    "mnt": 0x00020000,
}
_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 24, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_CAPABILITY_VERSION = 0x20080522
_LARGEST = 65536
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Import, then fork a kernel for every request until the standard input ends."""
    handle, *modules = sys.argv[1:]
    server = socket.socket(fileno=int(handle))
    for module in modules:
        # What cannot be imported is the submission's to find out.
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    if len(os.listdir("/proc/self/task")) > 1:
        raise SystemExit("a module has started a thread: nothing can be forked safely")
    gc.collect()
    gc.freeze()  # Pages of what lives on stay shared with the kernels.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([server, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = server.accept()
        if not os.fork():
            server.close()
            _watch(connection)
        connection.close()


def _watch(connection: socket.socket) -> None:
    """Start a kernel in its sandbox, and end the sandbox with it."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        text, (sandbox,), _, _ = socket.recv_fds(connection, _LARGEST, 1)
        request = json.loads(text)
        names = [name for name in _CLONE if name != "user" or os.geteuid()]
        _call(_libc.setns, sandbox, sum(_CLONE[name] for name in names))
        kernel = os.fork()  # Only a child is in the new namespace of processes.
        if not kernel:
            _become_kernel(request, connection)
        connection.close()
        os.waitpid(kernel, 0)
        signal.pidfd_send_signal(sandbox, signal.SIGKILL)
    finally:
        os._exit(0)


def _become_kernel(request: dict, connection: socket.socket) -> None:
    try:
        _give_up(request["limits"], request["user"], connection.fileno())
        os.environ.update(request["environment"])
        os.chdir(os.environ["HOME"])
        os.environ["PWD"] = os.environ["HOME"]
        _renew()
        from ipykernel import kernelapp

        sys.argv = ["ipykernel_launcher", *request["arguments"]]
        kernel = kernelapp.IPKernelApp.instance()
        kernel.initialize()
        connection.sendall(b"listens")
        connection.close()
        kernel.start()
    finally:
        os._exit(1)


def _give_up(limits: dict[str, int], user: int | None, answer: int) -> None:
    """Keep nothing of the process that this was forked from but its memory."""
    os.setsid()
    os.closerange(0, answer)
    os.closerange(answer + 1, os.sysconf("SC_OPEN_MAX"))
    for _ in ("stdin", "stdout", "stderr"):
        os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, name), (value, value))
    _call(_libc.prctl, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
        last = int(file.read())
    for capability in range(last + 1):
        _call(_libc.prctl, _PR_CAPBSET_DROP, capability, 0, 0, 0)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _call(_libc.capset, header, (ctypes.c_uint32 * 6)())
    _call(_libc.prctl, _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Who changes its user may not look at itself in /proc, which a program started anew may.
    _call(_libc.prctl, _PR_SET_DUMPABLE, 1, 0, 0, 0)


def _renew() -> None:
    """Make anew what would be the same in all forked processes and must not be."""
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    if "helpers.checks" in sys.modules:
        # It reads from the environment where its records go.
        importlib.reload(sys.modules["helpers.checks"])


def _call(function, *args) -> None:
    if function(*args) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function.__name__}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
