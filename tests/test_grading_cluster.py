"""Grading on a Dask cluster, here one on this machine."""

import pytest

from course.errors import CourseError
from course.grading import cluster
from course.grading.cluster import grade_on_cluster
from course.grading.task import Outcome, Task

distributed = pytest.importorskip("distributed")


def task(student):
    return Task("00_start_here", student, b"", "", "", b"", b"", None)


def _made_up(task, modules):
    if task.student == "lost":
        raise MemoryError("no room\nat all")
    return Outcome(task.lesson, task.student, "graded", ",".join(modules))


@pytest.fixture
def address():
    options = {"processes": False, "dashboard_address": None}
    with distributed.LocalCluster(n_workers=1, threads_per_worker=2, **options) as local:
        yield local.scheduler_address


def test_every_task_is_one_outcome(address, monkeypatch):
    monkeypatch.setattr(cluster, "_grade_one", _made_up)
    students = [f"s{i}" for i in range(9)] + ["lost"]
    found = {o.student: o for o in grade_on_cluster(address, map(task, students), ["json"])}
    assert sorted(found) == sorted(students)
    assert found["s3"].state == "graded" and found["s3"].message == "json"
    assert found["lost"].state == "failed" and "no room at all" in found["lost"].message


def test_a_worker_grades_in_a_process_of_its_own(address):
    (outcome,) = grade_on_cluster(address, [task("ada")])
    assert outcome.student == "ada" and outcome.state in ("failed", "unreadable")
    assert "died" not in outcome.message and "JSON" in outcome.message


def test_no_scheduler_is_one_line(monkeypatch):
    monkeypatch.setattr(cluster, "_SECONDS_TO_CONNECT", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(CourseError, match="no Dask scheduler answers at"):
            next(grade_on_cluster(address, [task("ada")]))
