"""A forked kernel next to one that was started anew: the same rights, the same surroundings."""

import json
import os
import sys
import time
from contextlib import closing
from pathlib import Path

import nbformat
import psutil
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from course.grading.forked import Zygote
from course.grading.kernel import sandbox_environment, submission_kernel
from course.grading.sandbox import Limits, why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=f"no sandbox: {why_not()}")

# What a process may do and what it sees. Names of namespaces and of folders differ each time.
LOOK = """
import json, os, resource, socket, sys
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
limits = ("AS", "NPROC", "FSIZE", "CORE", "NOFILE")
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
    network = "connected"
except OSError as error:
    network = error.errno
found = {
    "rights": {k: v for k, v in status.items() if k.startswith(("Cap", "NoNew", "Seccomp"))},
    "user": [os.getresuid(), os.getresgid(), os.getgroups()],
    "limits": {n: resource.getrlimit(getattr(resource, "RLIMIT_" + n)) for n in limits},
    "network": network,
    "root": sorted(os.listdir("/")),
    "home": [os.getcwd(), sorted(os.listdir("."))],
    "processes": sum(name.isdigit() for name in os.listdir("/proc")) < 12,
    "environment": {k: v for k, v in os.environ.items() if k != "COURSE_RECORDS"},
    "files": [os.readlink("/proc/self/fd/" + n)[:6] for n in ("1", "2")],
    "parent": os.getppid() < 10,
    "own memory": os.access("/proc/self/maps", os.R_OK),
    "writable": [p for p in ("/", "/usr", "/etc", sys.prefix, "/proc/1/mem") if os.access(p, 2)],
    "path": [p for p in sys.path if "course-" not in p],
    "flags": [sys.flags.safe_path, sys.dont_write_bytecode],
    "argv": sys.argv[0].rpartition("/")[2].removesuffix(".py"),
    "main": sorted(n for n in vars(sys.modules["__main__"]) if n.startswith("_watch")),
}
print(json.dumps(found))
"""


@pytest.fixture
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    folder.parent.chmod(0o755)
    (folder / "hello.py").write_text("number = 3\n")
    return folder


@pytest.fixture
def zygote(desk, tmp_path_factory):
    environment = sandbox_environment(desk, Path(os.devnull))
    with closing(Zygote(tmp_path_factory.mktemp("z"), environment, ["hello", "no_such"])) as made:
        yield made


def run(desk, folder, sources, zygote=None, limits=None, timeout=30):
    """Run cells in a kernel; what they print, and its kind of process."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    folder.mkdir(parents=True)
    with submission_kernel(
        notebook,
        records=folder / "records.jsonl",
        desk=desk,
        limits=limits or Limits(memory=3_000_000_000),
        zygote=zygote,
        timeout=timeout,
    ) as client:
        for position, cell in enumerate(notebook.cells):
            client.execute_cell(cell, position)
    return ["".join(o.get("text", "") for o in cell.outputs) for cell in notebook.cells]


FORKED = "import os; print('zygote.py' in open('/proc/self/cmdline').read())"


def test_rights_and_surroundings_are_the_same(desk, zygote, tmp_path):
    forked = run(desk, tmp_path / "a", [FORKED, LOOK], zygote.address)
    anew = run(desk, tmp_path / "b", [FORKED, LOOK])
    assert [forked[0], anew[0]] == ["True\n", "False\n"]
    one, other = json.loads(forked[1]), json.loads(anew[1])
    for what in one | other:
        assert one[what] == other[what], what


def test_what_is_imported_is_there_and_can_be_changed_for_oneself_only(desk, zygote, tmp_path):
    cell = "import sys; print('hello' in sys.modules); import hello; hello.number += 1\n"
    cell += "import random, numpy; print(hello.number, random.random(), numpy.random.rand())"
    first, second = (run(desk, tmp_path / n, [cell], zygote.address)[0].split() for n in "ab")
    assert first[:2] == second[:2] == ["True", "4"]
    assert first[2] != second[2] and first[3] != second[3]


def test_figures_are_shown(desk, zygote, tmp_path):
    cell = nbformat.v4.new_code_cell("import matplotlib.pyplot as plt; plt.plot([1, 2]);")
    folder = tmp_path / "a"
    folder.mkdir()
    with submission_kernel(
        nbformat.v4.new_notebook(cells=[cell]),
        records=folder / "records.jsonl",
        desk=desk,
        limits=Limits(),
        zygote=zygote.address,
    ) as client:
        client.execute_cell(cell, 0)
    assert [sorted(output.data) for output in cell.outputs] == [["image/png", "text/plain"]]


def test_the_program_that_it_runs_cannot_be_changed(desk, zygote, tmp_path):
    before = os.stat(sys.executable)
    cell = (
        "import os, subprocess\nprint(os.readlink('/proc/self/exe').startswith('/memfd:'))\n"
        "for change in (lambda: os.chmod('/proc/self/exe', 0o4777),"
        " lambda: open('/proc/self/exe', 'r+b').write(b'x')):\n"
        "    try:\n        change()\n    except OSError:\n        pass\n"
        "print(subprocess.run(['sort'], capture_output=True).returncode)"
    )
    assert run(desk, tmp_path / "a", [cell, FORKED], zygote.address) == ["True\n0\n", "True\n"]
    assert os.stat(sys.executable) == before
    assert run(desk, tmp_path / "b", [FORKED], zygote.address) == ["True\n"]


def test_limits_bind(desk, zygote, tmp_path):
    hungry = "try:\n    print(len(bytearray(2_000_000_000)))\nexcept MemoryError:\n    print('no')"
    limits = Limits(memory=1_500_000_000)
    assert run(desk, tmp_path / "a", [hungry], zygote.address, limits) == ["no\n"]


# The last one ends what keeps its sandbox, and waits for its own end.
ENDS = ("os._exit(3)", "os.kill(os.getpid(), 9)", "os.kill(2, 9); import time; time.sleep(25)")


@pytest.mark.parametrize("end", ENDS)
def test_a_kernel_that_ends_is_noticed_and_nothing_stays(desk, zygote, tmp_path, end):
    child = "import os, subprocess; subprocess.Popen(['sleep', '4711'])"
    with pytest.raises((DeadKernelError, RuntimeError)):
        run(desk, tmp_path / "a", [child, end], zygote.address)
    assert wait_until(lambda: not processes("4711") and len(processes("zygote.py")) == 1)


def test_when_grading_ends_a_running_kernel_ends_too(desk, zygote, tmp_path):
    with pytest.raises(CellTimeoutError):
        run(desk, tmp_path / "a", ["while True: pass"], zygote.address, timeout=1)
    assert wait_until(lambda: len(processes("zygote.py")) == 1)
    zygote.close()
    assert not processes("zygote.py")


def test_without_its_zygote_a_kernel_is_started_anew(desk, zygote, tmp_path):
    zygote.close()
    assert run(desk, tmp_path / "a", [FORKED], zygote.address) == ["False\n"]
    assert not processes("sleep infinity")


def test_a_module_with_threads_means_that_nothing_is_forked(desk, tmp_path):
    (desk / "busy.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    environment = sandbox_environment(desk, Path(os.devnull))
    with closing(Zygote(tmp_path, environment, ["busy"])) as zygote:
        assert run(desk, tmp_path / "a", [FORKED], zygote.address) == ["False\n"]


def processes(text):
    """Count this test's processes whose command holds a text."""
    own = psutil.Process().children(recursive=True)
    return [p for p in own if text in " ".join(p.cmdline())]


def wait_until(holds, seconds=10):
    """Wait for something."""
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()
