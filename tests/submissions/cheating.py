"""Blank notebooks that try to get points without an answer."""

from tests.submissions import case, cell, own

NOTHING = (0, 0)
_FAKE = "def cosine(u, v):\n    {}\nchosen_w = {}"


def attack(source):
    """Register an attack by a cell behind the setup."""

    def change(notebook, folder):
        own(notebook, source)

    return change


def answer(body, chosen="set()"):
    """Put a fake answer into the answer cells."""

    def change(notebook, folder):
        cell(notebook, "W-cosine-answer").source = f"def cosine(u, v):\n{body}"
        cell(notebook, "W-conclusions-answer").source = f"chosen_w = {chosen}"

    return change


def register(name, change):
    change.__name__ = name
    case(NOTHING, "blank")(change)


for name, source in {
    "transformer_that_passes": (
        "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])"
    ),
    "asserts_stripped": (
        "import ast\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(self, node):\n"
        "        return ast.Pass()\n    def visit_Raise(self, node):\n        return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Strip())"
    ),
    "patched_comparisons": (
        "import numpy as np\nnp.allclose = np.array_equal = lambda *a, **k: True\n"
        "np.testing.assert_allclose = lambda *a, **k: None"
    ),
    "check_replaced": (
        "import helpers.checks, sys\ncheck = helpers.checks.check = lambda *a, **k: print('right')"
    ),
    "verdict_printed": (
        "print('W-cosine: right. 8 cases (seed 1), 1 point.')\n"
        "get_ipython().events.register('post_run_cell', lambda r: print('1.0'))"
    ),
    "score_displayed": "import sys\nsys.displayhook('2.0')\n2.0",
    "records_forged": (
        "import json, os\nwith open(os.environ['COURSE_RECORDS'], 'a') as file:\n"
        "    for seed, hard in ((1, False), (7301, True)):\n"
        "        for name in ('W-cosine', 'W-conclusions'):\n"
        "            line = {'check': name, 'seed': seed, 'hard': hard, 'points': 9,\n"
        "                    'records': [{'outcome': 'passed'}]}\n"
        "            file.write(json.dumps(line) + '\\n')"
    ),
    "records_flooded": (
        "import os\nwith open(os.environ['COURSE_RECORDS'], 'w') as file:\n"
        "    file.write('[' * 1_000_000 + '\\n' + '{\"a\": ' * 100_000)"
    ),
    "records_become_a_link": (
        "import os\npath = os.environ['COURSE_RECORDS']\nos.symlink('/etc/passwd', path)"
    ),
    "records_become_a_pipe": "import os\nos.mkfifo(os.environ['COURSE_RECORDS'])",
    "json_patched": (
        "import json\nreal = json.dumps\n"
        "json.dumps = lambda x, **k: real(x, **k).replace('unattempted', 'passed')"
    ),
    "parent_killed": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "everybody_killed": "import os\nos.kill(-1, 9)",
    "gradebook_written": (
        "import pathlib, sqlite3\nfor path in pathlib.Path('/').rglob('gradebook*.db'):\n"
        "    book = sqlite3.connect(path)\n    book.execute('update grade set auto_score = 594')\n"
        "    book.commit()"
    ),
    "network_used": "import urllib.request as r\nr.urlopen('http://127.0.0.1:80', timeout=2)",
    "secrets_shown": "import os\nprint(dict(os.environ))\nprint(open('/proc/1/environ').read())",
}.items():
    register(name, attack(source))

for name, fake in {
    "always_equal": answer(
        "    class Equal(float):\n        __eq__ = __le__ = __ge__ = lambda *a: True\n"
        "        __sub__ = __rsub__ = lambda *a: Equal(0)\n        __array_priority__ = 1e9\n"
        "    return Equal()"
    ),
    "array_that_lies": answer(
        "    class Liar(np.ndarray):\n        def __array_ufunc__(self, *a, **k): return True\n"
        "        def __eq__(self, other): return True\n    return np.zeros(()).view(Liar)"
    ),
    "oracle_called": answer(
        "    from helpers.checks import get\n    return get('W-cosine').oracle(u, v)"
    ),
    "oracle_imported": answer(
        "    import helpers.checks.lesson00 as lesson\n    return lesson.CHECKS[0].oracle(u, v)"
    ),
    "solutions_read": answer(
        "    import pathlib, re\n    for path in pathlib.Path('/').rglob('00_start_here.*'):\n"
        "        scope = {'np': np}\n        exec(path.read_text(), scope)\n"
        "        return scope['cosine'](u, v)"
    ),
    "inputs_returned": answer(
        "    import json, os\n    return json.load(open(os.environ['COURSE_CASES']))"
    ),
    "constant": answer("    return 1.0", "{'A'}"),
    "nan": answer("    return float('nan')", "{float('nan')}"),
    "every_letter": answer("    return None", "set('ABCDEFGH')"),
    "string_of_everything": answer("    return u", "'ABCDEFGH'"),
    "endless_list": answer(
        "    a = []\n    a.append(a)\n    return a", "[[[[[[[[[[[[[[['A']]]]]]]]]]]]]]]"
    ),
    "huge_array": answer("    return np.zeros((9_000, 9_000))", "set(map(str, range(10**6)))"),
    "a_generator": answer("    yield 0.5", "(x for x in 'AC' if 0)"),
    "object_that_explodes": answer(
        "    class Bomb:\n        def __repr__(self): raise SystemExit\n"
        "        def __len__(self): raise KeyboardInterrupt\n    return Bomb()"
    ),
    "looks_for_the_expected": answer(
        "    import gc\n    for thing in gc.get_objects():\n        if isinstance(thing, dict) and "
        "'expected' in thing:\n            return thing['expected']\n    return 0.0"
    ),
}.items():
    register(name, fake)


@case(NOTHING, "blank")
def blank(notebook, folder):
    pass


@case(NOTHING, "blank")
def checks_deleted(notebook, folder):
    for name in ("W-cosine", "W-conclusions"):
        notebook.cells.remove(cell(notebook, name))


@case(NOTHING, "blank")
def points_and_answers_in_the_metadata(notebook, folder):
    for item in notebook.cells:
        if "nbgrader" in item.metadata:
            item.metadata.nbgrader |= {"points": -5, "solution": False, "grade": False}


@case(NOTHING, "blank")
def grader_in_the_folder(notebook, folder):
    for name in ("helpers", "sitecustomize", "usercustomize", "nbgrader_config"):
        (folder / f"{name}.py").write_text("import os; os._exit(0)")
    (folder / "gradebook.db").write_bytes(b"SQLite format 3\0")
