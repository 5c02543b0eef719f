"""Recordings with depth: a folder of colour and depth, played together, depth on the colour.

``docs/rgbd.md`` describes the folder. Nothing is held but the frames that are being paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, Frame, Intrinsics, Moments, Recording
from clinigait.io.calibration import Calibration
from clinigait.io.depth_alignment import Aligner
from clinigait.io.rgbd_folder import RgbdFolder, is_rgbd_folder, read_folder, read_times
from clinigait.io.stills import (
    COLOUR_SUFFIXES,
    DEPTH_SUFFIXES,
    fitted,
    numbered,
    read_colour,
    read_depth,
)
from clinigait.io.video import DEFAULT_LIMITS, open_recording

__all__ = ["is_rgbd_folder", "open_rgbd"]

#: The median of what a depth camera sees of a room lies between these; else the unit is another.
_MEDIANS_MM = (200.0, 12_000.0)
_LOOKED_AT = 5
#: Cameras write this where they know nothing.
_ALL_ONES = 65_535
#: Half of a frame, where nothing tells how long a frame lasts.
_HALF_FRAME_S = 0.5 / 30
_PAIRS = "Record both streams together, or give the times of all frames in times.csv."

#: Decodes a depth picture when it is wanted, and not before.
Load = Callable[[], NDArray[np.uint16]]


@dataclass(frozen=True)
class _Depth:
    """Depth pictures in the order of time.

    Parameters
    ----------
    play
        Gives (time in s or None, loader) from the first picture on, as often as called; of
        pictures that have times, those near some moments, where only they are wanted.
    count
        Number of pictures; None for a film, which only tells at its end.
    has_times
        Whether the times mean anything.
    """

    play: Callable[[Moments | None], Iterator[tuple[float | None, Load]]]
    count: int | None
    has_times: bool


class _Fit(Protocol):
    """Brings a depth picture to the pixels of the colour."""

    def __call__(self, depth_mm: NDArray[np.uint16], /) -> NDArray[np.uint16]: ...


def open_rgbd(path: Path) -> Recording:
    """Open a recording with depth: find and check its parts, decode a frame of each.

    Parameters
    ----------
    path
        The folder.

    Returns
    -------
    Recording
        Its frames carry ``depth_mm``, aligned to the colour; ``camera`` is the colour camera, or
        what is assumed of it where nobody has calibrated it.

    Raises
    ------
    BadInputError
        If a part is missing or cannot be used, or colour and depth do not fit each other. Counts
        that differ show when the recording is played to its end.
    """
    folder = read_folder(path)
    known = folder.calibration
    times = read_times(folder.times) if folder.times is not None else None
    if times is None:
        _check_numbers(folder)
    colour = _colour_of(folder, None if times is None else times[0])
    depth = _depth_of(folder, None if times is None else times[1], colour.codec != _STILLS)
    native_px = (colour.native_width_px, colour.native_height_px)
    if colour.rotation_deg or colour.mirrored:
        raise BadInputError(
            f"The colour film {folder.colour.name[:80]} asks to be turned, and its depth does not.",
            "Record with the camera upright, or store the frames as they are shown.",
        )
    first = _checked_depth(depth, known.depth_unit_mm, folder)
    _check_sizes(first.shape[1::-1], native_px, known)
    size_px = (colour.width_px, colour.height_px)
    camera = (known.colour or Intrinsics.assumed_for(native_px)).scaled_to(size_px)
    return replace(
        colour,
        path=path,
        sha256=folder.sha256(),
        source=RgbdSource(colour, depth, _fit(known, camera), path.name[:80]),
        camera=camera,
        has_depth=True,
        synthetic=colour.synthetic or known.synthetic,
    )


class RgbdSource:
    """Plays colour and depth together.

    Parameters
    ----------
    colour
        The colour, as a recording of its own.
    depth
        The depth pictures.
    fit
        Brings them to the pixels of the colour.
    name
        Name of the recording, for messages.
    """

    def __init__(self, colour: Recording, depth: _Depth, fit: _Fit, name: str) -> None:
        self._colour = colour
        self._depth = depth
        self._fit = fit
        self._name = name

    def frames(self) -> Iterator[Frame]:
        """Yield every colour frame with its depth, in the order of presentation.

        Depth without times of its own goes with the colour in order, and both must be as many;
        with times the nearest within half a frame is taken.

        Raises
        ------
        BadInputError
            If a frame is damaged, or colour and depth do not fit each other.
        """
        return self._played(None)

    def frames_near(self, wanted: Moments) -> Iterator[Frame]:
        """Yield the frames of some moments with their depth; of others nothing is made.

        Raises
        ------
        BadInputError
            As of :meth:`frames`.
        """
        return self._played(wanted)

    def _played(self, wanted: Moments | None) -> Iterator[Frame]:
        # Wanted are frames of known times, so ``within_s`` is a fraction of a frame; their depth
        # may lie up to half a frame beside them.
        near = wanted and replace(wanted, within_s=3 * wanted.within_s)
        frames = self._colour.frames() if wanted is None else self._colour.frames_near(wanted)
        with closing(frames) as colour, closing(self._depth.play(near)) as depth:  # type: ignore[type-var]
            longest_s = np.inf if wanted is None else 2 * wanted.within_s + 1e-6
            pairs = self._by_time(colour, depth, longest_s) if self._depth.has_times else None
            for frame, load in pairs or self._by_order(colour, depth, whole=wanted is None):
                depth_mm = None if load is None else self._fit(load())
                yield replace(frame, depth_mm=depth_mm)

    def _by_order(
        self, colour: Iterator[Frame], depth: Iterator[tuple[float | None, Load]], *, whole: bool
    ) -> Iterator[tuple[Frame, Load | None]]:
        n_frames = 0
        for frame in colour:
            passed_over = frame.index - n_frames
            n_frames = frame.index + 1
            _, load = next(islice(depth, passed_over, None), (None, None))
            if load is None:
                self._counts_differ("more", n_frames - 1)
            yield frame, load
        if whole and next(depth, None) is not None:
            self._counts_differ("fewer", n_frames)

    def _counts_differ(self, word: str, both: int) -> None:
        raise BadInputError(
            f"The recording {self._name} has {word} colour frames than depth frames "
            f"({both} go together).",
            _PAIRS,
        )

    def _by_time(
        self,
        colour: Iterator[Frame],
        depth: Iterator[tuple[float | None, Load]],
        longest_s: float,
    ) -> Iterator[tuple[Frame, Load | None]]:
        timed = ((time_s, load) for time_s, load in depth if time_s is not None)
        now, ahead = next(timed, None), next(timed, None)
        last_s: float | None = None
        n_frames = n_pairs = 0
        for frame in colour:
            time_s, n_frames = frame.time_s, n_frames + 1
            while now and ahead and abs(ahead[0] - time_s) <= abs(now[0] - time_s):
                now, ahead = ahead, next(timed, None)
            half_s = _HALF_FRAME_S if last_s is None else (time_s - last_s) / 2
            half_s, last_s = min(half_s, longest_s), time_s
            paired = now is not None and abs(now[0] - time_s) <= half_s + 1e-6
            n_pairs += paired
            yield frame, now[1] if now is not None and paired else None
        if n_frames and not n_pairs and longest_s == np.inf:
            raise BadInputError(
                f"No depth frame of {self._name} was taken within half a frame of a colour frame.",
                "Give both times on the same clock.",
            )


# ---------------------------------------------------------------- colour

_STILLS = "still pictures"


def _colour_of(folder: RgbdFolder, times_s: NDArray[np.float64] | None) -> Recording:
    if folder.colour.is_dir():
        return _still_colour(folder, times_s)
    recording = open_recording(folder.colour)
    return recording if times_s is None else _retimed(recording, times_s, "colour", folder)


def _retimed(
    recording: Recording, times_s: NDArray[np.float64], what: str, folder: RgbdFolder
) -> Recording:
    """Return a film on the clock of ``times.csv``."""
    source = _Retimed(recording, times_s, what, folder.path.name[:80])
    return replace(recording, source=source, duration_hint_s=float(np.ptp(times_s)) or None)


@dataclass(frozen=True, eq=False)
class _Retimed:
    recording: Recording
    times_s: NDArray[np.float64]
    what: str
    name: str

    def frames(self) -> Iterator[Frame]:
        n_frames = 0
        with closing(self.recording.frames()) as frames:  # type: ignore[type-var]
            for n_frames, frame in enumerate(frames, start=1):
                if n_frames > len(self.times_s):
                    break
                yield replace(frame, time_s=float(self.times_s[n_frames - 1]))
        if n_frames != len(self.times_s):
            raise _other_count(self.what, len(self.times_s), self.name)


def _other_count(what: str, n_times: int, name: str) -> BadInputError:
    return BadInputError(
        f"times.csv has {n_times} times of {what}, but {name} has another number of frames.",
        "Give one time for each frame, in their order.",
    )


def _still_colour(folder: RgbdFolder, times_s: NDArray[np.float64] | None) -> Recording:
    files = numbered(folder.colour, COLOUR_SUFFIXES)
    if not files:
        raise BadInputError(
            f"The folder {folder.colour.name[:80]} holds no numbered colour pictures.",
            "Give PNG or JPEG pictures with their number in the name.",
        )
    if times_s is None:
        rate_hz = folder.calibration.rate_hz
        if rate_hz is None:
            raise BadInputError(
                f"The recording {folder.path.name[:80]} does not say when its pictures were taken.",
                "Give rate_hz in calibration.json, or all times in times.csv.",
            )
        times_s = np.array([(number - files[0][0]) / rate_hz for number, _ in files])
    elif len(times_s) != len(files):
        raise _other_count("colour", len(times_s), folder.path.name[:80])
    height_px, width_px = read_colour(files[0][1]).shape[:2]
    scale = min(1.0, DEFAULT_LIMITS.max_long_side_px / max(width_px, height_px))
    size_px = (max(1, round(scale * width_px)), max(1, round(scale * height_px)))
    return Recording(
        path=folder.colour,
        sha256="",
        width_px=size_px[0],
        height_px=size_px[1],
        native_width_px=width_px,
        native_height_px=height_px,
        rotation_deg=0,
        mirrored=False,
        codec=_STILLS,
        source=_Stills(tuple(file for _, file in files), times_s, (width_px, height_px), size_px),
        duration_hint_s=float(np.ptp(times_s)) or None,
    )


@dataclass(frozen=True, eq=False)
class _Stills:
    files: tuple[Path, ...]
    times_s: NDArray[np.float64]
    native_px: tuple[int, int]
    size_px: tuple[int, int]

    def frames(self) -> Iterator[Frame]:
        return self.frames_near(Moments(self.times_s.tolist(), 0.0))

    def frames_near(self, wanted: Moments) -> Iterator[Frame]:
        for index, (file, time_s) in enumerate(zip(self.files, self.times_s, strict=True)):
            if not wanted.has(float(time_s)):
                continue
            image = read_colour(file)
            _check_same_size(file, image.shape[1::-1], self.native_px)
            yield Frame(index, float(time_s), fitted(image, self.size_px))


def _check_same_size(file: Path, found: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if tuple(found) != tuple(wanted):
        raise BadInputError(
            f"{file.name[:80]} has {found[0]} x {found[1]} pixels, the first picture "
            f"{wanted[0]} x {wanted[1]}.",
            "Record all pictures at one size.",
        )


# ---------------------------------------------------------------- depth


def _depth_of(
    folder: RgbdFolder, times_s: NDArray[np.float64] | None, colour_is_film: bool
) -> _Depth:
    unit_mm = folder.calibration.depth_unit_mm
    table = np.clip(np.rint(unit_mm * np.arange(_ALL_ONES + 1)), 0, _ALL_ONES).astype(np.uint16)
    table[_ALL_ONES] = 0
    if folder.depth.is_dir():
        return _still_depth(folder, times_s, table)
    film = open_recording(folder.depth, depth=True)
    has_times = times_s is not None or colour_is_film

    def play(near: Moments | None) -> Iterator[tuple[float | None, Load]]:
        source = film if times_s is None else _retimed(film, times_s, "depth", folder)
        picked = source.frames() if near is None or not has_times else source.frames_near(near)
        with closing(picked) as frames:  # type: ignore[type-var]
            for frame in frames:
                yield frame.time_s, lambda image=frame.image: table[_joined(image)]  # type: ignore[misc]

    return _Depth(play, None, has_times)


def _joined(image: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Put the two bytes of a depth film's pixels together again."""
    return image[..., 0].astype(np.uint16) << np.uint16(8) | image[..., 1]


