"""What the reading of films promises when a film is bad: some frames or a refusal, no harm."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.io import _decoder, video
from clinigait.io.video import DecodeLimits, open_recording
from support import media
from support.media import INDEX_FIRST, INTRA, ONE, Film, write_film
from support.playing import numbers, play, refusal, source_of

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
RLIMITS = pytest.mark.skipif(sys.platform != "linux", reason="limits of processes as on Linux")


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize("name", ["walk.mp4", "walk.mkv", "walk.avi", "walk.ts"])
def test_half_a_film_gives_its_half(tmp_path: Path, name: str) -> None:
    codec = "mpeg2video" if name.endswith("ts") else "mpeg4"
    film = Film(40, codec=codec, codec_options=INTRA, muxer_options=INDEX_FIRST)
    path = write_film(tmp_path / name, film)
    media.cut_media(path, 0.5) if name.endswith("mp4") else media.cut(path, 0.5)
    found = numbers(play(open_recording(path)))
    assert 10 <= len(found) <= 30
    assert found[:10] == list(range(10))


def test_damage_in_the_middle_is_counted_and_the_rest_is_used(tmp_path: Path) -> None:
    film = Film(40, codec="mjpeg", pixel_format="yuvj420p")
    path = write_film(tmp_path / "walk.avi", film)
    data = bytearray(path.read_bytes())
    places = range(data.index(b"movi"), len(data))
    frame_starts = [at for at in places if data[at : at + 4] == b"00dc"][:40]
    for number in (20, 21):
        data[frame_starts[number] + 8 : frame_starts[number + 1]] = bytes(
            frame_starts[number + 1] - frame_starts[number] - 8
        )
    path.write_bytes(data)
    recording = open_recording(path)
    frames = play(recording)
    assert numbers(frames) == [*range(20), *range(22, 40)]
    assert frames[20].time_s == pytest.approx(22 * 0.04), "time goes on over the gap"
    report = source_of(recording).report
    assert report is not None
    assert report.damaged == 2


def test_a_size_that_only_the_header_claims_is_refused_before_decoding(tmp_path: Path) -> None:
    for suffix in ("mov", "avi"):
        film = Film(3, codec="mjpeg", pixel_format="yuvj420p")
        path = write_film(tmp_path / f"walk.{suffix}", film)
        media.claim_jpeg_size(path, (96, 64), (20000, 20000))
        started_s = time.monotonic()
        error = refusal(path)
        assert "20000 x 20000 pixels" in error.message
        assert time.monotonic() - started_s < 30


def test_frames_with_more_pixels_than_allowed_are_refused(tmp_path: Path) -> None:
    path = write_film(tmp_path / "walk.webm", Film(codec="libvpx"))
    assert "96 x 64 pixels" in refusal(path, DecodeLimits(max_pixels=96 * 64 - 1)).message
    assert len(play(open_recording(path, DecodeLimits(max_pixels=200 * 100)))) == 12


@pytest.mark.parametrize(("suffix", "codec"), [("mp4", "mpeg4"), ("mkv", "ffv1")])
def test_a_film_with_more_frames_than_allowed_is_refused(
    tmp_path: Path, suffix: str, codec: str
) -> None:
    path = write_film(tmp_path / f"walk.{suffix}", Film(codec=codec))
    assert "too many frames" in refusal(path, DecodeLimits(max_frames=11)).message
    assert len(play(open_recording(path, DecodeLimits(max_frames=12)))) == 12


def fuzz_bases(folder: Path) -> list[Path]:
    size = {"width_px": 64, "height_px": 48}
    films = {
        "f.mp4": Film(**size, muxer_options=INDEX_FIRST),
        "g.mp4": Film(**size, codec="mjpeg", pixel_format="yuvj420p", muxer_options=INDEX_FIRST),
        "f.mkv": Film(**size),
        "f.avi": Film(**size),
        "f.ts": Film(**size, codec="mpeg2video"),
        "f.webm": Film(**size, codec="libvpx"),
        "f.wmv": Film(**size, codec="wmv2"),
        "f.flv": Film(**size, codec="flv"),
    }
    return [write_film(folder / name, film) for name, film in films.items()]


def survives(base: Path, seed: int) -> bool:
    """Play a film with random damage, mostly in its header; tell whether it gave any frames."""
    generator = np.random.default_rng(seed)
    data = base.read_bytes()
    reach = min(1500, len(data)) if seed % 2 else len(data)
    n_flips = int(generator.integers(1, 12 if seed % 2 else 100))
    path = base.with_name(f"fuzz{seed}{base.suffix}")
    path.write_bytes(media.flip_bytes(data[:reach], n_flips, generator) + data[reach:])
    try:
        recording = open_recording(path, DecodeLimits(stall_s=30, total_wait_s=60))
        times_s = []
        for frame in recording.frames():
            assert frame.image.shape == (recording.height_px, recording.width_px, 3)
            times_s.append(frame.time_s)
        assert np.all(np.diff(times_s) > 0)
        assert [glance.time_s for glance in recording.glances(0.1)] == times_s
    except BadInputError:
        return False
    finally:
        path.unlink()
    return True


@pytest.mark.parametrize(
    "n_films", [24, pytest.param(400, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_a_damaged_film_decodes_or_is_refused_and_never_hangs(tmp_path: Path, n_films: int) -> None:
    bases = fuzz_bases(tmp_path)
    jobs = [(bases[seed % len(bases)], seed) for seed in range(n_films)]
    started_s = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda job: survives(*job), jobs))
    assert any(outcomes), "some damage is survived"
    assert not all(outcomes), "some is not"
    assert time.monotonic() - started_s < n_films * 2


@settings(max_examples=8, deadline=None)
@given(
    data=st.binary(min_size=1, max_size=400), mark=st.sampled_from([*_decoder.FILM_MARKS, (0, b"")])
)
def test_bytes_that_only_begin_like_a_film(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, mark: tuple[int, bytes]
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "walk.mp4"
    path.write_bytes(bytes(mark[0]) + mark[1] + data)
    refusal(path)


# ---------------------------------------------------------------- limits of the child


@RLIMITS
@pytest.mark.parametrize("memory_mib", [16, 64])
def test_a_film_that_needs_too_much_memory(tmp_path: Path, memory_mib: int) -> None:
    path = write_film(tmp_path / "walk.mp4")
    message = refusal(path, DecodeLimits(memory_bytes=memory_mib << 20)).message
    assert f"{memory_mib} MiB" in message or "decoder" in message


@RLIMITS
def test_memory_is_bounded_while_frames_are_decoded(tmp_path: Path) -> None:
    film = Film(codec="mjpeg", pixel_format="yuvj444p")
    large = write_film(tmp_path / "large.mov", film, [np.zeros((5000, 7000, 3), np.uint8)])
    limits = DecodeLimits(memory_bytes=215 << 20)
    assert "215 MiB" in refusal(large, limits).message
    assert len(play(open_recording(write_film(tmp_path / "small.mov", film), limits))) == 12


@RLIMITS
def test_a_film_that_needs_too_much_processor_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import json, sys\n"
        f"sys.path.append({str(Path(_decoder.__file__).parent)!r})\n"
        "import _decoder\n"
        "_decoder.limit_process(_decoder.Job(**json.loads(sys.argv[1])))\n"
        "while True: pass\n"
    )
    script(monkeypatch, tmp_path, code)
    path = write_film(tmp_path / "walk.mp4")
    assert "1 s of processor time" in refusal(path, DecodeLimits(cpu_s=1)).message


def test_a_decoder_that_stands_still_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, tmp_path, "import time; time.sleep(60)")
    path = write_film(tmp_path / "walk.mp4")
    started_s = time.monotonic()
    assert "stood still for 0.2 s" in refusal(path, DecodeLimits(stall_s=0.2)).message
    assert time.monotonic() - started_s < 10


def test_a_decoder_that_trickles_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys, time\nwhile True: sys.stdout.write('x'); sys.stdout.flush(); time.sleep(.05)"
    )
    script(monkeypatch, tmp_path, code)
    path = write_film(tmp_path / "walk.mp4")
    limits = DecodeLimits(stall_s=20, total_wait_s=0.4)
    assert "took more than 0.4 s" in refusal(path, limits).message


def test_time_that_the_reader_takes_is_not_held_against_the_film() -> None:
    class Process:
        killed = False

        def kill(self) -> None:
            self.killed = True

    process = Process()
    watchdog = video._Watchdog(process, DecodeLimits(stall_s=0.2, total_wait_s=0.2))  # type: ignore[arg-type]
    for _ in range(3):
        with watchdog.waiting():
            pass
        time.sleep(0.3)
    assert watchdog.verdict is None
    assert not process.killed
    with watchdog.waiting():
        time.sleep(0.5)
    watchdog.stop()
    assert watchdog.verdict == "stalled"
    assert process.killed


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crash (SIGSEGV)"),
        ("import os; os.abort()", "crash (SIGABRT)"),
        ("raise RuntimeError('a defect')", "a defect"),
        ("import sys; sys.exit(3)", "exit status 3"),
        ("print('F' * 10000)", "makes no sense"),
        ("import sys; sys.stderr.write('x' * 10_000_000); sys.exit(1)", "could not work"),
    ],
    ids=["segv", "abort", "exception", "exit", "nonsense", "much said"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_decoder_that_dies_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str
) -> None:
    script(monkeypatch, tmp_path, code)
    assert words in refusal(write_film(tmp_path / "walk.mp4")).message


def hostile_header(**changes: object) -> str:
    header = {
        "size_px": [4, 4],
        "native_size_px": [4, 4],
        "rotation_deg": 0,
        "mirrored": False,
        "codec": "x",
        "duration_hint_s": None,
    }
    return (
        "import json, struct, sys\n"
        "def send(kind, data, n=0, t=0., size=None):\n"
        "    size = len(data) if size is None else size\n"
        "    sys.stdout.buffer.write(struct.pack('<cIqd', kind, size, n, t) + data)\n"
        f"send(b'H', json.dumps({header | changes}).encode())\n"
    )


@pytest.mark.parametrize(
    "code",
    [
        hostile_header(size_px=[10**6, 10**6]),
        hostile_header(size_px=[-1, 4]),
        hostile_header(size_px="large"),
        hostile_header(rotation_deg=[]),
        hostile_header() + "send(b'F', bytes(47))",
        hostile_header() + "send(b'F', b'', size=2**32 - 1)",
        hostile_header() + "send(b'F', bytes(48), n=7)",
        hostile_header() + "send(b'F', bytes(48), t=float('nan'))",
        hostile_header() + "send(b'F', bytes(48), 0, 1.); send(b'F', bytes(48), 1, 1.)",
        hostile_header() + "send(b'R', b'{}')",
        hostile_header() + "send(b'R', b'[1]')",
        hostile_header() + "send(b'R', b'', size=2**31)",
        hostile_header() + "send(b'E', b'{\"code\": \"no such code\"}')",
        hostile_header() + "send(b'?', b'')",
    ],
)
def test_a_child_that_was_taken_over_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    script(monkeypatch, tmp_path, code)
    assert "decoder crash" in refusal(write_film(tmp_path / "walk.mp4")).message


@pytest.mark.parametrize(
    "code",
    [
        "send(b'F', bytes(48))",
        "send(b'G', bytes(48))",
        "send(b'G', bytes(2))",
        "send(b'G', b'', size=2**32 - 1)",
        "send(b'G', bytes(3), 0, 1.); send(b'G', bytes(3), 1, 1.)",
        "send(b'G', bytes(51), 1, 1.); send(b'G', bytes(3), 1, 2.)",
    ],
)
def test_a_child_that_was_taken_over_is_not_believed_in_passing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    script(monkeypatch, tmp_path, hostile_header() + code)
    with pytest.raises(BadInputError, match="decoder crash"):
        list(open_recording(write_film(tmp_path / "walk.mp4")).glances(0.1))


def script(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Let another program play the decoder."""
    path = folder / "decoder.py"
    path.write_text(code)
    monkeypatch.setattr(_decoder, "__file__", str(path))


