"""Recording: a film of somebody walking, decoded lazily."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from clinigait.core.camera import Intrinsics

#: Clocks of containers are rounded: frames are the same up to this share of a frame.
_SAME_FRAME = 0.25
#: A frame, where there is only one to tell how long it is.
_ONE_FRAME_S = 0.04
#: A glance takes one pixel of so many, along and across.
GLANCE_STEP_PX = 8


@dataclass(frozen=True, eq=False)
class Frame:
    """One decoded picture.

    Parameters
    ----------
    index
        Position in the order of presentation, from 0.
    time_s
        Presentation timestamp in seconds.
    image
        (height, width, 3) uint8 RGB, upright: rotation and pixel aspect are already applied.
    depth_mm
        (height, width) distance along the line of sight of every pixel of ``image`` in mm, 0 where
        it is not known; None where the recording has no depth at this time.
    """

    index: int
    time_s: float
    image: NDArray[np.uint8]
    depth_mm: NDArray[np.uint16] | None = None


@dataclass(frozen=True, eq=False)
class Glance:
    """A frame in passing: a few of its pixels, and the whole of it now and then.

    Parameters
    ----------
    time_s
        Presentation timestamp in seconds.
    pixels
        (N, 3) uint8 RGB of a grid over the picture, of the same places in every frame of a film.
    frame
        The frame; None where the one before is not long ago.
    """

    time_s: float
    pixels: NDArray[np.uint8]
    frame: Frame | None


class FrameSource(Protocol):
    """Anything that can play a film from its beginning, as often as asked."""

    def frames(self) -> Iterator[Frame]:
        """Yield every frame in the order of presentation."""
        ...


@dataclass(frozen=True)
class Moments:
    """Times at which a film is wanted.

    Parameters
    ----------
    times_s
        Increasing times in s.
    within_s
        A frame is wanted that lies so near to one of them.
    """

    times_s: Sequence[float]
    within_s: float

    @classmethod
    def of_frames(cls, times_s: NDArray[np.float64], chosen: NDArray[Any]) -> Self:
        """Return the moments of some frames of a film.

        Parameters
        ----------
        times_s
            (T,) increasing times of all frames.
        chosen
            Index of them, or (T,) whether they are wanted.
        """
        frame_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else _ONE_FRAME_S
        return cls(times_s[chosen].tolist(), _SAME_FRAME * frame_s)

    def has(self, time_s: float) -> bool:
        """Tell whether a frame of this time is wanted."""
        first = bisect_left(self.times_s, time_s - self.within_s)
        return first < len(self.times_s) and self.times_s[first] <= time_s + self.within_s


@runtime_checkable
class PickySource(FrameSource, Protocol):
    """A source that does not decode what nobody wants."""

    def frames_near(self, wanted: Moments) -> Iterator[Frame]:
        """Yield the frames that are wanted, numbered as among all, in the order of presentation."""
        ...


@runtime_checkable
class GlancingSource(FrameSource, Protocol):
    """A source that makes no whole pictures of frames at which nobody looks closely."""

    def glances(self, every_s: float) -> Iterator[Glance]:
        """Yield every frame in passing, and whole ones at least so far apart."""
        ...


@dataclass(frozen=True)
class Recording:
    """A film and what its container says of it; the frames stay on disk until they are asked for.

    Parameters
    ----------
    path
        The file.
    sha256
        Hash of the file's bytes.
    width_px, height_px
        Size of the upright frames that :meth:`frames` yields.
    native_width_px, native_height_px
        Size of the upright frames in the file, before any scaling down.
    rotation_deg
        Clockwise turn that was applied to bring the frames upright.
    mirrored
        Whether the container asks for a mirror image; the frames are what a player shows.
    codec
        Name of the video codec.
    source
        Where the frames come from.
    duration_hint_s
        Duration by the container's header, for progress bars only; None where it says nothing.
    camera
        The camera of the frames that :meth:`frames` yields; None where nothing is known of it.
    has_depth
        Whether the frames come with depth.
    synthetic
        Whether it says of itself that it shows a synthetic walker, not a person.
    """

    path: Path
    sha256: str
    width_px: int
    height_px: int
    native_width_px: int
    native_height_px: int
    rotation_deg: int
    mirrored: bool
    codec: str
    source: FrameSource
    duration_hint_s: float | None = None
    camera: Intrinsics | None = None
    has_depth: bool = False
    synthetic: bool = False

    def frames(self) -> Iterator[Frame]:
        """Yield the frames one by one, in the order of presentation, from the beginning."""
        return self.source.frames()

    def frames_near(self, wanted: Moments) -> Iterator[Frame]:
        """Yield the frames of some moments only; others are passed over, at less cost if may be."""
        if isinstance(self.source, PickySource):
            return self.source.frames_near(wanted)
        return (frame for frame in self.frames() if wanted.has(frame.time_s))

    def glances(self, every_s: float) -> Iterator[Glance]:
        """Yield every frame in passing, and whole ones at least so far apart.

        Parameters
        ----------
        every_s
            Time from one whole frame to the next, in s; the first frame comes whole.
        """
        if isinstance(self.source, GlancingSource):
            return self.source.glances(every_s)
        return self._glances(every_s)

    def _glances(self, every_s: float) -> Iterator[Glance]:
        due_s = -np.inf
        for frame in self.frames():
            pixels = frame.image[::GLANCE_STEP_PX, ::GLANCE_STEP_PX].reshape(-1, 3)
            due = frame.time_s >= due_s
            due_s = frame.time_s + every_s if due else due_s
            yield Glance(frame.time_s, pixels, frame if due else None)
