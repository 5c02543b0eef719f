"""Walk: one person's bout, every modality on one clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clinigait.core.embedding import WalkEmbedding
from clinigait.core.layout import KeypointLayout
from clinigait.core.person_pictures import PersonPictures

Sex = Literal["female", "male"]


class Depth(StrEnum):
    """How the third coordinate of a walk in metres came about."""

    MEASURED = "measured"  #: motion capture, several cameras or a depth camera
    INFERRED = "inferred"  #: a pose model guessed it from one picture


class Space(StrEnum):
    """The coordinates that keypoints are given in."""

    IMAGE_PX = "image_px"  #: x to the right, y down, in pixels of the upright frame
    CAMERA_M = "camera_m"  #: x to the right, y down, z away from the camera, in metres
    WORLD_M = "world_m"  #: x, y on the floor, z up, in metres


@dataclass(frozen=True)
class Subject:
    """What the clinician says of the person and of the walk; everything may be unknown.

    Parameters
    ----------
    code
        Pseudonymous code, never a name.
    height_m, mass_kg, age_y, sex
        Body height in m, body mass in kg, age in years, sex.
    condition
        Free text: footwear, walking aid, brace, medication state.
    """

    code: str | None = None
    height_m: float | None = None
    mass_kg: float | None = None
    age_y: float | None = None
    sex: Sex | None = None
    condition: str | None = None


@dataclass(frozen=True, eq=False)
class Silhouettes:
    """Body masks of a walk, one bit a pixel, with the crop that each was cut from.

    Parameters
    ----------
    bits
        (T, height, ceil(width / 8)) uint8, rows packed with the first pixel in the highest bit.
    width
        Width of a mask in mask pixels.
    affine
        (T, 2, 3) matrices that take image pixels (x, y, 1) to mask pixels; NaN where the masks
        came cut, and nobody knows from where.
    aid_bits
        Which pixels of the masks belong to a walking aid, packed like ``bits``; None where
        nobody looked for one.
    """

    bits: NDArray[np.uint8]
    width: int
    affine: NDArray[np.float64]
    aid_bits: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        if self.aid_bits is not None and self.aid_bits.shape != self.bits.shape:
            raise ValueError(f"aid_bits are {self.aid_bits.shape}, bits {self.bits.shape}")

    def __len__(self) -> int:
        return len(self.bits)

    def part(self, frames: slice) -> Silhouettes:
        """Return the masks of some frames."""
        aid_bits = self.aid_bits[frames] if self.aid_bits is not None else None
        return Silhouettes(self.bits[frames], self.width, self.affine[frames], aid_bits)

    def mask(self, frame: int) -> NDArray[np.bool_]:
        """Return the (height, width) mask of one frame."""
        return np.unpackbits(self.bits[frame], axis=-1, count=self.width).astype(bool)

    def aid(self, frame: int) -> NDArray[np.bool_]:
        """Return the (height, width) mask of one frame's walking aid; empty where none is known."""
        if self.aid_bits is None:
            return np.zeros((self.bits.shape[1], self.width), bool)
        return np.unpackbits(self.aid_bits[frame], axis=-1, count=self.width).astype(bool)

    @staticmethod
    def pack(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Pack a (height, width) mask into the rows of :attr:`bits`."""
        return np.packbits(mask, axis=-1)


@dataclass(frozen=True, eq=False)
class Walk:
    """One person walking, as seen by one camera.

    Parameters
    ----------
    time_s
        (T,) presentation times, strictly increasing.
    keypoints
        (T, K, D) positions in ``space``, D is 2 or 3; NaN where the point is not believed.
    confidence
        (T, K) in 0..1; 0 where the point is not believed.
    layout
        Names of the K points.
    space
        Coordinates and unit of ``keypoints``.
    depth
        How the third coordinate came about; it means nothing for walks in a picture.
    image_size_px
        (width, height) of the upright frames, where there are any.
    boxes_px
        (T, 4) person boxes x0, y0, x1, y1 in image pixels; NaN where none is known.
    body_yaw_deg
        (T,) turn of the shoulder and hip line out of the image plane, 0 when it lies along the
        camera's line of sight (a side view), 90 when it lies across it; NaN where unknown.
    silhouettes
        Body masks, one per time.
    keypoints_px
        (T, K, 2) the same points in the picture, of a walk in metres that was seen in one.
    spread_m
        (T, K) one standard deviation of the distance of each point from where it is, in m.
    scale_uncertainty
        Relative standard uncertainty that all lengths of a walk in metres share; None takes what
        is usual for its kind.
    pictures
        The walker alone, for networks that look at pictures; in memory only.
    embedding
        What a network made of the whole of it; None where none was asked, and for parts.
    subject
        What is known of the person.
    provenance
        Where the data come from: model and file hashes, film, person number.
    """

    time_s: NDArray[np.float64]
    keypoints: NDArray[np.float64]
    confidence: NDArray[np.float64]
    layout: KeypointLayout
    space: Space
    depth: Depth = Depth.MEASURED
    image_size_px: tuple[int, int] | None = None
    boxes_px: NDArray[np.float64] | None = None
    body_yaw_deg: NDArray[np.float64] | None = None
    silhouettes: Silhouettes | None = None
    keypoints_px: NDArray[np.float64] | None = None
    spread_m: NDArray[np.float64] | None = None
    scale_uncertainty: float | None = None
    pictures: PersonPictures | None = None
    embedding: WalkEmbedding | None = None
    subject: Subject = field(default_factory=Subject)
    provenance: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n_frames = len(self.time_s)
        if self.keypoints.ndim != 3 or self.keypoints.shape[2] not in (2, 3):
            raise ValueError(f"keypoints must be (T, K, 2 or 3), not {self.keypoints.shape}")
        if (self.keypoints.shape[2] == 2) != (self.space is Space.IMAGE_PX):
            raise ValueError("points of a picture have two coordinates, points in metres three")
        if self.keypoints.shape[:2] != (n_frames, len(self.layout)):
            raise ValueError(
                f"keypoints are {self.keypoints.shape[:2]}, but there are {n_frames} times and "
                f"{len(self.layout)} points in layout {self.layout.name}"
            )
        if self.confidence.shape != self.keypoints.shape[:2]:
            raise ValueError(f"confidence must be {self.keypoints.shape[:2]}")
        if n_frames and not np.isfinite(self.time_s).all():
            raise ValueError("times must be finite")
        if (np.diff(self.time_s) <= 0).any():
            raise ValueError("times must increase strictly")
        for name in ("boxes_px", "body_yaw_deg", "silhouettes"):
            part = getattr(self, name)
            if part is not None and len(part) != n_frames:
                raise ValueError(f"{name} has {len(part)} entries for {n_frames} times")
        shape = self.confidence.shape
        for name, wanted in (("keypoints_px", (*shape, 2)), ("spread_m", shape)):
            _check_shape(name, getattr(self, name), wanted)

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def duration_s(self) -> float:
        """Time from the first to the last frame in s."""
        return float(self.time_s[-1] - self.time_s[0]) if len(self) else 0.0

    def part(self, frames: slice) -> Walk:
        """Return some of the frames, with all that belongs to them."""
        return replace(
            self,
            time_s=self.time_s[frames],
            keypoints=self.keypoints[frames],
            confidence=self.confidence[frames],
            boxes_px=_cut(self.boxes_px, frames),
            body_yaw_deg=_cut(self.body_yaw_deg, frames),
            silhouettes=self.silhouettes.part(frames) if self.silhouettes is not None else None,
            keypoints_px=_cut(self.keypoints_px, frames),
            spread_m=_cut(self.spread_m, frames),
            pictures=self._pictures_of(self.time_s[frames]),
            embedding=None,
        )

    def _pictures_of(self, time_s: NDArray[np.float64]) -> PersonPictures | None:
        if self.pictures is None or not len(time_s):
            return None
        return self.pictures.between(float(time_s[0]), float(time_s[-1]))

    def with_points(self, kept: NDArray[np.bool_], layout: KeypointLayout) -> Walk:
        """Return the walk with some of its points only, which are those of ``layout``."""
        return replace(
            self,
            keypoints=self.keypoints[:, kept],
            confidence=self.confidence[:, kept],
            keypoints_px=None if self.keypoints_px is None else self.keypoints_px[:, kept],
            spread_m=None if self.spread_m is None else self.spread_m[:, kept],
            layout=layout,
        )

    def pictured(self) -> Walk:
        """Return the walk as the picture shows it; it is itself where no picture is known."""
        if self.keypoints_px is None:
            return self
        seen = np.isfinite(self.keypoints_px).all(axis=2)
        return replace(
            self,
            keypoints=self.keypoints_px,
            confidence=np.where(seen, self.confidence, 0.0),
            space=Space.IMAGE_PX,
            keypoints_px=None,
            spread_m=None,
            scale_uncertainty=None,
        )


def _check_shape(name: str, values: NDArray[np.float64] | None, wanted: tuple[int, ...]) -> None:
    if values is not None and values.shape != wanted:
        raise ValueError(f"{name} must be {wanted}, not {values.shape}")


def _cut(values: NDArray[np.float64] | None, frames: slice) -> NDArray[np.float64] | None:
    return None if values is None else values[frames]
