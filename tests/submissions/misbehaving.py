"""Honest answers beside code that hangs, dies, floods or litters."""

import os

import nbformat

from tests.submissions import case, cell, own

ALL = (1, 1)


@case(ALL)
def endless_loop(notebook, folder):
    own(notebook, "while True:\n    pass")


@case((0, 0))
def endless_loop_that_cannot_be_interrupted(notebook, folder):
    own(notebook, "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass")


@case((0, 1))
def answer_that_swallows_its_interrupts(notebook, folder):
    cell(notebook, "W-cosine-answer").source = (
        "def cosine(u, v):\n    while True:\n        try:\n            while True: pass\n"
        "        except Exception:\n            pass"
    )


@case(ALL)
def sys_exit(notebook, folder):
    own(notebook, "import sys\nsys.exit(1)")


@case((1, 0))
def os_exit_half_way(notebook, folder):
    own(notebook, "import os\nos._exit(1)", notebook.cells.index(cell(notebook, "W-cosine")) + 1)


@case((1, 0))
def segfault_half_way(notebook, folder):
    at = notebook.cells.index(cell(notebook, "W-cosine")) + 1
    own(notebook, "import ctypes\nctypes.string_at(0)", at)


@case((1, 1))
def death_behind_the_last_check(notebook, folder):
    notebook.cells.append(nbformat.v4.new_code_cell("import os, signal\nos.kill(os.getpid(), 9)"))


@case(ALL)
def memory_bomb(notebook, folder):
    own(notebook, "hoard = []\nwhile True:\n    hoard.append(bytearray(500_000_000))")


@case(ALL)
def fork_bomb(notebook, folder):
    own(
        notebook,
        "import os, time\nchildren = []\ntry:\n    while True:\n        pid = os.fork()\n"
        "        if pid == 0:\n            time.sleep(3)\n            os._exit(0)\n"
        "        children.append(pid)\nexcept OSError as error:\n    print(len(children), error)\n"
        "for pid in children:\n    os.kill(pid, 9)\n    os.waitpid(pid, 0)",
    )


@case(ALL)
def disk_bomb(notebook, folder):
    own(
        notebook,
        "with open('full', 'wb') as file:\n    while True:\n        file.write(bytes(10_000_000))",
    )


@case(ALL)
def hundred_megabytes_on_one_line(notebook, folder):
    own(notebook, "print('x' * 100_000_000)")


@case(ALL)
def endless_output(notebook, folder):
    own(notebook, "while True:\n    print('again and again')")


@case(ALL)
def talks_to_stderr(notebook, folder):
    cell(notebook, "W-cosine-answer").source += "\nimport sys\nprint('hm', file=sys.stderr)"


@case(ALL)
def warns(notebook, folder):
    source = cell(notebook, "W-cosine-answer").source
    cell(notebook, "W-cosine-answer").source = source.replace(
        ":\n", ":\n    import warnings; warnings.warn('slow')\n", 1
    )


@case(ALL)
def child_in_the_background(notebook, folder):
    own(notebook, "import subprocess\nsubprocess.Popen(['sleep', '98765'])")


@case(ALL)
def modules_of_its_own(notebook, folder):
    for name in ("numpy", "helpers", "ipykernel_launcher", "json"):
        (folder / f"{name}.py").write_text("raise SystemExit('shadowed')")


@case(ALL)
def link_to_the_root(notebook, folder):
    os.symlink("/", folder / "root")
    os.symlink("/etc/passwd", folder / "notes.json")


@case((0, 0))  # In Jupyter, too, the kernel is lost to the learner after this.
def closes_everything(notebook, folder):
    own(notebook, "import sys\nsys.stdout = sys.stderr = None")


@case(ALL)
def changes_the_folder(notebook, folder):
    own(notebook, "import os\nos.chdir('/')\nos.environ.clear()")


@case(ALL)
def shadows_names(notebook, folder):
    own(notebook, "def check(*args, **kwargs):\n    return 1\nprint = len = open = None")