def _still_depth(
    folder: RgbdFolder, times_s: NDArray[np.float64] | None, table: NDArray[np.uint16]
) -> _Depth:
    files = [file for _, file in numbered(folder.depth, DEPTH_SUFFIXES)]
    if not files:
        raise BadInputError(
            f"The folder {folder.depth.name[:80]} holds no numbered PNG pictures of depth.",
            "Give 16-bit PNG pictures with their number in the name.",
        )
    if times_s is not None and len(times_s) != len(files):
        raise _other_count("depth", len(times_s), folder.path.name[:80])
    size_px = read_depth(files[0]).shape[::-1]

    def load(file: Path) -> NDArray[np.uint16]:
        values = read_depth(file)
        _check_same_size(file, values.shape[::-1], size_px)
        return np.asarray(table[values])

    def play(near: Moments | None) -> Iterator[tuple[float | None, Load]]:
        for index, file in enumerate(files):
            time_s = None if times_s is None else float(times_s[index])
            if near is not None and time_s is not None and not near.has(time_s):
                continue
            yield time_s, lambda file=file: load(file)  # type: ignore[misc]

    return _Depth(play, len(files), times_s is not None)


def _check_numbers(folder: RgbdFolder) -> None:
    """Refuse pictures that go together in order where their numbers say that they do not.

    As many may be missing of the colour as of the depth, and others. Where more are missing of one,
    it is told which.
    """
    if not (folder.colour.is_dir() and folder.depth.is_dir()):
        return
    colour, depth = (
        [number for number, _ in numbered(part, suffixes)]
        for part, suffixes in ((folder.colour, COLOUR_SUFFIXES), (folder.depth, DEPTH_SUFFIXES))
    )
    if len(colour) == len(depth) and (np.diff(colour) != np.diff(depth)).any():
        raise BadInputError(
            f"Colour and depth of {folder.path.name[:80]} are numbered differently: which go "
            "together is not known.",
            _PAIRS,
        )
    if len(colour) != len(depth) and colour[:1] == depth[:1]:
        more, word = (colour, "more") if len(colour) > len(depth) else (depth, "fewer")
        less = "depth" if word == "more" else "colour"
        missing = sorted(set(more) - set(depth if word == "more" else colour))
        rest = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise BadInputError(
            f"The recording {folder.path.name[:80]} has {word} colour frames than depth frames: "
            f"number {missing[0]}{rest} of the {less} is missing.",
            _PAIRS,
        )


