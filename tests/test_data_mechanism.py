"""The mechanism, run for real against tiny wheels in a local folder: no network is used."""

import base64
import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import pytest

import helpers.data as data
from helpers.data import cache, catalogue, download
from helpers.data.catalogue import Member, Source

ROOT = Path(__file__).parents[1]
TEXT = b"in the beginning\n" * 2000
FILE = "tiny_data/words.txt"


def make_wheel(folder: Path, name="tiny-data", text=TEXT, tag="py3-none-any") -> Path:
    stem = f"{name.replace('-', '_')}-1.0"
    path = folder / f"{stem}-{tag}.whl"
    info = f"{stem}.dist-info"
    members = {
        FILE: text,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(c).digest()).decode()},{len(c)}\n"
        for path, c in members.items()
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return path


def entry(wheel: Path, **changes) -> Source:
    fields = {
        "name": "tiny-data",
        "version": "1.0",
        "kind": "wheel",
        "wheel": wheel.name,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "size": wheel.stat().st_size,
        "licence": "CC0-1.0",
        "origin": "made here",
        "description": "a tiny wheel",
        "members": (Member(FILE, hashlib.sha256(TEXT).hexdigest(), len(TEXT)),),
    }
    return Source(**{**fields, **changes})


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Point pip at a folder of wheels, the cache at an empty folder, and return `use(source)`."""
    wheels = tmp_path / "index"
    wheels.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("EMBEDDINGS_COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COURSE_BUILD", raising=False)

    def use(source: Source) -> None:
        monkeypatch.setattr(catalogue, "_catalogue", lambda: {source.name: source})

    use.folder = wheels
    return use


def fake_pip(tmp_path, monkeypatch, body: str) -> None:
    """Let `python -m pip` run `body` instead."""
    package = tmp_path / "fake" / "pip"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(textwrap.dedent(body))
    monkeypatch.setenv("PYTHONPATH", str(package.parent))


def no_pip(tmp_path, monkeypatch) -> None:
    fake_pip(tmp_path, monkeypatch, "raise SystemExit('pip must not run')")


def leftovers() -> list[str]:
    folder = data.cache_dir()
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if path.name != ".lock")


def one_line(caught) -> str:
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_first_use_fetches_second_use_runs_no_pip(index, tmp_path, monkeypatch, capfd):
    index(entry(make_wheel(index.folder)))
    assert data.read_bytes("tiny-data", FILE) == TEXT
    out, err = capfd.readouterr()
    assert "tiny-data" in out and err == ""
    assert not list(data.cache_dir().glob(".partial-*"))
    no_pip(tmp_path, monkeypatch)
    assert data.read_bytes("tiny-data", FILE) == TEXT
    assert capfd.readouterr() == ("", "")
    assert [status.state for status in data.verify()] == ["ok"]


def test_build_prints_nothing(index, monkeypatch, capfd):
    index(entry(make_wheel(index.folder)))
    monkeypatch.setenv("COURSE_BUILD", "1")
    data.fetch()
    assert capfd.readouterr() == ("", "")


def test_wheel_of_another_platform_and_python(index):
    index(entry(make_wheel(index.folder, tag="cp39-cp39-win_amd64")))
    assert data.read_bytes("tiny-data", FILE) == TEXT


def test_wheel_with_another_hash(index):
    index(entry(make_wheel(index.folder), sha256="0" * 64))
    with pytest.raises(data.DataError, match="offers another file") as caught:
        data.fetch()
    one_line(caught)
    assert leftovers() == []


def test_truncated_wheel_on_the_index(index):
    wheel = make_wheel(index.folder)
    index(entry(wheel))
    wheel.write_bytes(wheel.read_bytes()[:-100])
    with pytest.raises(data.DataError) as caught:
        data.fetch()
    one_line(caught)
    assert leftovers() == []


def test_index_without_the_wheel(index):
    wheel = make_wheel(index.folder)
    index(entry(wheel))
    wheel.unlink()
    with pytest.raises(data.DataError, match="has no tiny_data-1.0") as caught:
        data.fetch()
    one_line(caught)


def test_no_network(index, monkeypatch):
    index(entry(make_wheel(index.folder)))
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    # A port that nothing listens on.
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(data.DataError, match="cannot be reached") as caught:
        data.fetch()
    assert "course fetch" in one_line(caught)
    assert leftovers() == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("/usr/bin/python: No module named pip", "has no pip"),
        ("WARNING: w\\nERROR: something new", "something new"),
        ("", "no message"),
    ],
)
def test_pip_fails(index, tmp_path, monkeypatch, said, expected):
    index(entry(make_wheel(index.folder)))
    body = f"import sys; sys.stderr.write('{said}'); sys.exit(1)"
    fake_pip(tmp_path, monkeypatch, body)
    with pytest.raises(data.DataError, match=expected) as caught:
        data.fetch()
    one_line(caught)
    assert leftovers() == []


def test_disk_full_while_moving(index, monkeypatch):
    index(entry(make_wheel(index.folder)))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download.os, "replace", full)
    with pytest.raises(data.DataError, match="is full") as caught:
        data.fetch()
    one_line(caught)
    assert leftovers() == []


def test_unwritable_cache(index, tmp_path, monkeypatch):
    index(entry(make_wheel(index.folder)))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EMBEDDINGS_COURSE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(data.DataError, match="Cannot write to the cache folder") as caught:
        data.fetch()
    assert "EMBEDDINGS_COURSE_CACHE" in one_line(caught)


def test_unknown_source_lists_the_known_ones(index):
    index(entry(make_wheel(index.folder)))
    for call in (data.fetch, data.verify, data.sources, data.prefetch):
        with pytest.raises(data.DataError, match="choose from tiny-data") as caught:
            call("tinny")
        one_line(caught)


def test_member_missing_or_with_another_hash(index):
    wheel = make_wheel(index.folder)
    index(entry(wheel, members=(Member(FILE, "0" * 64, 1), Member("absent", "0" * 64, 1))))
    with pytest.raises(data.DataError, match="SHA-256 of tiny_data/words.txt is wrong") as caught:
        data.read_bytes("tiny-data", FILE)
    assert "course fetch --repair tiny-data" in one_line(caught)
    with pytest.raises(data.DataError, match="holds no absent"):
        data.read_bytes("tiny-data", "absent")
    with pytest.raises(data.DataError, match="names no file 'other'"):
        data.read_bytes("tiny-data", "other")


@pytest.mark.parametrize("damage", ["truncate", "flip", "text"])
def test_damaged_cache_is_noticed_and_repaired(index, damage):
    index(entry(make_wheel(index.folder)))
    assert data.read_bytes("tiny-data", FILE) == TEXT
    (path,) = data.fetch()
    content = bytearray(path.read_bytes())
    if damage == "truncate":
        content = content[:-200]
    elif damage == "flip":
        content[80] ^= 255
    else:
        content = b"<html>please log in</html>"
    path.write_bytes(content)
    assert [status.state for status in data.verify()] == ["damaged"]
    with pytest.raises(data.DataError, match="is damaged") as caught:
        data.read_bytes("tiny-data", FILE)
    assert "course fetch --repair tiny-data" in one_line(caught)
    data.fetch("tiny-data", repair=True)
    assert data.read_bytes("tiny-data", FILE) == TEXT


def test_changed_member_voids_the_stamp(index):
    index(entry(make_wheel(index.folder)))
    data.read_bytes("tiny-data", FILE)
    (path,) = data.fetch()
    # A well-formed wheel with another text: only the member's hash can tell.
    other = make_wheel(index.folder, name="other-data", text=TEXT[::-1])
    path.write_bytes(other.read_bytes())
    with pytest.raises(data.DataError, match="SHA-256 of tiny_data/words.txt"):
        data.read_bytes("tiny-data", FILE)


def test_stamp_saves_the_second_verification(index, monkeypatch):
    index(entry(make_wheel(index.folder)))
    data.read_bytes("tiny-data", FILE)
    monkeypatch.setattr("helpers.data.archive._check", lambda *_: pytest.fail("verified twice"))
    with data.open_member("tiny-data", FILE) as stream:
        assert stream.read(6) == TEXT[:6]


def test_extract_is_verified_and_repaired(index):
    index(entry(make_wheel(index.folder)))
    path = data.extract("tiny-data", FILE)
    assert path.read_bytes() == TEXT
    path.write_bytes(TEXT[:-1])
    assert data.verify()[0].state == "damaged"
    with pytest.raises(data.DataError, match="is damaged") as caught:
        data.extract("tiny-data", FILE)
    assert str(path) in one_line(caught)
    data.fetch(repair=True)
    assert data.extract("tiny-data", FILE).read_bytes() == TEXT


def child(index_folder: Path, wheel: Path, body: str) -> list[str]:
    fields = entry(wheel)
    code = f"""
    import helpers.data as data
    from helpers.data import catalogue
    from helpers.data.catalogue import Member, Source
    listed = {fields!r}
    catalogue._catalogue = lambda: {{"tiny-data": listed}}
    {body}
    """
    return [sys.executable, "-c", textwrap.dedent(code)]


def test_two_processes_at_once_fetch_once(index):
    wheel = make_wheel(index.folder)
    command = child(index.folder, wheel, f"print(len(data.read_bytes('tiny-data', {FILE!r})))")
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert all(str(len(TEXT)) in output for output in outputs)
    assert sum("Fetching" in output for output in outputs) == 1


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_interrupt_leaves_the_cache_clean(index, tmp_path, monkeypatch):
    wheel = make_wheel(index.folder)
    started = tmp_path / "started"
    body = f"""
    import pathlib, sys, time
    target = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
    target.mkdir()
    (target / {wheel.name!r}).write_bytes(b"half")
    pathlib.Path({str(started)!r}).touch()
    time.sleep(60)
    """
    fake_pip(tmp_path, monkeypatch, body)
    # A shell's background job ignores SIGINT and hands that down: ask for Python's own handler.
    run = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); data.fetch()"
    process = subprocess.Popen(child(index.folder, wheel, run), cwd=ROOT, stderr=subprocess.DEVNULL)
    for _ in range(300):
        if started.exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) != 0
    assert leftovers() == []
    assert not list(data.cache_dir().glob(".partial-*"))


def test_killed_run_is_cleaned_up_by_the_next(index):
    index(entry(make_wheel(index.folder)))
    leftover = data.cache_dir() / ".partial-killed"
    leftover.mkdir(parents=True)
    (leftover / "half.whl").write_bytes(b"half")
    data.fetch()
    assert not leftover.exists()


def test_cache_dir_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDDINGS_COURSE_CACHE", str(tmp_path))
    assert data.cache_dir() == tmp_path
    monkeypatch.delenv("EMBEDDINGS_COURSE_CACHE")
    assert data.cache_dir().name == "embeddings-course"


def test_stamp_that_is_no_json_is_ignored(tmp_path):
    path = tmp_path / "file"
    path.write_text("x")
    cache.remember_hashes(path, ["a"])
    assert cache.verified_hashes(path) == ["a"]
    for content in ("{", "[]", json.dumps({"state": None})):
        (tmp_path / "file.verified.json").write_text(content)
        assert cache.verified_hashes(path) == []


def test_installed_package_missing_or_changed(index):
    digest = "0" * 64
    installed = {"kind": "installed", "sha256": None}
    wheel = make_wheel(index.folder)
    index(entry(wheel, name="no_such_package", members=(Member("a", digest, 1),), **installed))
    with pytest.raises(data.DataError, match="is not installed: run `pip install"):
        data.read_text("no_such_package", "a")
    for path in ("__init__.py", "absent.txt"):
        index(entry(wheel, name="helpers", members=(Member(path, digest, 1),), **installed))
        with pytest.raises(data.DataError, match="missing or changed"):
            data.read_text("helpers", path)
    assert data.verify()[0].state == "damaged"
    assert data.fetch() == []


def test_readme_holds_the_table_of_the_list():
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert data.sources_table() in readme, "paste the output of helpers.data.sources_table()"


def test_list_is_complete_and_exact():
    for source in data.sources():
        assert source.licence and source.origin and source.description and source.members
        if source.kind == "wheel":
            assert len(source.sha256) == 64 and source.wheel.endswith(".whl")
            assert source.wheel.split("-")[1] == source.version
        assert all(len(member.sha256) == 64 and member.size > 0 for member in source.members)
