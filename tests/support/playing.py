"""What the tests of films share: playing them, and expecting them to be refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigait.core import BadInputError, Frame, Recording
from clinigait.io import video
from clinigait.io.video import DecodeLimits, VideoSource, open_recording
from support import media


def play(recording: Recording) -> list[Frame]:
    return list(recording.frames())


def numbers(frames: list[Frame]) -> list[int]:
    return [media.number_in(frame.image) for frame in frames]


def source_of(recording: Recording) -> VideoSource:
    assert isinstance(recording.source, VideoSource)
    return recording.source


def refusal(path: Path, limits: DecodeLimits = video.DEFAULT_LIMITS) -> BadInputError:
    """Open and play a film that must not go through."""
    with pytest.raises(BadInputError) as caught:
        play(open_recording(path, limits))
    assert "\n" not in str(caught.value), "one line on the terminal"
    assert caught.value.remedy
    return caught.value
