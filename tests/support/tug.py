"""A figure in space that sits, rises, walks, turns and sits down by known rules.

Its pelvis follows a script of speed, heading and seat; its feet take steps to where the pelvis
will be. The same figure is given in metres, or as a pinhole camera sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BLAZEPOSE_33, KeypointLayout, Side, Space, Subject, Walk
from clinigait.core.layout import MARKERS_22

HEIGHT_M = 1.70
STEP_S = 0.55
Signal = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_THIGH_M, _SHANK_M = 0.245 * HEIGHT_M, 0.246 * HEIGHT_M
_ANKLE_M = 0.07
_STAND_M = 0.515 * HEIGHT_M
_SEAT_M = 0.29 * HEIGHT_M
_SEAT_BACK_M = 0.40
_RAMP_S = 0.8
_SWING_S = 0.76 * STEP_S
_FINE_HZ = 500.0
_SIZE_PX = (1920, 1080)
_FOCAL_PX = 1400.0


def eased(time_s: NDArray[np.float64], start_s: float, end_s: float) -> NDArray[np.float64]:
    """From 0 to 1 with the least jerk."""
    u = np.clip((time_s - start_s) / (end_s - start_s), 0, 1)
    return np.asarray(u**3 * (10 - 15 * u + 6 * u**2))


@dataclass(frozen=True, eq=False)
class Script:
    """What the figure does.

    Parameters
    ----------
    duration_s
        Of the recording.
    walks_s
        When the figure steps: (first, last) instant.
    speed_mps, heading_deg, standing, lean_deg
        By time: speed along the heading, heading, 0 seated to 1 standing, lean of the trunk.
    """

    duration_s: float
    walks_s: tuple[float, float]
    speed_mps: Signal
    heading_deg: Signal
    standing: Signal = field(default=np.ones_like)
    lean_deg: Signal = field(default=np.zeros_like)

    @property
    def fine_s(self) -> NDArray[np.float64]:
        return np.arange(-2.0, self.duration_s + 3, 1 / _FINE_HZ)

    def path_m(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """(T, 2) way of the body over the floor, without leaning back into the seat."""
        fine_s = self.fine_s
        velocity = self.speed_mps(fine_s)[:, None] * _forward(self.heading_deg(fine_s))
        path = np.cumsum(velocity, axis=0) / _FINE_HZ
        path -= path[np.searchsorted(fine_s, 0.0)]
        return np.column_stack([np.interp(time_s, fine_s, path[:, axis]) for axis in (0, 1)])

    def contacts_s(self) -> list[tuple[Side, float]]:
        """Landings of both feet in turn."""
        first, last = self.walks_s
        times = np.arange(first + 0.5, last + 1e-9, STEP_S)
        return [("left" if i % 2 else "right", float(t)) for i, t in enumerate(times)]

    def passes_s(self, level: float, after_s: float, *, rising: bool) -> float:
        """When the pelvis passes a share of its way between seat and standing."""
        fine_s = self.fine_s[self.fine_s >= after_s]
        value = self.standing(fine_s)
        return float(fine_s[np.argmax(value >= level if rising else value <= level)])

    def turns_s(self, least_degps: float = 15.0) -> list[tuple[float, float]]:
        """Stretches in which the heading changes faster than that."""
        rate = np.abs(np.gradient(self.heading_deg(self.fine_s), self.fine_s))
        edges = np.flatnonzero(np.diff((rate > least_degps).astype(int)))
        return [(float(self.fine_s[a]), float(self.fine_s[b])) for a, b in edges.reshape(-1, 2)]


@dataclass(frozen=True)
class TugTimes:
    """How long the figure takes for the parts of a timed up and go."""

    wait_s: float = 1.5
    rise_s: float = 1.0
    way_m: float = 3.0
    speed_mps: float = 1.1
    turn_s: float = 1.8
    sit_s: float = 1.3


def tug_script(times: TugTimes | None = None) -> Script:
    """Sit, stand up, walk, turn round, walk back, turn round, sit down."""
    t = times or TugTimes()
    off_s = t.wait_s + 0.4
    up_s = off_s + t.rise_s
    turn_s = up_s + _RAMP_S / 2 + t.way_m / t.speed_mps
    back_s = turn_s + t.turn_s
    stop_s = back_s + _RAMP_S / 2 + t.way_m / t.speed_mps
    down_s = stop_s + t.turn_s
    end_s = down_s + t.sit_s + t.wait_s

    def speed(at_s: NDArray[np.float64]) -> NDArray[np.float64]:
        moving = eased(at_s, up_s, up_s + _RAMP_S) - eased(at_s, stop_s - _RAMP_S / 2, stop_s + 0.4)
        slow = eased(at_s, turn_s - 0.4, turn_s + 0.4) - eased(at_s, back_s - 0.4, back_s + 0.4)
        return np.asarray(t.speed_mps * moving * (1 - 0.7 * slow))

    def heading(at_s: NDArray[np.float64]) -> NDArray[np.float64]:
        return 180 * (eased(at_s, turn_s, back_s) + eased(at_s, stop_s, down_s))

    def standing(at_s: NDArray[np.float64]) -> NDArray[np.float64]:
        return eased(at_s, off_s, up_s) - eased(at_s, down_s, down_s + t.sit_s)

    def lean(at_s: NDArray[np.float64]) -> NDArray[np.float64]:
        up = eased(at_s, t.wait_s, off_s + 0.2) - eased(at_s, off_s + 0.3, up_s)
        sit_s = down_s + t.sit_s
        down = eased(at_s, down_s, down_s + 0.6 * t.sit_s) - eased(at_s, sit_s - 0.4, sit_s)
        return np.asarray(35.0 * (up + down))

    return Script(end_s, (up_s - 0.1, down_s + 0.3), speed, heading, standing, lean)


def course_script(
    way_m: float, *, speed_mps: float = 1.2, wait_s: float = 0.0, passes: int = 1
) -> Script:
    """Walk straight on, from standing still for a while where ``wait_s`` is not 0.

    With two passes the figure turns round in 1.5 s and comes back.
    """
    way_s = way_m / speed_mps
    turn_s, back_s = wait_s + way_s, wait_s + way_s + 1.5
    end_s = turn_s if passes == 1 else back_s + way_s

    def speed(at_s: NDArray[np.float64]) -> NDArray[np.float64]:
        moving = eased(at_s, wait_s, wait_s + _RAMP_S) if wait_s else np.ones_like(at_s)
        slow = eased(at_s, turn_s - 0.4, turn_s + 0.4) - eased(at_s, back_s - 0.4, back_s + 0.4)
        return np.asarray(speed_mps * moving * (1 - 0.7 * slow * (passes > 1)))

    def heading(at_s: NDArray[np.float64]) -> NDArray[np.float64]:
        return 180 * eased(at_s, turn_s, back_s) * (passes > 1)

    walks_s = (wait_s - 0.1 if wait_s else -3.0, end_s + 2)
    return Script(end_s, walks_s, speed, heading)


def _forward(heading_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    angle = np.radians(heading_deg)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _left(heading_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    return _forward(heading_deg + 90)


def points_m(script: Script, time_s: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """(T, 3) positions by name: x, y on the floor, z up."""
    heading, standing = script.heading_deg(time_s), script.standing(time_s)
    forward, share = _forward(heading), np.clip(script.speed_mps(time_s) / 1.1, 0, 1)
    phase = np.pi * (time_s - script.walks_s[0]) / STEP_S
    place = script.path_m(time_s) - (1 - standing)[:, None] * _SEAT_BACK_M * forward
    height = _SEAT_M + standing * (_STAND_M - _SEAT_M) + 0.02 * share * np.cos(2 * phase)
    pelvis = np.column_stack([place, height])
    lean = np.radians(script.lean_deg(time_s) + 3)
    trunk = np.column_stack([np.sin(lean)[:, None] * forward, np.cos(lean)])
    chest = pelvis + 0.288 * HEIGHT_M * trunk
    head = chest + (0.936 - 0.515 - 0.288) * HEIGHT_M * trunk
    ahead = np.column_stack([forward, np.zeros(len(time_s))])
    points = {"nose": head + 0.06 * ahead, "head": head, "neck": chest, "pelvis": pelvis}
    turned = {"hip": 4 * share * np.sin(phase), "shoulder": -5 * share * np.sin(phase)}
    across = {
        name: np.column_stack([_left(heading + angle), np.zeros(len(time_s))])
        for name, angle in turned.items()
    }
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hip = pelvis + sign * 0.09 * across["hip"]
        shoulder = chest + sign * 0.18 * across["shoulder"]
        heel, toe, ankle = _foot(script, side, time_s)
        wrist = shoulder - [0, 0, 0.5] + 0.15 * sign * (share * np.sin(phase))[:, None] * ahead
        points |= {
            f"{side}_{name}": position
            for name, position in {
                "eye": head, "ear": head, "shoulder": shoulder, "hip": hip, "heel": heel,
                "toe": toe, "ankle": ankle, "knee": _knee(hip, ankle, ahead), "wrist": wrist,
                "elbow": (shoulder + wrist) / 2, "small_toe": toe,
            }.items()
        }  # fmt: skip
    return points


def _foot(
    script: Script, side: Side, time_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Heel, toe and ankle: still on the floor, or on the way to the next print."""
    landings = np.array([-9.0] + [t for s, t in script.contacts_s() if s == side])
    middles_s = np.clip(landings + 0.31 * 2 * STEP_S, None, script.duration_s + 1)
    sign = 1.0 if side == "left" else -1.0
    headings = script.heading_deg(middles_s)
    prints = script.path_m(middles_s) + sign * 0.08 * _left(headings)
    next_one = np.clip(np.searchsorted(landings, time_s), 1, max(len(landings) - 1, 1))
    if len(landings) == 1:
        landings, prints = np.append(landings, 1e9), np.repeat(prints, 2, axis=0)
        headings = np.repeat(headings, 2)
    done = np.clip((time_s - landings[next_one]) / _SWING_S + 1, 0, 1)
    way = eased(done, 0, 1)[:, None]
    place = prints[next_one - 1] * (1 - way) + prints[next_one] * way
    heading = headings[next_one - 1] * (1 - way[:, 0]) + headings[next_one] * way[:, 0]
    lift = np.sin(np.pi * done) ** 2
    forward = _forward(heading)
    heel = np.column_stack([place - 0.05 * forward, 0.12 * lift * (1 - 0.5 * done)])
    toe = np.column_stack([place + 0.15 * forward, 0.03 * lift + 0.05 * lift * done])
    ankle = np.column_stack([place, heel[:, 2] + _ANKLE_M])
    return heel, toe, ankle


