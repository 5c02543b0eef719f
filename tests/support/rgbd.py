"""A walker of capsules before a wall, rendered with exact depth, and folders of such recordings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Frame, Intrinsics, Space, Walk
from support.walker import Gait, synthetic_space_walk

FEET_RGBD = Path(__file__).parents[3] / "shared" / "data" / "feet_rgbd"
#: As wide as common depth cameras see.
CAMERA = Intrinsics((848, 480), 430.0, 430.0, 423.5, 239.5)
WALL_M = 5.5
_DISTANCE_M = 3.5
#: Radius at the joints in m: what lies between joint and skin.
_RADIUS_M = {
    "hip": 0.085, "knee": 0.05, "ankle": 0.035, "heel": 0.03, "toe": 0.03,
    "shoulder": 0.06, "elbow": 0.035, "wrist": 0.03,
}  # fmt: skip
_LIMBS = (
    ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("heel", "toe"), ("shoulder", "elbow"),
    ("elbow", "wrist"), ("shoulder", "hip"),
)  # fmt: skip
_SPHERES = 12

Depth = NDArray[np.uint16]
Picture = NDArray[np.uint8]


def walker(gait: Gait, heading_deg: float = 0.0, distance_m: float = _DISTANCE_M) -> Walk:
    """Return a walk in the camera's space that crosses its view at a distance."""
    walk = synthetic_space_walk(gait, heading_deg=heading_deg, space=Space.CAMERA_M)
    walk.keypoints[..., 2] += distance_m - 8.0
    return walk


def pictured(walk: Walk, camera: Intrinsics = CAMERA) -> Walk:
    """Return the walk as the camera's picture shows it, with boxes."""
    places = camera.project(walk.keypoints)
    known = places[np.isfinite(places).all(axis=2).all(axis=1)]
    assert len(known) == len(places) or np.isfinite(places).any()
    low, high = np.nanmin(places, axis=1) - 12, np.nanmax(places, axis=1) + 12
    return Walk(
        time_s=walk.time_s,
        keypoints=places,
        confidence=walk.confidence,
        layout=walk.layout,
        space=Space.IMAGE_PX,
        image_size_px=camera.size_px,
        boxes_px=np.concatenate([low, high], axis=1),
        provenance={"person": "1"},
    )


def render(
    walk: Walk, frame: int, camera: Intrinsics = CAMERA, wall_m: float = WALL_M
) -> tuple[Picture, Depth]:
    """Return colour and exact depth in mm of one frame."""
    width, height = camera.size_px
    depth = np.full((height, width), wall_m)
    colour = np.full((height, width, 3), 110, np.uint8)
    points, layout = walk.keypoints[frame], walk.layout
    for side in SIDES:
        for start, end in _LIMBS:
            ends = [points[layout.index(name, side)] for name in (start, end)]
            radii = [_RADIUS_M[start], _RADIUS_M[end]]
            shade = (60, 90, 200) if side == "left" else (200, 70, 60)
            for share in np.linspace(0, 1, _SPHERES):
                centre = (1 - share) * ends[0] + share * ends[1]
                _sphere(depth, colour, camera, centre, (1 - share) * radii[0] + share * radii[1],
                        shade)  # fmt: skip
    _sphere(depth, colour, camera, points[layout.index("nose")], 0.1, (220, 180, 150))
    return colour, np.rint(1000 * depth).astype(np.uint16)


def _sphere(
    depth: NDArray[np.float64],
    colour: Picture,
    camera: Intrinsics,
    centre: NDArray[np.float64],
    radius_m: float,
    shade: tuple[int, int, int],
) -> None:
    middle = camera.project(centre)
    if not np.isfinite(middle).all():
        return
    reach = 1.1 * camera.fx_px * radius_m / (centre[2] - radius_m) + 2
    height, width = depth.shape
    x0, y0 = (max(0, int(v - reach)) for v in middle)
    x1, y1 = min(width, int(middle[0] + reach) + 1), min(height, int(middle[1] + reach) + 1)
    if x0 >= x1 or y0 >= y1:
        return
    grid = np.stack(np.meshgrid(np.arange(x0, x1), np.arange(y0, y1)), axis=-1).astype(float)
    rays = camera.rays(grid)
    a, b = (rays**2).sum(axis=-1), rays @ centre
    inside = b**2 - a * (centre @ centre - radius_m**2)
    z = (b - np.sqrt(np.maximum(inside, 0))) / a
    nearer = (inside > 0) & (z < depth[y0:y1, x0:x1])
    depth[y0:y1, x0:x1][nearer] = z[nearer]
    colour[y0:y1, x0:x1][nearer] = shade


@dataclass(frozen=True)
class Scene:
    """A rendered recording in memory, and what is known of it."""

    walk: Walk
    camera: Intrinsics = CAMERA
    pictures: list[tuple[Picture, Depth]] = field(default_factory=list)

    def frames(self) -> Iterable[Frame]:
        for index, (colour, depth) in enumerate(self.pictures):
            yield Frame(index, float(self.walk.time_s[index]), colour, depth)


def scene(walk: Walk, camera: Intrinsics = CAMERA, wall_m: float = WALL_M) -> Scene:
    """Render all frames of a walk."""
    return Scene(walk, camera, [render(walk, i, camera, wall_m) for i in range(len(walk))])


def calibration(camera: Intrinsics = CAMERA, **more: object) -> dict[str, object]:
    """Return the content of a calibration file."""
    return {"schema": "clinigait-rgbd-1", "colour": camera_block(camera), **more}


def camera_block(camera: Intrinsics) -> dict[str, object]:
    block: dict[str, object] = {
        "width_px": camera.size_px[0], "height_px": camera.size_px[1],
        "fx_px": camera.fx_px, "fy_px": camera.fy_px, "cx_px": camera.cx_px, "cy_px": camera.cy_px,
    }  # fmt: skip
    return block | ({"distortion": list(camera.distortion)} if camera.distortion else {})


def write_folder(
    folder: Path,
    pictures: list[tuple[Picture, Depth]],
    about: dict[str, object] | None,
    *,
    colour_as: str = "png",
    depth_as: str = "png",
    rate_hz: int = 30,
) -> Path:
    """Write a recording; ``colour_as`` png or film, ``depth_as`` png or film."""
    folder.mkdir(parents=True, exist_ok=True)
    if about is not None:
        (folder / "calibration.json").write_text(json.dumps(about))
    if colour_as == "png":
        write_pictures(folder / "colour", [colour[..., ::-1] for colour, _ in pictures])
    else:
        write_film(folder / "colour.mkv", [colour for colour, _ in pictures], "rgb24", rate_hz)
    if depth_as == "png":
        write_pictures(folder / "depth", [depth for _, depth in pictures])
    else:
        write_film(folder / "depth.mkv", [depth for _, depth in pictures], "gray16le", rate_hz)
    return folder


def write_pictures(folder: Path, pictures: Iterable[NDArray]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        ok = cv2.imwrite(
            str(folder / f"{number:05d}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 1]
        )
        assert ok
    return folder


def write_film(path: Path, pictures: list[NDArray], pixel_format: str, rate_hz: int = 30) -> Path:
    """Write FFV1 in Matroska, without loss of a bit (but for colour, which goes by way of YUV)."""
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=rate_hz)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "bgr0" if pixel_format == "rgb24" else pixel_format
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=pixel_format)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
