"""Cameras: how points in metres become pixels and back, and what is assumed of unknown ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

#: Focal length as a fraction of the picture's longer side: about 58 degrees of view, the middle
#: of what phones and webcams have.
_ASSUMED_FOCAL_LENGTH = 0.9
#: The same of the colour cameras beside depth cameras, which are wider, and its relative standard
#: deviation: by their data sheets they see 60 (0.87) to 90 degrees (0.5).
_ASSUMED_BESIDE_DEPTH = 0.7
ASSUMED_FOCAL_SD = 0.25
#: Steps that take lens distortion away; each gains more than a digit for lenses that are no
#: fish-eyes.
_UNDISTORT_STEPS = 12


def assumed_focal_px(size_px: tuple[int, int]) -> float:
    """Return the focal length in pixels to assume for pictures of (width, height).

    Only the split of a way into across and away from the camera, and small corrections for the
    change of distance on the way, may hang on it; never a length by itself.
    """
    return _ASSUMED_FOCAL_LENGTH * max(size_px)


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera with the usual lens distortion (Brown 1966; the order of OpenCV).

    Pixel (0, 0) is the middle of the first pixel. The axes are x to the right, y down, z away.

    Parameters
    ----------
    size_px
        (width, height) of the pictures that it holds for.
    fx_px, fy_px
        Focal lengths.
    cx_px, cy_px
        Where the line of sight meets the picture.
    distortion
        k1, k2, p1, p2, k3; None for none.
    assumed
        Whether nobody has calibrated it.
    source
        Where the numbers come from, in a few words.
    """

    size_px: tuple[int, int]
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    distortion: tuple[float, float, float, float, float] | None = None
    assumed: bool = False
    source: str = "calibration"

    def __post_init__(self) -> None:
        numbers = (self.fx_px, self.fy_px, self.cx_px, self.cy_px, *(self.distortion or ()))
        if not np.isfinite(numbers).all() or min(self.fx_px, self.fy_px, *self.size_px) <= 0:
            raise ValueError("a camera has a size and finite numbers, its focal lengths above 0")

    @classmethod
    def assumed_for(cls, size_px: tuple[int, int]) -> Intrinsics:
        """Return what is assumed of a camera beside a depth camera that nobody has calibrated.

        Lengths across the picture hang on it: they carry :data:`ASSUMED_FOCAL_SD`.
        """
        focal_px = _ASSUMED_BESIDE_DEPTH * max(size_px)
        return cls(
            size_px=size_px,
            fx_px=focal_px,
            fy_px=focal_px,
            cx_px=(size_px[0] - 1) / 2,
            cy_px=(size_px[1] - 1) / 2,
            assumed=True,
            source=f"assumed: {_ASSUMED_BESIDE_DEPTH:g} x the longer side",
        )

    def scaled_to(self, size_px: tuple[int, int]) -> Intrinsics:
        """Return the same camera for its pictures scaled to (width, height)."""
        if size_px == self.size_px:
            return self
        x, y = (new / old for new, old in zip(size_px, self.size_px, strict=True))
        return replace(
            self,
            size_px=size_px,
            fx_px=x * self.fx_px,
            fy_px=y * self.fy_px,
            cx_px=x * (self.cx_px + 0.5) - 0.5,
            cy_px=y * (self.cy_px + 0.5) - 0.5,
        )

    def project(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (…, 2) pixels of (…, 3) points; NaN for points that are not before the camera."""
        z = np.where(points_m[..., 2] > 0, points_m[..., 2], np.nan)
        plane = self._distorted(points_m[..., :2] / z[..., None])
        return np.asarray(plane * (self.fx_px, self.fy_px) + (self.cx_px, self.cy_px))

    def rays(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (…, 3) directions of (…, 2) pixels, with 1 for their way along the line of sight.

        Times the distance along the line of sight (what depth pictures hold) they are points.
        """
        wanted = (pixels - (self.cx_px, self.cy_px)) / (self.fx_px, self.fy_px)
        plane = wanted
        if self.distortion is not None:
            for _ in range(_UNDISTORT_STEPS):
                plane = plane + wanted - self._distorted(plane)
        return np.concatenate([plane, np.ones((*plane.shape[:-1], 1))], axis=-1)

    def back_project(
        self, pixels: NDArray[np.float64], z_m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (…, 3) points in m of (…, 2) pixels at (…,) distances along the line of sight."""
        return np.asarray(self.rays(pixels) * z_m[..., None])

    def _distorted(self, plane: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.distortion is None:
            return plane
        k1, k2, p1, p2, k3 = self.distortion
        x, y = plane[..., 0], plane[..., 1]
        r2 = x * x + y * y
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        return np.stack(
            [
                x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
                y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
            ],
            axis=-1,
        )


@dataclass(frozen=True)
class Extrinsics:
    """Where one camera stands as another sees it: p' = rotation @ p + translation.

    Parameters
    ----------
    rotation
        Three rows of a rotation matrix.
    translation_m
        In m.
    """

    rotation: tuple[tuple[float, float, float], ...]
    translation_m: tuple[float, float, float]

    def __post_init__(self) -> None:
        matrix = np.array(self.rotation, dtype=np.float64)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
            raise ValueError("a rotation has three rows of three numbers")
        if np.abs(matrix @ matrix.T - np.eye(3)).max() > 0.01 or np.linalg.det(matrix) < 0:
            raise ValueError("the rows are at right angles, of length 1, and mirror nothing")
        if not np.isfinite(self.translation_m).all():
            raise ValueError("a translation is finite")

    def apply(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (…, 3) points as the other camera sees them."""
        return np.asarray(points_m @ np.array(self.rotation).T + np.array(self.translation_m))