# ---------------------------------------------------------------- the child and its end

JOB = _decoder.Job(
    first_frame_only=False,
    memory_bytes=2 << 30,
    cpu_s=100,
    max_pixels=36_000_000,
    max_frames=1000,
    max_long_side_px=1920,
    decode_threads=1,
)


@pytest.mark.parametrize(
    "film",
    [
        Film(),
        Film(width_px=97, height_px=63, codec="ffv1", pixel_aspect=Fraction(1)),
        Film(matrix=(0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30)),
        Film(matrix=(ONE, 0, 0, 0, -ONE, 0, 0, 0, 1 << 30), pixel_aspect=Fraction(3, 2)),
    ],
)
def test_the_pipe_changes_nothing(tmp_path: Path, film: Film) -> None:
    path = write_film(tmp_path / "walk.mkv", film)
    out = io.BytesIO()
    with path.open("rb", buffering=0) as file:
        _decoder.play_or_explain(JOB, file, out)
    records = list(records_of(out.getvalue()))
    frames = play(open_recording(path))
    assert [kind for kind, *_ in records] == [b"H", *[b"F"] * len(frames), b"R"]
    for frame, (_, number, time_s, payload) in zip(frames, records[1:-1], strict=True):
        assert (frame.index, frame.time_s) == (number, time_s)
        assert frame.image.tobytes() == payload