def _knee(
    hip: NDArray[np.float64], ankle: NDArray[np.float64], ahead: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The knee ahead of the line from hip to ankle, by the lengths of thigh and shank."""
    along = ankle - hip
    distance = np.linalg.norm(along, axis=1, keepdims=True)
    unit = along / distance
    distance = np.minimum(distance, 0.999 * (_THIGH_M + _SHANK_M))
    share = (_THIGH_M**2 - _SHANK_M**2 + distance**2) / (2 * distance)
    normal = ahead - (ahead * unit).sum(axis=1, keepdims=True) * unit
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return np.asarray(hip + unit * share + normal * np.sqrt(np.maximum(_THIGH_M**2 - share**2, 0)))


def _times_s(script: Script, rate_hz: float) -> NDArray[np.float64]:
    return np.arange(int(script.duration_s * rate_hz) + 1) / rate_hz


def walk_in_space(
    script: Script, *, rate_hz: float = 100.0, noise_m: float = 0.0, seed: int = 0
) -> Walk:
    """Return the figure as a motion capture sees it."""
    time_s = _times_s(script, rate_hz)
    points, layout = points_m(script, time_s), MARKERS_22
    keypoints = np.stack([points[name] for name in layout.points], axis=1)
    keypoints = keypoints + np.random.default_rng(seed).normal(0, noise_m, keypoints.shape)
    subject = Subject(height_m=HEIGHT_M)
    return Walk(
        time_s, keypoints, np.ones(keypoints.shape[:2]), layout, Space.WORLD_M, subject=subject
    )


@dataclass(frozen=True)
class Camera:
    """A level pinhole camera at the height of the hips.

    Parameters
    ----------
    place_m
        Where it stands.
    looks_deg
        Heading of its line of sight: 90 sees a way along x from its right side.
    noise_px, rate_hz, seed
        Noise of the keypoints, frames per second.
    """

    place_m: tuple[float, float] = (1.6, -6.0)
    looks_deg: float = 90.0
    noise_px: float = 0.0
    rate_hz: float = 60.0
    seed: int = 0


FRONT = Camera(place_m=(10.0, 0.0), looks_deg=180.0)


def filmed(
    script: Script,
    camera: Camera | None = None,
    *,
    layout: KeypointLayout = BLAZEPOSE_33,
    height_m: float | None = HEIGHT_M,
) -> Walk:
    """Return the figure as a camera sees it."""
    camera = camera or Camera()
    time_s = _times_s(script, camera.rate_hz)
    points, looks = points_m(script, time_s), np.array(camera.looks_deg)
    rng = np.random.default_rng(camera.seed)
    keypoints = np.full((len(time_s), len(layout), 2), np.nan)
    for name in set(points) & set(layout.points):
        place = points[name][:, :2] - camera.place_m
        away, right = place @ _forward(looks), -place @ _left(looks)
        x = _SIZE_PX[0] / 2 + _FOCAL_PX * right / away
        y = _SIZE_PX[1] / 2 - _FOCAL_PX * (points[name][:, 2] - 0.9) / away
        keypoints[:, layout.index(name)] = np.column_stack([x, y])
    keypoints += rng.normal(0, camera.noise_px, keypoints.shape)
    confidence = np.where(np.isfinite(keypoints[:, :, 0]), 0.95, 0.0)
    return Walk(
        time_s,
        keypoints,
        confidence,
        layout,
        Space.IMAGE_PX,
        image_size_px=_SIZE_PX,
        subject=Subject(height_m=height_m),
    )