def _checked_depth(depth: _Depth, unit_mm: float, folder: RgbdFolder) -> NDArray[np.uint16]:
    """Return the first depth picture, after a look at some whether they hold depth in mm."""
    every = max(1, (depth.count or 1) // _LOOKED_AT)
    looked_at = []
    with closing(depth.play(None)) as pictures:  # type: ignore[type-var]
        for index, (_, load) in enumerate(pictures):
            if index % every == 0:
                looked_at.append(load())
            if len(looked_at) == _LOOKED_AT:
                break
    name = folder.depth.name[:80]
    known = [picture[picture > 0] for picture in looked_at]
    median_mm = float(np.median(np.concatenate(known))) if any(map(len, known)) else 0.0
    if median_mm == 0.0:
        raise BadInputError(
            f"The depth in {name} is 0 everywhere: nothing was measured.", "Record it again."
        )
    low, high = _MEDIANS_MM
    if not low <= median_mm <= high:
        raise BadInputError(
            f"The depths in {name} have a median of {median_mm:g} mm (one unit being {unit_mm:g} "
            f"mm), which no walk has: their unit is another{_perhaps(median_mm / unit_mm)}.",
            "Give the mm of one unit as depth_unit_mm in calibration.json; depth in whole metres "
            "is too coarse: record it in mm.",
        )
    return looked_at[0]


def _perhaps(median: float) -> str:
    """Return what the unit may be, by the median in units; nothing where none fits a room."""
    low, high = _MEDIANS_MM
    units = (("metres", 1000.0), ("centimetres", 10.0), ("tenths of a millimetre", 0.1))
    fitting = (words for words, mm in units if low <= mm * median <= high)
    found = next(fitting, None)
    return f", perhaps {found}" if found else ""


# ---------------------------------------------------------------- depth on the colour


def _check_sizes(depth_px: tuple[int, ...], colour_px: tuple[int, int], known: Calibration) -> None:
    for what, size, camera in (
        ("colour", colour_px, known.colour),
        ("depth", tuple(depth_px), known.depth),
    ):
        if camera is not None and size != camera.size_px:
            raise BadInputError(
                f"The {what} has {size[0]} x {size[1]} pixels, its calibration is for "
                f"{camera.size_px[0]} x {camera.size_px[1]}.",
                "Give the calibration of the mode in which was recorded.",
            )
    if known.depth is None and tuple(depth_px) != colour_px:
        raise BadInputError(
            f"The depth has {depth_px[0]} x {depth_px[1]} pixels, the colour {colour_px[0]} x "
            f"{colour_px[1]}, and no calibration says how they lie on each other.",
            "Give both cameras and depth_to_colour in calibration.json, or record depth aligned "
            "to colour.",
        )


def _fit(known: Calibration, camera: Intrinsics) -> _Fit:
    if known.depth is not None and known.depth_to_colour is not None:
        return Aligner(known.depth, camera, known.depth_to_colour).aligned

    def scaled(depth_mm: NDArray[np.uint16], /) -> NDArray[np.uint16]:
        if depth_mm.shape[1::-1] == camera.size_px:
            return depth_mm
        # Never between two depths: between a leg and the wall behind it there is nothing.
        nearest = cv2.resize(depth_mm, camera.size_px, interpolation=cv2.INTER_NEAREST)
        return np.asarray(nearest, np.uint16)

    return scaled