def records_of(data: bytes) -> Iterator[tuple[bytes, int, float, bytes]]:
    while data:
        kind, n_bytes, number, time_s = _decoder.RECORD.unpack_from(data)
        end = _decoder.RECORD.size + n_bytes
        yield kind, number, time_s, data[_decoder.RECORD.size : end]
        data = data[end:]


def claimed(path: Path) -> Path:
    write_film(path, Film(3, codec="mjpeg", pixel_format="yuvj420p"))
    return media.claim_jpeg_size(path, (96, 64), (20000, 20000))


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (media.write_sound, "no_video"),
        (lambda path: media.cut(write_film(path), 0.5), "damaged"),
        (lambda path: media.write_still(path, "png", "rgb24"), "still_picture"),
        (claimed, "too_many_pixels"),
    ],
)
def test_the_child_names_the_reason(
    tmp_path: Path, make: Callable[[Path], Path], code: str
) -> None:
    path = make(tmp_path / "walk.mov")
    with path.open("rb", buffering=0) as file, pytest.raises(_decoder.FilmError) as caught:
        _decoder.play_or_explain(JOB, file, io.BytesIO())
    assert caught.value.code == code


def children() -> Iterator[int]:
    """Yield the ids of this process's decoders."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
            command = entry.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"_decoder" in command:
            yield int(entry.parent.name)


@LINUX
def test_closing_the_frames_early_ends_the_child(tmp_path: Path) -> None:
    path = write_film(tmp_path / "walk.mkv", Film(60, 640, 480, "ffv1"))
    recording = open_recording(path)
    before = set(children())
    frames = recording.frames()
    next(frames)
    (child,) = set(children()) - before
    frames.close()  # type: ignore[attr-defined]
    assert not Path(f"/proc/{child}").exists(), "ended and reaped"
    assert source_of(recording).report is None


@LINUX
def test_the_name_of_the_film_is_not_on_the_command_line(tmp_path: Path) -> None:
    path = write_film(tmp_path / "Erika Mustermann.mkv", Film(60, 640, 480, "ffv1"))
    frames = open_recording(path).frames()
    before = set(children())
    next(frames)
    (child,) = set(children()) - before
    assert b"Mustermann" not in Path(f"/proc/{child}/cmdline").read_bytes()
    frames.close()  # type: ignore[attr-defined]


@LINUX
def test_memory_stays_flat_however_long_the_film(tmp_path: Path) -> None:
    film = Film(300, 640, 480, "mpeg4", times_s=[number / 100 for number in range(300)])
    recording = open_recording(write_film(tmp_path / "walk.mp4", film))
    before = set(children())
    sizes_mib: list[tuple[float, float]] = []
    for frame in recording.frames():
        if frame.index % 50 == 10:
            (child,) = set(children()) - before
            sizes_mib.append((resident_mib(os.getpid()), resident_mib(child)))
    growth_mib = np.subtract(sizes_mib[-1], sizes_mib[0])
    assert (growth_mib < 30).all(), f"grew by {growth_mib} MiB for 250 MiB of frames"


def resident_mib(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_a_file_that_changes_after_it_was_opened_is_refused(tmp_path: Path) -> None:
    path = write_film(tmp_path / "walk.mp4")
    recording = open_recording(path)
    write_film(path, Film(n_frames=13))
    with pytest.raises(BadInputError, match="has changed"):
        play(recording)
    path.unlink()
    with pytest.raises(BadInputError, match="no file"):
        play(recording)
