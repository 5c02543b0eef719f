"""One walk, filmed: what every camera and sensor makes of it, and its truth, as files.

Pieces of the movement go by once, before all cameras at a time; of pictures only one is held.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise, tee
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from clinigait._version import __version__
from clinigait.core import (
    SYNTHETIC,
    SYNTHETIC_MARK,
    WHOLEBODY_23,
    Depth,
    KeypointLayout,
    Silhouettes,
    Space,
    Subject,
    Walk,
    marked,
)
from clinigait.io.film import DepthWriter, FilmWriter
from clinigait.io.trc import write_trc
from clinigait.io.walk import write_walk
from clinigait.synthesis.body_points import BodyPoints
from clinigait.synthesis.cameras import Camera
from clinigait.synthesis.figure import Figure
from clinigait.synthesis.forces import forces_of
from clinigait.synthesis.motion import SyntheticWalk, Truth
from clinigait.synthesis.population import Modality
from clinigait.synthesis.scene import Scene, Shot
from clinigait.synthesis.sensors import Sensor, frame_rng
from clinigait.synthesis.sensors.keypoint_error import KeypointError
from clinigait.synthesis.sensors.keypoints_3d import Seen, eye_m
from clinigait.synthesis.sensors.silhouettes import mask_of

COMMENT = f"clinigait {__version__}; {SYNTHETIC_MARK}; a synthetic walker, not a patient"


@dataclass(frozen=True, eq=False)
class Station:
    """A camera with what it records.

    Parameters
    ----------
    name
        Of the view, and of its folder.
    camera
        Where it stands.
    pictures
        Sensors by modality; ``film`` gives (H, W, 3) uint8, ``depth`` (H, W) uint16 in mm.
        Silhouettes and labels need none: they are exact.
    modalities
        What is written.
    scene
        What stands around the walker, for :class:`Scene`.
    """

    name: str
    camera: Camera
    pictures: Mapping[Modality, Sensor[Any]]
    modalities: frozenset[Modality]
    scene: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Take:
    """What is filmed.

    Parameters
    ----------
    walk
        The movement and its truth.
    figure
        Body and clothes.
    stations
        Cameras.
    modalities
        What is written.
    subject
        Who walks, as files of walks carry it.
    facts
        What else ``truth.json`` says: identity, label, population, seed.
    seed, person_seed
        Chance of the sensors hangs on the first; what a person's walks share, on the second.
    error
        What a pose model does to keypoints, where they are also wanted as estimated.
    layout
        Which keypoints.
    """

    walk: SyntheticWalk
    figure: Figure
    stations: tuple[Station, ...]
    modalities: frozenset[Modality]
    subject: Subject
    facts: Mapping[str, Any]
    seed: int
    person_seed: int = 0
    error: KeypointError | None = None
    layout: KeypointLayout = WHOLEBODY_23


def film(take: Take, folder: Path) -> None:
    """Write all files of one walk into a folder that exists.

    Raises
    ------
    OSError
        If the disk is full, or the folder cannot be written.
    """
    with ExitStack() as stack:
        rolls = [
            stack.enter_context(closing(_Roll(take, station, folder / station.name)))
            for station in take.stations
        ]
        feeds = tee(take.walk, len(rolls) + 1) if rolls else (iter(take.walk),)
        shots = [
            Scene(take.figure, roll.station.camera, **roll.station.scene).shots(feed)
            for roll, feed in zip(rolls, feeds[1:], strict=True)
        ]
        landmarks = BodyPoints(take.walk.body, take.layout)
        points: list[NDArray[np.float64]] = []
        times: list[NDArray[np.float64]] = []
        for motion in feeds[0]:
            points.append(landmarks.points_m(motion))
            times.append(motion.time_s)
            for _ in range(len(motion)):
                for roll, moments in zip(rolls, shots, strict=True):
                    roll.expose(next(moments))
        world_m, time_s = np.concatenate(points), np.concatenate(times)
        for roll in rolls:
            roll.finish(world_m, time_s)
    _write_in_space(take, world_m, time_s, folder)
    _write_truth(take, time_s, folder)


class _Roll:
    """The open files of one camera."""

    def __init__(self, take: Take, station: Station, folder: Path) -> None:
        folder.mkdir()
        self.station, self._take, self._folder = station, take, folder
        size_px = station.camera.intrinsics.size_px
        rate_hz = take.walk.rate_hz
        self._stack = ExitStack()
        self._film = self._depth = None
        self._labels: _LabelFile | None = None
        self._spools = ExitStack()
        self._masks = self._spools.enter_context(_Spool())
        self._aids = self._spools.enter_context(_Spool())
        if "film" in station.pictures:
            self._film = self._stack.enter_context(
                FilmWriter(folder / "film.mp4", size_px, rate_hz, COMMENT)
            )
        if "depth" in station.pictures:
            self._depth = self._stack.enter_context(
                DepthWriter(folder / "depth.mkv", size_px, rate_hz, COMMENT)
            )
            calibration = {**station.camera.calibration(), SYNTHETIC: True}
            _write_json(folder / "calibration.json", calibration)
        if "labels" in station.modalities:
            self._labels = self._stack.enter_context(
                _LabelFile(folder / "labels.npz", (take.walk.n_frames, size_px[1], size_px[0]))
            )

    def expose(self, shot: Shot) -> None:
        """Record one moment."""
        if self._film is not None:
            self._film.write(self._picture("film", shot), shot.time_s)
        if self._depth is not None:
            self._depth.write(self._picture("depth", shot), shot.time_s)
        if self._labels is not None:
            self._labels.append(shot.labels)
        if "silhouettes" in self.station.modalities:
            both, aid = mask_of(shot).packed()
            self._masks.append(both)
            self._aids.append(aid)

    def _picture(self, modality: Modality, shot: Shot) -> NDArray[Any]:
        sensor = self.station.pictures[modality]
        chance = frame_rng(self._take.seed, f"{sensor.name} {self.station.name}", shot.frame)
        return np.asarray(sensor.take(shot, chance))

    def finish(self, world_m: NDArray[np.float64], time_s: NDArray[np.float64]) -> None:
        """Close the films and write the walk as this camera sees it."""
        self._stack.close()
        take = self._take
        if {"keypoints", "silhouettes"} & self.station.modalities:
            confidence = np.ones(world_m.shape[:2])
            walk = self._pictured(Seen(time_s, world_m, confidence), "true")
            write_walk(replace(walk, silhouettes=self._silhouettes()), self._folder / "walk.npz")
        if take.error is not None and "estimated" in self.station.modalities:
            self._write_estimated(take.error, world_m, time_s)

    def _write_estimated(
        self, error: KeypointError, world_m: NDArray[np.float64], time_s: NDArray[np.float64]
    ) -> None:
        """Write the keypoints that a pose model would find: in the picture, and in metres."""
        take, camera = self._take, self.station.camera
        eyes_m = eye_m(camera, time_s)
        person = np.random.default_rng(take.person_seed)
        for kind, its in (("2d", error.across_only()), ("3d", error)):
            rng = frame_rng(take.seed, f"keypoints {kind} {self.station.name}", -1)
            found = its.applied(
                world_m, take.layout, take.walk.rate_hz, rng, eyes_m=eyes_m, person=person
            )
            seen = Seen(time_s, *found)
            walk = self._pictured(seen, "estimated")
            if kind == "3d":
                moments = zip(seen.points_m, time_s, strict=True)
                places = np.stack([camera.at(float(t)).apply(frame) for frame, t in moments])
                walk = replace(
                    walk,
                    keypoints=places,
                    confidence=seen.confidence,
                    space=Space.CAMERA_M,
                    depth=Depth.INFERRED,
                    image_size_px=None,
                )
            write_walk(walk, self._folder / f"estimated_{kind}.npz")

    def _pictured(self, seen: Seen, kind: str) -> Walk:
        """Return points as this camera sees them; what is outside of the picture is missing."""
        take, camera = self._take, self.station.camera
        pixels = camera.project_motion(seen.points_m, seen.time_s)
        confidence = seen.confidence * _inside(pixels, camera.intrinsics.size_px)
        return Walk(
            time_s=seen.time_s,
            keypoints=np.where(confidence[:, :, None] > 0, pixels, np.nan),
            confidence=confidence,
            layout=take.layout,
            space=Space.IMAGE_PX,
            image_size_px=camera.intrinsics.size_px,
            subject=take.subject,
            provenance={**_provenance(take, self.station.name), "keypoints": kind},
        )

    def _silhouettes(self) -> Silhouettes | None:
        if not len(self._masks):
            return None
        width = self.station.camera.intrinsics.size_px[0]
        affine = np.broadcast_to(np.eye(2, 3), (len(self._masks), 2, 3)).copy()
        return Silhouettes(self._masks.array(), width, affine, self._aids.array())

    def close(self) -> None:
        """Close what is open: after a fault the files are not used."""
        self._stack.close()
        self._spools.close()


def _inside(pixels: NDArray[np.float64], size_px: tuple[int, int]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        inside = (pixels >= -0.5) & (pixels <= np.array(size_px) - 0.5)
    return np.asarray(inside.all(axis=2), np.float64)


class _Spool:
    """Pictures of one size, kept on the disk until all are there: a long film fills no memory."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._shape: tuple[int, ...] = ()
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def append(self, picture: NDArray[np.uint8]) -> None:
        self._shape = picture.shape
        self._file.write(np.ascontiguousarray(picture).data)
        self._n += 1

    def array(self) -> NDArray[np.uint8]:
        """Return (N, ...) all pictures, mapped from the disk."""
        self._file.flush()
        return np.memmap(self._file, np.uint8, "r", shape=(self._n, *self._shape))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class _LabelFile:
    """Label maps in one compressed array file, written frame by frame."""

    def __init__(self, path: Path, shape: tuple[int, int, int]) -> None:
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        about = {SYNTHETIC: True, "labels": "clinigait.representations.body_parts.PARTS, aid last"}
        with self._archive.open("about.npy", "w") as file:
            np.lib.format.write_array(file, np.array(json.dumps(about)), allow_pickle=False)
        self._file = self._archive.open("labels.npy", "w", force_zip64=True)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)

    def append(self, labels: NDArray[np.uint8]) -> None:
        self._file.write(np.ascontiguousarray(labels).data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._archive.close()


def _provenance(take: Take, view: str) -> dict[str, str]:
    facts = {key: str(take.facts[key]) for key in ("population", "seed") if key in take.facts}
    return marked({"source": f"clinigait {__version__} synthesize", "view": view, **facts})


def _write_in_space(
    take: Take, world_m: NDArray[np.float64], time_s: NDArray[np.float64], folder: Path
) -> None:
    walk = Walk(
        time_s=time_s,
        keypoints=world_m,
        confidence=np.ones(world_m.shape[:2]),
        layout=take.layout,
        space=Space.WORLD_M,
        depth=Depth.MEASURED,
        subject=take.subject,
        provenance=_provenance(take, "world"),
    )
    if "keypoints" in take.modalities:
        write_walk(walk, folder / "walk_3d.npz")
    if "trc" in take.modalities:
        write_trc(walk, folder / "walk_3d.trc")
    if "forces" in take.modalities:
        _write_forces(take, folder)


def _write_forces(take: Take, folder: Path) -> None:
    """Write the forces of the floor; they take one more pass over the movement."""
    found = forces_of(take.walk)
    arrays = {
        "time_s": found.time_s,
        "centre_m": found.centre_m,
        "total_n": found.total_n,
        "aid_n": found.aid_n,
        **{f"{side}_foot_n": force for side, force in found.feet_n.items()},
        **{f"{side}_pressure_m": place for side, place in found.pressure_m.items()},
    }
    about = json.dumps({SYNTHETIC: True, "body_weight_n": found.body_weight_n})
    np.savez_compressed(folder / "forces.npz", about=np.array(about), **arrays)  # type: ignore[arg-type]


def _write_truth(take: Take, time_s: NDArray[np.float64], folder: Path) -> None:
    truth = take.walk.truth
    arrays = {
        name if side is None else f"{side}_{name}": values
        for (name, side), values in truth.angles_deg.items()
    }
    about = np.array(json.dumps({SYNTHETIC: True}))
    np.savez_compressed(folder / "truth.npz", about=about, time_s=time_s, **arrays)  # type: ignore[arg-type]
    content = {
        SYNTHETIC: True,
        "schema": "clinigait-truth-1",
        "clinigait_version": __version__,
        **take.facts,
        "body": asdict(take.walk.body.build),
        "rate_hz": take.walk.rate_hz,
        "n_frames": take.walk.n_frames,
        "prescription": asdict(truth.prescription),
        "parameters": [
            {"name": name, "side": side, "value": value}
            for (name, side), value in truth.parameters.items()
        ],
        "events": [
            {"kind": event.kind.value, "side": event.side, "time_s": event.time_s}
            for event in truth.events
        ],
        "steps": [asdict(step) for step in truth.steps],
        "strides": list(strides(truth)),
        "residuals": dict(truth.residuals),
        "cameras": [_camera(station, time_s) for station in take.stations],
    }
    _write_json(folder / "truth.json", content)


def strides(truth: Truth) -> Iterator[dict[str, Any]]:
    """Yield every stride of a walk: from one contact of a foot to its next."""
    for side in ("left", "right"):
        steps = [step for step in truth.steps if step.side == side]
        for first, then in pairwise(steps):
            length_m = float(np.hypot(*np.subtract(then.heel_m, first.heel_m)))
            stride_s = then.contact_s - first.contact_s
            yield {
                "side": side,
                "start_s": first.contact_s,
                "end_s": then.contact_s,
                "stride_time_s": stride_s,
                "stride_length_m": length_m,
                "stance_pct": 100 * (first.off_s - first.contact_s) / stride_s,
                "steady": first.steady and then.steady,
            }


def _camera(station: Station, time_s: NDArray[np.float64]) -> dict[str, Any]:
    """Return lens and place; of a camera that moves, its place in every frame."""
    lens = station.camera.intrinsics
    moments = time_s[:1] if station.camera.is_fixed else time_s
    places = [asdict(station.camera.at(float(moment))) for moment in moments]
    return {"name": station.name, "intrinsics": asdict(lens), "world_to_camera": places}


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: object) -> object:
    """Return a number of NumPy as one of Python."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} does not belong into JSON")
