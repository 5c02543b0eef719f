"""Films that browsers cannot play: a copy that they can, in step with the film, kept with it."""

import json
from pathlib import Path

import pytest

from clinigait.clinic import assessing, child, recordings, worker
from clinigait.clinic.viewing import plays_in_browsers, write_copy
from clinigait.core import BadInputError, RecordingFacts, RefusedError
from clinigait.io.assessment import write_assessment
from clinigait.io.video import open_recording
from clinigait.pipeline import MARKER
from clinigait.store import Store, erasure
from clinigait.store.tables import Recording
from support.assessments import assessed
from support.clinics import Clock, case, files_on_disk, user
from support.media import Film, number_in, write_film

#: No two steps are alike: a clock of a count and a rate would be elsewhere.
TIMES_S = (0.2, 0.233, 0.3, 0.31, 0.4, 0.466, 0.5, 0.633, 0.65, 0.8, 0.9, 1.1)
MJPEG = Film(
    codec="mjpeg", pixel_format="yuvj420p", times_s=TIMES_S, width_px=320, height_px=240,
)  # fmt: skip


def facts_of(path: Path) -> RecordingFacts:
    film = open_recording(path)
    return RecordingFacts(path.name, film.sha256, 12, 1.0, 12.0, True, codec=film.codec)


@pytest.mark.parametrize(
    ("name", "film", "plays"),
    [
        ("a.mp4", Film(codec="libvpx-vp9"), True),
        ("a.webm", Film(codec="libvpx-vp9"), True),
        ("a.mkv", Film(codec="libvpx-vp9"), False),
        ("a.mp4", Film(codec="mpeg4"), False),
        ("a.avi", Film(codec="mjpeg", pixel_format="yuvj420p"), False),
        ("a.mov", Film(codec="mjpeg", pixel_format="yuvj420p"), False),
        ("a.avi", Film(codec="mpeg4"), False),
        ("a.mpg", Film(codec="mpeg2video"), False),
    ],
)
def test_what_browsers_play_is_told_by_container_and_codec(
    name: str, film: Film, plays: bool, tmp_path: Path
) -> None:
    path = write_film(tmp_path / name, film)
    path = path.rename(tmp_path / "named like nothing")
    assert plays_in_browsers(path, open_recording(path).codec) is plays


@pytest.mark.parametrize(
    ("profile", "plays"), [(66, True), (100, True), (110, False), (122, False)]
)
def test_of_h264_only_the_profiles_that_every_browser_decodes(
    profile: int, plays: bool, tmp_path: Path
) -> None:
    path = tmp_path / "film"
    path.write_bytes(b"\0\0\0\x18ftypisom" + b"\0\0\0\x20avcC" + bytes([1, profile, 0, 31]))
    assert plays_in_browsers(path, "h264") is plays
    assert not plays_in_browsers(path, "hevc")


@pytest.mark.parametrize("content", [b"", b"x", b"\0\0\0\x18ftyp", b"\0\0\0\x18ftypavcC"])
def test_what_is_cut_short_does_not_play(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(content)
    assert not plays_in_browsers(path, "h264")


def test_every_frame_of_a_copy_has_the_time_of_its_frame_in_the_film(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", MJPEG)
    told: list[float] = []
    assert write_copy(path, facts_of(path), tmp_path / "copy", told.append)
    (copy,) = (tmp_path / "copy").iterdir()
    assert plays_in_browsers(copy, open_recording(copy).codec)
    seen = [(frame.time_s, number_in(frame.image)) for frame in open_recording(path).frames()]
    shown = [(frame.time_s, number_in(frame.image)) for frame in open_recording(copy).frames()]
    assert [number for _, number in shown] == [number for _, number in seen]
    assert [t for t, _ in shown] == pytest.approx([t - seen[0][0] for t, _ in seen], abs=1e-3)
    assert told == sorted(told)
    assert told[-1] == 1


def test_of_what_browsers_play_no_copy_is_made(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.webm", Film(codec="libvpx-vp9"))
    assert not write_copy(path, facts_of(path), tmp_path / "copy", lambda _: None)
    assert not (tmp_path / "copy").exists()


def test_a_film_that_breaks_at_the_second_look_costs_the_copy_alone(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", MJPEG)
    facts = facts_of(path)
    path.write_bytes(path.read_bytes()[:200])
    assert not write_copy(path, facts, tmp_path / "copy", lambda _: None)
    assert not list((tmp_path / "copy").iterdir())


@pytest.fixture
def copied(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An assessed recording that browsers cannot play; the measuring itself is left out."""
    path = write_film(tmp_path / "film.avi", Film(codec="mjpeg", pixel_format="yuvj420p"))
    made = case(store, film=path.read_bytes())
    asked: list[dict] = []

    def assess(source: Path, folder: Path, *_: object, **__: object):
        folder.mkdir(exist_ok=True)
        found = assessed(1, with_curves=False)
        write_assessment(found, folder / MARKER)
        object.__setattr__(found, "recording", facts_of(source))
        return found

    def ask(order: dict, report) -> None:
        asked.append(json.loads(json.dumps(order)))
        answer = child.answer_of(order, report)
        assert answer == {"done": True}

    monkeypatch.setattr(child, "assess", assess)
    monkeypatch.setattr(assessing, "ask_child", ask)
    assessing.order(store, made.doctor, made.visit, [made.recording])
    assert worker.work_once(store, assessing.TASKS, "w")
    return store, made, asked


def sha256_of(store: Store, recording: str) -> tuple[str | None, str | None]:
    with store.reading() as db:
        row = db.get_one(Recording, recording)
        return row.sha256, row.viewing_sha256


def test_the_worker_makes_the_copy_once_and_faces_are_shown_by_it(copied) -> None:
    store, made, asked = copied
    film, copy = sha256_of(store, made.recording)
    assert copy
    path = recordings.unblurred(store, made.doctor, made.assessment, film)
    assert plays_in_browsers(path, "vp9")
    assessing.order(store, made.doctor, made.visit, [made.recording])
    assert worker.work_once(store, assessing.TASKS, "w")
    assert [order["recordings"][0]["copied"] for order in asked] == [False, True]
    assert sha256_of(store, made.recording) == (film, copy)
    viewer = user(store, "looker", "viewer", all_patients=True)
    with pytest.raises(RefusedError):
        recordings.unblurred(store, viewer, made.assessment, film)


def test_a_copy_goes_with_its_film(copied, clock: Clock) -> None:
    store, made, _ = copied
    film, _ = sha256_of(store, made.recording)
    before = len(files_on_disk(store))
    clock.turn(31 * 24 * 3600)
    erasure.apply_retention(store, "films", 30, None)
    assert sha256_of(store, made.recording) == (None, None)
    assert len(files_on_disk(store)) == before - 2
    with pytest.raises(BadInputError, match="after its time"):
        recordings.unblurred(store, made.doctor, made.assessment, film)


def test_a_copy_goes_with_its_patient(copied) -> None:
    store, made, _ = copied
    erasure.erase_patient(store, made.patient, None)
    assert not files_on_disk(store)
