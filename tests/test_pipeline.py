"""The road end to end on real film: the demonstration clip as it is and changed in known ways."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import Assessment, BadInputError, Subject
from clinigait.gait.stature import KnownLength
from clinigait.io.video import open_recording
from clinigait.io.walk import read_walk
from clinigait.pipeline import OUTPUTS, assess
from clinigait.request import Request, Stopwatch
from support import films, media

# Counted and marked by eye in the frames of the clip (30 per second, counted from 0), zoomed to
# the feet. Initial contact: the first frame in which the heel no longer moves over the grass.
# Foot off: the last frame in which the tip of the shoe touches. Halves where it happens between.
HAND_CONTACTS = {"right": (59.5, 98.3, 134.7, 171.0), "left": (79.0, 116.7, 152.7)}
HAND_FOOT_OFFS = {"left": (66.3, 104.0, 139.5), "right": (86.0, 122.0)}
CLIP_RATE_HZ = 30.0
#: One in the fixed-point numbers of a display matrix.
ONE = 1 << 16
#: From the right contact at frame 59.5 to the right contact at frame 171 she makes six steps.
HAND_CADENCE_SPM = 60 * 6 / ((171.0 - 59.5) / CLIP_RATE_HZ)


@pytest.fixture(scope="module")
def demo(demo_clip: Path, weights: None, tmp_path_factory) -> tuple[Assessment, Path, Stopwatch]:
    out = tmp_path_factory.mktemp("demo") / "out"
    stopwatch = Stopwatch()
    return assess(demo_clip, out, stopwatch=stopwatch), out, stopwatch


def _assess(film: list, tmp_path: Path, **request) -> Assessment:
    path = films.write_film(tmp_path / "film.mp4", film)
    return assess(path, tmp_path / "out", Request(**request))


def _cadence(assessment: Assessment) -> float:
    assert assessment.measurement is not None, assessment.refusal
    parameter = assessment.measurement.parameter("cadence_spm")
    assert parameter is not None
    assert parameter.value is not None
    return parameter.value


class TestDemonstration:
    def test_every_file_of_the_contract_is_there(self, demo) -> None:
        _, out, _ = demo
        # Where models looked, and a film for browsers, are there only where they are asked for.
        asked = {"saliency-[1-9]*.png", "film.mp4", "film.webm"}
        names = {Path(pattern).parts[0] for pattern in OUTPUTS} - asked
        assert {p.name for p in out.iterdir()} == names
        assert len(list((out / "frames").glob("[1-9].jpg"))) == 3
        assert (out / "report.pdf").read_bytes().startswith(b"%PDF")

    def test_the_walker_and_not_the_acrobat_is_assessed(self, demo) -> None:
        assessment, _, _ = demo
        (walker,) = [
            p for p in assessment.perception.people if p.number == assessment.perception.walker
        ]
        # She walks along the lower half of the picture; he stands and jumps in the upper half.
        assert walker.box_px[1] > assessment.recording.height_px / 2.2
        assert len(assessment.perception.people) >= 2
        assert assessment.measurement.bouts[0].direction == "left"
        assert assessment.measurement.near_side == "left"

    def test_cadence_agrees_with_a_hand_count(self, demo) -> None:
        assert _cadence(demo[0]) == pytest.approx(HAND_CADENCE_SPM, abs=2.0)

    def test_events_agree_with_marks_made_by_eye(self, demo) -> None:
        """Within two frames each, and within one on average."""
        misses = []
        for kind, marks in (("initial_contact", HAND_CONTACTS), ("foot_off", HAND_FOOT_OFFS)):
            for side, frames in marks.items():
                found = [
                    e.time_s
                    for e in demo[0].measurement.events
                    if e.kind == kind and e.side == side
                ]
                misses += [min((t * CLIP_RATE_HZ - f for t in found), key=abs) for f in frames]
        assert len(misses) == 12
        assert max(map(abs, misses)) < 2
        assert np.mean(np.abs(misses)) < 1

    def test_lengths_are_in_body_heights_and_said_so(self, demo) -> None:
        measurement = demo[0].measurement
        assert measurement.scale.unit == "BH"
        assert 0.6 < measurement.parameter("stride_length_bh").value < 1.2
        assert "body height" in measurement.parameter("stride_length_m").reason

    def test_what_is_stored_can_be_read_again(self, demo) -> None:
        assessment, out, _ = demo
        stored = json.loads((out / "assessment.json").read_text())
        assert stored["status"] == "assessed"
        names = {"name", "side", "value", "unit", "n", "low", "high"}
        assert all(names <= set(p) for p in stored["measurement"]["parameters"])
        walk = read_walk(out / "walk.npz")
        assert len(walk) > 100
        assert walk.silhouettes.mask(50).sum() > 1000
        assert walk.provenance["input_sha256"] == assessment.recording.sha256

    def test_time_is_taken_of_every_stage(self, demo) -> None:
        assert len(demo[2].seconds) == 5


class TestChangedFilms:
    def test_half_size_gives_the_same_cadence(self, demo_clip, weights, tmp_path) -> None:
        assessment = _assess(films.changed(demo_clip), tmp_path, subject=Subject(height_m=1.68))
        assert _cadence(assessment) == pytest.approx(HAND_CADENCE_SPM, abs=2.0)
        speed = assessment.measurement.parameter("speed_mps")
        assert speed.unit == "m/s"
        assert 0.9 < speed.value < 1.6

    def test_mirrored_film_exchanges_the_sides(self, demo_clip, weights, tmp_path) -> None:
        film = films.changed(demo_clip, lambda picture: picture[:, ::-1])
        assessment = _assess(film, tmp_path)
        assert assessment.measurement.bouts[0].direction == "right"
        assert assessment.measurement.near_side == "right"
        assert _cadence(assessment) == pytest.approx(HAND_CADENCE_SPM, abs=2.5)

    def test_a_phone_held_upright(self, demo_clip, weights, tmp_path) -> None:
        """Stored lying on its side with a display matrix, as phones do it."""
        film = films.changed(demo_clip)
        path = media.write_film(
            tmp_path / "phone.mp4",
            media.Film(
                codec="libvpx-vp9",
                times_s=[t for t, _ in film],
                matrix=(0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30),
                codec_options={"deadline": "realtime", "cpu-used": "8", "crf": "18", "b": "0"},
            ),
            [np.ascontiguousarray(np.rot90(picture)) for _, picture in film],
        )
        assessment = assess(path, tmp_path / "out")
        assert assessment.recording.rotation_deg == 90
        assert assessment.recording.width_px > assessment.recording.height_px
        assert _cadence(assessment) == pytest.approx(HAND_CADENCE_SPM, abs=2.5)

    def test_an_edit_list_cuts_the_beginning(self, demo_clip, weights, tmp_path) -> None:
        """The first second is in the file but not in the film: nothing of it is measured."""
        film = films.changed(demo_clip)
        path = media.write_film(
            tmp_path / "cut.mp4",
            media.Film(
                codec="mpeg4",
                rate_hz=30,
                codec_options={"g": "1", "qmin": "2", "qmax": "3"},
            ),
            [picture[:496] for _, picture in film],
        )
        whole_ms = 1000 * len(film) // 30
        media.set_edit(path, media_start=512 * 30, duration_ms=whole_ms - 1000)
        assessment = assess(path, tmp_path / "out")
        assert assessment.recording.n_frames == len(film) - 30
        assert assessment.measurement.events[0].time_s == pytest.approx(0.6, abs=0.3)
        assert _cadence(assessment) == pytest.approx(HAND_CADENCE_SPM, abs=2.5)

    def test_variable_frame_rate(self, demo_clip, weights, tmp_path) -> None:
        """A quarter of the frames is missing; their times tell, their number does not."""
        rng = np.random.default_rng(2)
        kept = rng.random(500) > 0.25
        assessment = _assess(films.changed(demo_clip, keep=lambda i, _: bool(kept[i])), tmp_path)
        assert assessment.recording.variable_rate
        assert any(c.code == "variable_frame_rate" for c in assessment.measurement.quality)
        assert _cadence(assessment) == pytest.approx(HAND_CADENCE_SPM, abs=4.0)

    def test_there_and_back_in_one_film(self, demo_clip, weights, tmp_path) -> None:
        """She walks to the left, and comes back as her own mirror image."""
        there = films.changed(demo_clip, keep=lambda i, _: 42 <= i < 168)
        back = films.changed(
            demo_clip, lambda picture: picture[:, ::-1], keep=lambda i, _: 58 <= i < 190
        )
        shift_s = there[-1][0] + 1 / CLIP_RATE_HZ - back[0][0]
        film = there + [(t + shift_s, picture) for t, picture in back]
        assessment = _assess(film, tmp_path)
        assert [b.direction for b in assessment.measurement.bouts] == ["left", "right"]
        assert _cadence(assessment) == pytest.approx(HAND_CADENCE_SPM, abs=2.5)
        assert sum(s.used for s in assessment.measurement.strides) >= 6

    def test_two_walkers_crossing(self, demo, demo_clip, weights, tmp_path) -> None:
        """Where they cover each other nothing is believed: the rest is right, or too little.

        Believing the covered frames too would give 102 to 116 steps a minute here.
        """
        walk = read_walk(demo[1] / "walk.npz")
        masks = {float(t): _half_size_mask(walk, i) for i, t in enumerate(walk.time_s)}
        film = films.crossing_film(demo_clip, masks)
        usual = _assess(film, tmp_path)
        assert usual.refusal is not None
        assert usual.refusal.code == "too_few_strides"
        few = load_text("walk_sagittal").replace(
            "strides: {warn: 6, refuse: 3}", "strides: {warn: 6, refuse: 1}"
        )
        few = few.replace(
            "strides_per_side: {warn: 3, refuse: 1}", "strides_per_side: {warn: 3, refuse: 0}"
        )
        (tmp_path / "few.yaml").write_text(few, encoding="utf-8")
        assessment = _assess(film, tmp_path, protocol=str(tmp_path / "few.yaml"))
        assert _cadence(assessment) == pytest.approx(HAND_CADENCE_SPM, abs=4.0)
        assert any(c.code == "several_walkers" for c in assessment.measurement.quality)
        # They pass each other at about 3.8 s: two bouts, and no stride across the gap.
        assert len(assessment.measurement.bouts) == 2
        assert not any(s.used and s.start_s < 3.8 < s.end_s for s in assessment.measurement.strides)

    def test_another_person_can_be_chosen(self, demo_clip, weights, tmp_path) -> None:
        """The acrobat on request: he does not walk, and that is what comes of it."""
        assessment = _assess(films.changed(demo_clip), tmp_path, person=2)
        assert assessment.status == "refused"
        assert assessment.perception.walker == 2
        assert assessment.perception.chosen_by == "user"

    def test_a_person_who_is_not_there(self, demo_clip, weights, tmp_path) -> None:
        with pytest.raises(BadInputError, match="no person 9"):
            _assess(films.changed(demo_clip, keep=lambda i, _: 60 < i < 100), tmp_path, person=9)


def load_text(name: str) -> str:
    return (Path(__file__).parents[1] / "protocols" / f"{name}.yaml").read_text(encoding="utf-8")


def _half_size_mask(walk, index: int) -> np.ndarray:
    import cv2

    to_image = cv2.invertAffineTransform(walk.silhouettes.affine[index]) / 2
    mask = walk.silhouettes.mask(index).astype(np.uint8)
    return cv2.warpAffine(mask, to_image, (884, 497)) > 0


class TestRefusals:
    """Decoded but not measurable: an assessment.json that says why, and who was seen."""

    def _refused(self, film: list, tmp_path: Path, **request) -> str:
        assessment = _assess(film, tmp_path, **request)
        out = tmp_path / "out"
        stored = json.loads((out / "assessment.json").read_text())
        pictures = [p["picture"] for p in stored["perception"]["people"] if p["picture"]]
        left = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
        assert left == {"assessment.json", *pictures}
        assert stored["status"] == "refused"
        assert stored["message"]
        assert stored["remedy"]
        assert stored["code"] == assessment.refusal.code
        return stored["code"]

    def test_one_frame(self, demo_clip, weights, tmp_path) -> None:
        film = films.changed(demo_clip, keep=lambda i, _: i == 100)
        assert self._refused(film, tmp_path) == "too_short"

    def test_eight_frames_a_second(self, demo_clip, weights, tmp_path) -> None:
        film = films.changed(demo_clip, keep=lambda i, _: i % 4 == 0)
        assert self._refused(film, tmp_path) == "frame_rate_too_low"

    def test_nobody(self, weights, tmp_path) -> None:
        assert self._refused(films.empty_room_film(), tmp_path) == "no_person"

    def test_a_seated_person(self, weights, tmp_path) -> None:
        assert self._refused(films.portrait_film(), tmp_path) == "nobody_walks"

    def test_always_cut_by_the_border(self, demo_clip, weights, tmp_path) -> None:
        """The lower edge of the picture runs through her shanks."""
        film = films.changed(demo_clip, lambda picture: picture[:428])
        assert self._refused(film, tmp_path) == "cut_by_border"

    def test_fewer_than_three_strides(self, demo_clip, weights, tmp_path) -> None:
        film = films.changed(demo_clip, keep=lambda i, _: 60 <= i < 130)
        assert self._refused(film, tmp_path) == "too_few_strides"

    def test_a_refused_walk_is_kept_with_its_film_where_that_is_asked(
        self, demo_clip, weights, tmp_path
    ) -> None:
        film = films.changed(demo_clip, keep=lambda i, _: 60 <= i < 130)
        path, out = films.write_film(tmp_path / "short.mp4", film), tmp_path / "out"
        asked = Request(keep_refused=True, film=True, documents=False)
        assessment = assess(path, out, asked)
        assert assessment.refusal.code == "too_few_strides"
        (shown,) = out.glob("film.*")
        frames = list(open_recording(shown).frames())
        walk, first_s = read_walk(out / "walk.npz"), assessment.recording.start_s
        shown_s = np.array([frame.time_s for frame in frames])
        nearest_s = np.abs(walk.time_s[:, None] - first_s - shown_s[None]).min(axis=1)
        assert len(frames) == assessment.recording.n_frames
        assert nearest_s.max() < 1e-3

    def test_a_frontal_walk(self, demo_clip, weights, tmp_path) -> None:
        assert self._refused(films.approaching_film(demo_clip), tmp_path) == "wrong_view"


class TestArguments:
    @pytest.mark.parametrize(
        "subject",
        [
            Subject(code="x" * 65),
            Subject(code="a\nb"),
            Subject(condition="x" * 301),
            Subject(condition="\x1b[31m"),
            Subject(code="\u202eevil"),
            Subject(code="\udcff"),
        ],
    )
    def test_texts_are_short_and_plain(self, subject, tmp_path) -> None:
        with pytest.raises(BadInputError, match="control characters"):
            assess(tmp_path / "film.mp4", tmp_path / "out", Request(subject=subject))

    @pytest.mark.parametrize(
        "known",
        [
            KnownLength(50.0, (0, 0), (20, 0)),
            KnownLength(1.0, (0, 400), (880, 400)),
            KnownLength(4.0, (-10, 400), (800, 400)),
            KnownLength(4.0, (10, 400), (8000, 400)),
        ],
        ids=["giant", "dwarf", "left", "right"],
    )
    def test_impossible_known_lengths(self, known, demo_clip, weights, tmp_path) -> None:
        path = films.write_film(tmp_path / "film.mp4", films.changed(demo_clip))
        with pytest.raises(BadInputError, match=r"tall|leaves the picture"):
            assess(path, tmp_path / "out", Request(known_length=known))
        assert not (tmp_path / "out").exists()

    def test_a_known_length_is_in_pixels_of_the_video_itself(
        self, demo_clip, weights, tmp_path
    ) -> None:
        """The same film, twice as large, is analysed at another size than its own."""
        import cv2

        speeds = []
        for scale in (1, 4):
            frames = [
                (t, cv2.resize(p, None, fx=scale, fy=scale)) for t, p in films.changed(demo_clip)
            ]
            path = films.write_film(tmp_path / f"{scale}.mp4", frames)
            known = KnownLength(4.0, (50 * scale, 400 * scale), (640 * scale, 400 * scale))
            assessment = assess(path, tmp_path / f"out{scale}", Request(known_length=known))
            assert assessment.recording.native_width_px == 884 * scale
            speeds.append(assessment.measurement.parameter("speed_mps").value)
        assert assessment.recording.width_px == 1920
        assert speeds[1] == pytest.approx(speeds[0], rel=0.03)


class TestFilmsThatPretend:
    def test_slow_motion_is_flagged(self, demo_clip, weights, tmp_path) -> None:
        film = [(2.2 * t, picture) for t, picture in films.changed(demo_clip)]
        few = load_text("walk_sagittal").replace("{warn: 50, refuse: 20}", "{warn: 50, refuse: 10}")
        (tmp_path / "slow.yaml").write_text(few, encoding="utf-8")
        assessment = _assess(film, tmp_path, protocol=str(tmp_path / "slow.yaml"))
        assert any(c.code == "implausible_pace" for c in assessment.measurement.quality)

    def test_time_lapse_is_flagged(self, demo_clip, weights, tmp_path) -> None:
        film = [(0.55 * t, picture) for t, picture in films.changed(demo_clip)]
        assessment = _assess(film, tmp_path)
        assert any(c.code == "implausible_pace" for c in assessment.measurement.quality)

    def test_repeated_pictures_do_not_count(self, demo_clip, weights, tmp_path) -> None:
        """Ten pictures a second, each shown three times."""
        pictures = [p for _, p in films.half_size_frames(demo_clip)]
        film = [(i / 30, pictures[i - i % 3]) for i in range(len(pictures))]
        assessment = _assess(film, tmp_path)
        assert assessment.refusal is not None
        assert assessment.refusal.code == "frame_rate_too_low"

    def test_bursts_of_frames_are_not_a_high_rate(self, demo_clip, weights, tmp_path) -> None:
        """Pairs of frames a fraction of a millisecond apart, ten pairs a second."""
        pictures = [p for _, p in films.half_size_frames(demo_clip)]
        film = [(i // 2 / 10 + i % 2 * 1e-4, p) for i, p in enumerate(pictures[:150])]
        assessment = _assess(film, tmp_path)
        assert assessment.recording.rate_hz == pytest.approx(20, abs=0.5)


class TestFolders:
    def test_an_earlier_assessment_is_replaced_whole(self, demo, weights, tmp_path) -> None:
        out = tmp_path / "out"
        shutil.copytree(demo[1], out)
        (out / "my_notes.txt").write_text("keep me")
        (out / "frames" / "mine.jpg").write_text("keep me too")
        path = films.write_film(tmp_path / "room.mp4", films.empty_room_film(40))
        assess(path, out)
        assert sorted(p.name for p in out.iterdir()) == [
            "assessment.json",
            "frames",
            "my_notes.txt",
        ]
        assert [p.name for p in (out / "frames").iterdir()] == ["mine.jpg"]

    def test_files_of_others_are_left_alone(self, weights, tmp_path) -> None:
        """A folder that clinigait never wrote to may hold files of the same names."""
        out = tmp_path / "out"
        out.mkdir()
        (out / "overlay.mp4").write_text("somebody's film")
        path = films.write_film(tmp_path / "room.mp4", films.empty_room_film(40))
        assess(path, out)
        assert (out / "overlay.mp4").read_text() == "somebody's film"

    def test_a_failed_exchange_puts_everything_back(
        self, demo, weights, tmp_path, monkeypatch
    ) -> None:
        out = tmp_path / "out"
        shutil.copytree(demo[1], out)
        before = {p.name: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}
        path = films.write_film(tmp_path / "room.mp4", films.empty_room_film(40))
        real = Path.replace

        def failing(self: Path, target: Path) -> Path:
            if self.parent.name == "new":
                raise OSError(28, "No space left on device")
            return real(self, target)

        monkeypatch.setattr(Path, "replace", failing)
        with pytest.raises(BadInputError, match="No space left"):
            assess(path, out)
        assert {p.name: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()} == before

    def test_bad_input_leaves_nothing_behind(self, tmp_path) -> None:
        (tmp_path / "text.mp4").write_text("not a film")
        for out in (tmp_path / "new", tmp_path / "a" / "b" / "c"):
            with pytest.raises(BadInputError):
                assess(tmp_path / "text.mp4", out)
        assert [p.name for p in tmp_path.iterdir()] == ["text.mp4"]

    @pytest.mark.parametrize("name", ["overlay.mp4", "frames/1.jpg", "assessment.json"])
    def test_the_input_is_never_replaced(self, name, tmp_path) -> None:
        film = tmp_path / "out" / name
        film.parent.mkdir(parents=True)
        film.write_bytes(b"precious")
        with pytest.raises(BadInputError, match="will be written"):
            assess(film, tmp_path / "out")
        assert film.read_bytes() == b"precious"

    @pytest.mark.parametrize("name", ["x" * 300, "a/" + "x" * 300 + "/b"])
    def test_names_that_no_folder_can_have(self, name, tmp_path) -> None:
        (tmp_path / "film.mp4").write_bytes(b"any")
        with pytest.raises(BadInputError, match="too long"):
            assess(tmp_path / "film.mp4", tmp_path / name)
        assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]

    def test_out_is_a_file(self, tmp_path) -> None:
        (tmp_path / "taken").write_text("")
        with pytest.raises(BadInputError, match="a file, not a folder"):
            assess(tmp_path / "film.mp4", tmp_path / "taken")

    @pytest.mark.parametrize(
        "subject",
        [Subject(height_m=172), Subject(height_m=0), Subject(height_m=float("nan")),
         Subject(age_y=-3), Subject(mass_kg=70_000)],
    )  # fmt: skip
    def test_impossible_facts(self, subject, tmp_path) -> None:
        with pytest.raises(BadInputError, match="impossible"):
            assess(tmp_path / "film.mp4", tmp_path / "out", Request(subject=subject))

    @pytest.mark.skipif(sys.platform != "linux", reason="limits of file size are POSIX")
    @pytest.mark.parametrize("limit", [30_000, 400_000], ids=["picture", "overlay"])
    def test_a_file_that_cannot_grow(self, limit, demo_clip, weights, tmp_path) -> None:
        """The kernel refuses to write on, in the middle of the work."""
        import resource
        import signal

        def small_files() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = subprocess.run(
            [sys.executable, "-m", "clinigait", "assess", demo_clip, "--out", tmp_path / "out"],
            preexec_fn=small_files,
            env={k: v for k, v in os.environ.items() if not k.startswith("COV")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "cannot be written" in done.stderr
        assert list(tmp_path.iterdir()) == []

    def test_a_full_disk_is_bad_output(self, demo_clip, weights, tmp_path, monkeypatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("clinigait.pipeline.write_assessment", full)
        path = films.write_film(tmp_path / "room.mp4", films.empty_room_film(40))
        with pytest.raises(BadInputError, match="No space left"):
            assess(path, tmp_path / "out")
        assert [p.name for p in tmp_path.iterdir()] == ["room.mp4"]
