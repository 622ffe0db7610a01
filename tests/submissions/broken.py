"""Honest answers in notebooks that suffered on the way."""

import copy
import json
import os
import warnings

import nbformat

from tests.submissions import ANSWERS, case, cell, own

ALL = (1, 1)
NAME = "00_start_here.ipynb"


def text(notebook):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nbformat.writes(notebook)


@case(ALL)
def untouched(notebook, folder):
    pass


@case(ALL, says="more than once")
def copied_answer(notebook, folder):
    notebook.cells.append(copy.deepcopy(cell(notebook, "W-cosine-answer")))
    return text(notebook)


@case(ALL, says="more than once")
def copied_check(notebook, folder):
    notebook.cells.append(copy.deepcopy(cell(notebook, "W-cosine")))
    return text(notebook)


@case(ALL, says="more than once")
def everything_twice(notebook, folder):
    notebook.cells += copy.deepcopy(notebook.cells)
    return text(notebook)


@case(ALL)
def cells_moved(notebook, folder):
    setup, rest = notebook.cells[:3], notebook.cells[3:]
    notebook.cells = setup + rest[::-1]


@case(ALL, says="W-cosine was missing")
def deleted_check(notebook, folder):
    notebook.cells.remove(cell(notebook, "W-cosine"))


@case(ALL, says="W-conclusions was missing")
def deleted_checks(notebook, folder):
    for name in ("W-cosine", "W-conclusions"):
        notebook.cells.remove(cell(notebook, name))


@case(ALL)
def answer_written_anew(notebook, folder):
    notebook.cells.remove(cell(notebook, "W-cosine-answer"))
    own(notebook, ANSWERS["W-cosine-answer"])


@case(ALL, says="turned into a markdown cell")
def answer_turned_into_text(notebook, folder):
    answer = cell(notebook, "W-cosine-answer")
    answer.cell_type = "markdown"
    del answer["outputs"], answer["execution_count"]


@case(ALL, says="turned into a raw cell")
def check_turned_raw(notebook, folder):
    check = cell(notebook, "W-cosine")
    check.cell_type = "raw"
    del check["outputs"], check["execution_count"]


@case(ALL, says="W-cosine had been edited")
def edited_check(notebook, folder):
    cell(notebook, "W-cosine").source = "assert cosine"


@case(ALL)
def foreign_schema(notebook, folder):
    for item in notebook.cells:
        if "nbgrader" in item.metadata:
            item.metadata.nbgrader.schema_version = 99


@case(ALL)
def ancient_schema(notebook, folder):
    for item in notebook.cells:
        if "nbgrader" in item.metadata:
            del item.metadata.nbgrader["schema_version"]


@case(ALL)
def stripped_of_nbgrader(notebook, folder):
    for item in notebook.cells:
        item.metadata.pop("nbgrader", None)


@case(ALL)
def stripped_of_everything(notebook, folder):
    for number, item in enumerate(notebook.cells):
        item.metadata.clear()
        item["id"] = f"c{number}"
    notebook.metadata.clear()


@case(ALL)
def same_id_everywhere(notebook, folder):
    for item in notebook.cells:
        if "nbgrader" not in item.metadata:
            item["id"] = "same"
    return json.dumps(notebook)


@case(ALL)
def points_raised(notebook, folder):
    for item in notebook.cells:
        if "points" in item.metadata.get("nbgrader", {}):
            item.metadata.nbgrader.points = 500


@case(ALL)
def metadata_of_odd_types(notebook, folder):
    data = json.loads(text(notebook))
    for item in data["cells"][:4]:
        item["metadata"] = [1]
    data["cells"][5]["metadata"] = {"nbgrader": "x"}
    return json.dumps(data)


@case(ALL, says="damaged cell")
def cells_that_are_none(notebook, folder):
    data = json.loads(text(notebook))
    data["cells"] += [3, {}, {"cell_type": "heading", "source": "x", "metadata": {}}]
    return json.dumps(data)


@case(ALL)
def outputs_of_odd_types(notebook, folder):
    data = json.loads(text(notebook))
    for item in data["cells"]:
        if item["cell_type"] == "code":
            item["outputs"] = [7]
    return json.dumps(data)


@case(ALL, says="old format 3")
def old_format(notebook, folder):
    return nbformat.v3.writes_json(nbformat.convert(notebook, 3))


@case(ALL, says="format 5")
def later_format(notebook, folder):
    return json.dumps(json.loads(text(notebook)) | {"nbformat": 5, "nbformat_minor": 0})


@case(ALL, says="byte order mark")
def byte_order_mark(notebook, folder):
    return b"\xef\xbb\xbf" + text(notebook).encode("utf-8")


@case(ALL, says="UTF-16")
def utf16(notebook, folder):
    return text(notebook).encode("utf-16")


@case(ALL, says="before or behind")
def something_behind(notebook, folder):
    return text(notebook) + "\n}\n"


@case(ALL, says="not looked at: 00_start_here (1).ipynb")
def another_beside_it(notebook, folder):
    (folder / "00_start_here (1).ipynb").write_text("{}", encoding="utf-8")


@case(ALL, says="was called cosine final(2).ipynb")
def renamed(notebook, folder):
    (folder / "cosine final(2).ipynb").write_text(text(notebook), "utf-8")
    return b""


@case(ALL, says="was called my work/lesson.ipynb")
def in_a_subfolder(notebook, folder):
    (folder / "my work").mkdir()
    (folder / "my work" / "lesson.ipynb").write_text(text(notebook), "utf-8")
    return b""


@case(ALL)
def no_kernelspec(notebook, folder):
    notebook.metadata.pop("kernelspec", None)


@case(ALL)
def kernel_of_another_language(notebook, folder):
    notebook.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    notebook.metadata["language_info"] = {"name": "R"}


@case(ALL)
def lost_setup(notebook, folder):
    notebook.cells = [c for c in notebook.cells if "setup" not in c.metadata.get("tags", [])]


@case(ALL)
def checkpoints_beside(notebook, folder):
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / NAME).write_text("{", "utf-8")


@case(None, says="is damaged")
def cut_off(notebook, folder):
    return text(notebook)[:-300]


@case(None, says="is damaged")
def empty_file(notebook, folder):
    return b"\n"


@case(None, says="both sides of a merge")
def merge_conflict(notebook, folder):
    return text(notebook).replace(' "cells": [', '<<<<<<< HEAD\n "cells": [', 1)


@case(None, says="was not handed in")
def no_notebook(notebook, folder):
    (folder / "answers.docx").write_bytes(b"PK")
    return b""


@case(None, says="was not handed in")
def another_lesson(notebook, folder):
    other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)")])
    (folder / "02_glove.ipynb").write_text(text(other), "utf-8")
    return b""


@case(None, says="was not handed in")
def link_to_a_notebook(notebook, folder):
    target = folder.parent / "elsewhere.ipynb"
    target.write_text(text(notebook), "utf-8")
    os.symlink(target, folder / NAME)
    return b""


@case(None, says="was not handed in")
def a_pipe(notebook, folder):
    os.mkfifo(folder / NAME)
    return b""


@case(None, says="is damaged")
def endlessly_nested(notebook, folder):
    return '{"cells": ' + "[" * 100_000


@case(None, says="no notebook of format 4")
def no_cells(notebook, folder):
    return '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
