"""What a pose model does to true keypoints, with numbers fitted to real ones.

The fit (``keypoint_error.json``, made by ``examples/fit_the_virtual_clinic.py``) is of 3-D joints
that a lifting model made of frontal films. Of the truth only body-worn sensors' parameters are
known, so only what can be told without it is fitted: bone lengths do not change and say how a
joint's error moves; the body as a whole does not jump along the line of sight; speed by sensors
says how far the path is out; right and left mirror each other in the mean. Frontal films alone
were fitted: that other views behave alike is assumed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from clinigait.core import SIDES, BadInputError, KeypointLayout

Array = NDArray[np.float64]
#: Points that were not fitted behave like the joint they are near to.
_LIKE = {
    **dict.fromkeys(("heel", "toe", "small_toe", "foot"), "ankle"),
    **dict.fromkeys(("pinky", "index", "thumb", "hand", "hand_tip"), "wrist"),
    **dict.fromkeys(("nose", "eye", "eye_inner", "eye_outer", "ear", "mouth"), "head"),
    "head_top": "head",
    "neck": "thorax",
    "pelvis": "hip",
}
_LEG = ("hip", "knee", "ankle")
#: Bones from the trunk outwards, and what hangs on their far ends.
_BONES = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
_BEYOND = {
    "knee": ("knee", "ankle"), "ankle": ("ankle",), "elbow": ("elbow", "wrist"), "wrist": ("wrist",)
}  # fmt: skip


@dataclass(frozen=True)
class KeypointError:
    """How keypoints differ from the truth. Standard deviations are for each axis.

    Parameters
    ----------
    joint_sd_m
        By joint: of its own error across the line of sight.
    depth_ratio
        The same along the line of sight, as a multiple.
    memory_s, white_share
        The error's time constant (first-order autoregressive), and the share of its variance that
        is new in every frame.
    gait_locked
        By limb (``leg``, ``arm``): error for each m that a joint moves against the pelvis; it
        repeats with every stride, as a random linear map that is drawn once a walk.
    bias_sd_m
        Of an offset that stays for the whole walk.
    body_depth_sd_m, body_across_sd_m
        Of the jitter of the whole body, new in every frame.
    path_log_bias, path_log_person_sd, path_log_walk_sd
        Of the logarithm of the factor by which the way on the floor is out: mean, between people,
        between walks of a person.
    gap_share, gap_s
        Share of the points that are missing, and how long a gap lasts in the mean.
    swap_per_min, swap_s
        How often left and right legs are exchanged, and for how long in the mean.
    """

    joint_sd_m: Mapping[str, float]
    depth_ratio: float
    memory_s: float
    white_share: float
    gait_locked: Mapping[str, float]
    bias_sd_m: float
    body_depth_sd_m: float
    body_across_sd_m: float
    path_log_bias: float
    path_log_person_sd: float
    path_log_walk_sd: float
    gap_share: float = 0.0
    gap_s: float = 0.2
    swap_per_min: float = 0.0
    swap_s: float = 0.1

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            numbers = list(value.values()) if isinstance(value, Mapping) else [value]
            signed = item.name == "path_log_bias"
            if not all(math.isfinite(n) and (signed or n >= 0) for n in numbers):
                raise BadInputError(
                    f"A keypoint error cannot have {item.name} = {value}.",
                    "Give finite numbers, none below 0.",
                )
        if self.white_share > 1 or self.gap_share >= 1 or min(self.gap_s, self.swap_s) <= 0:
            raise BadInputError(
                "Shares of a keypoint error lie between 0 and 1, times above 0.",
                "Correct white_share, gap_share, gap_s or swap_s.",
            )

    def across_only(self) -> KeypointError:
        """Return what of it shows in a picture: nothing along the line of sight, no false path."""
        return replace(
            self,
            depth_ratio=0.0,
            body_depth_sd_m=0.0,
            path_log_bias=0.0,
            path_log_person_sd=0.0,
            path_log_walk_sd=0.0,
        )

    def times(self, factor: float) -> KeypointError:
        """Return a larger or smaller error of the same kind."""
        return replace(
            self,
            joint_sd_m={name: factor * sd for name, sd in self.joint_sd_m.items()},
            gait_locked={limb: factor * gain for limb, gain in self.gait_locked.items()},
            bias_sd_m=factor * self.bias_sd_m,
            body_depth_sd_m=factor * self.body_depth_sd_m,
            body_across_sd_m=factor * self.body_across_sd_m,
            path_log_bias=factor * self.path_log_bias,
            path_log_person_sd=factor * self.path_log_person_sd,
            path_log_walk_sd=factor * self.path_log_walk_sd,
        )

    def applied(
        self,
        points_m: Array,
        layout: KeypointLayout,
        rate_hz: float,
        rng: np.random.Generator,
        *,
        eyes_m: Array | None = None,
        person: np.random.Generator | None = None,
    ) -> tuple[Array, Array]:
        """Return (T, K, 3) disturbed points, NaN in gaps, and their (T, K) confidence.

        Parameters
        ----------
        points_m
            (T, K, 3) true points of the world, with both hips.
        layout
            Their names.
        rate_hz
            Frames a second.
        rng
            All chance comes from it.
        eyes_m
            (T, 3) where the camera stands; None looks along x.
        person
            What a person's walks share; None draws a person for this walk.
        """
        hips = (layout.index("hip", "left"), layout.index("hip", "right"))
        pelvis = points_m[:, hips].mean(axis=1)
        sight = _sight(pelvis, eyes_m)
        own = points_m - pelvis[:, None]
        error = self._remembered(own.shape, layout, rate_hz, rng)
        error += rng.normal(0, self.bias_sd_m, own.shape[1:])
        error += self._locked(own, points_m[:, hips], layout, rng)
        along = np.einsum("tki,ti->tk", error, sight)[..., None] * sight[:, None]
        body = self._body(sight, rng)
        shown = own + error + (self.depth_ratio - 1) * along
        _keep_lengths(shown, own + error, layout)
        path = pelvis.copy()
        path[:, :2] += (self._path_factor(rng, person or rng) - 1) * (
            pelvis[:, :2] - pelvis[:, :2].mean(axis=0)
        )
        disturbed = shown + (path + body)[:, None]
        disturbed = self._swapped(disturbed, layout, rate_hz, rng)
        missing = _spells(self.gap_share, self.gap_s * rate_hz, own.shape[:2], rng)
        disturbed[missing] = np.nan
        return disturbed, np.where(missing, 0.0, 0.9)

    def _remembered(
        self,
        shape: tuple[int, ...],
        layout: KeypointLayout,
        rate_hz: float,
        rng: np.random.Generator,
    ) -> Array:
        sd_m = np.array([self.joint_sd_m[_joint(name)] for name in layout.points])
        slow = autoregressive(shape, self.memory_s * rate_hz, rng)
        new = rng.normal(size=shape)
        mixed = math.sqrt(1 - self.white_share) * slow + math.sqrt(self.white_share) * new
        return np.asarray(mixed * sd_m[:, None])

    def _locked(
        self, own: Array, hips: Array, layout: KeypointLayout, rng: np.random.Generator
    ) -> Array:
        """Errors that follow the pose: a random map of how each joint moves against the pelvis."""
        across = hips[:, 0] - hips[:, 1]
        yaw = np.arctan2(-across[:, 0], across[:, 1])
        cosine, sine, none, one = np.cos(yaw), np.sin(yaw), 0 * yaw, 1 + 0 * yaw
        turn = np.array([[cosine, -sine, none], [sine, cosine, none], [none, none, one]])
        turn = turn.transpose(2, 0, 1)
        inner = own @ turn
        gain = np.array(
            [self.gait_locked["leg" if _joint(n) in _LEG else "arm"] for n in layout.points]
        )
        maps = rng.normal(size=(len(gain), 3, 3)) * gain[:, None, None]
        moved = np.einsum("kij,tkj->tki", maps, inner - inner.mean(axis=0))
        return np.asarray(moved @ turn.transpose(0, 2, 1))

    def _body(self, sight: Array, rng: np.random.Generator) -> Array:
        jitter = rng.normal(0, self.body_across_sd_m, sight.shape)
        jitter -= (jitter * sight).sum(axis=1, keepdims=True) * sight
        return np.asarray(jitter + rng.normal(0, self.body_depth_sd_m, (len(sight), 1)) * sight)

    def _path_factor(self, rng: np.random.Generator, person: np.random.Generator) -> float:
        log = self.path_log_bias + person.normal(0, self.path_log_person_sd)
        return math.exp(log + rng.normal(0, self.path_log_walk_sd))

    def _swapped(
        self, points: Array, layout: KeypointLayout, rate_hz: float, rng: np.random.Generator
    ) -> Array:
        share = self.swap_per_min / 60 * self.swap_s
        swapped = _spells(min(share, 0.9), self.swap_s * rate_hz, (len(points), 1), rng)[:, 0]
        partner = np.array(layout.mirrored())
        for index, name in enumerate(layout.points):
            if _joint(name) not in _LEG:
                partner[index] = index
        return np.where(swapped[:, None, None], points[:, partner], points)


def _joint(point: str) -> str:
    """Return the fitted joint that a point of any layout behaves like."""
    first, _, rest = point.partition("_")
    name = rest if first in ("left", "right") else point
    return _LIKE.get(name, name)


def _keep_lengths(shown: Array, flat: Array, layout: KeypointLayout) -> None:
    """Give the bones of ``shown`` the lengths of ``flat``, in place.

    A lifting model is unsure how far a limb is turned towards the camera, not how long it is:
    what errs more along the line of sight turns bones, and does not stretch them.
    """
    joints = [_joint(name) for name in layout.points]
    for side in SIDES:
        for near, far in _BONES:
            if f"{side}_{near}" not in layout or f"{side}_{far}" not in layout:
                continue
            start, end = layout.index(near, side), layout.index(far, side)
            bone = shown[:, end] - shown[:, start]
            wanted_m = np.linalg.norm(flat[:, end] - flat[:, start], axis=1, keepdims=True)
            length_m = np.linalg.norm(bone, axis=1, keepdims=True)
            shift = bone * (wanted_m / np.maximum(length_m, 1e-9) - 1)
            beyond = _BEYOND[far]
            moved = [
                k
                for k, name in enumerate(layout.points)
                if name.startswith(side) and joints[k] in beyond
            ]
            shown[:, moved] += shift[:, None]


def _sight(pelvis_m: Array, eyes_m: Array | None) -> Array:
    away = np.array([1.0, 0.0, 0.0]) + 0 * pelvis_m if eyes_m is None else pelvis_m - eyes_m
    return np.asarray(away / np.linalg.norm(away, axis=1, keepdims=True))


def autoregressive(shape: tuple[int, ...], memory_frames: float, rng: np.random.Generator) -> Array:
    """Return (T, …) noise of mean 0 and variance 1 whose correlation falls by e in that time."""
    rho = math.exp(-1 / memory_frames) if memory_frames > 0 else 0.0
    new = rng.normal(size=shape)
    new[1:] *= math.sqrt(1 - rho**2)
    return np.asarray(lfilter([1.0], [1.0, -rho], new, axis=0))


def _spells(
    share: float, mean_frames: float, shape: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return (T, K) whether a spell is on: a two-state chain with that share and mean length."""
    if share <= 0:
        return np.zeros(shape, bool)
    ends = 1 / max(mean_frames, 1.0)
    begins = min(1.0, ends * share / (1 - share))
    chance = rng.random(shape)
    state = chance[0] < share
    states = np.empty(shape, bool)
    states[0] = state
    for frame in range(1, shape[0]):
        state = np.where(state, chance[frame] >= ends, chance[frame] < begins)
        states[frame] = state
    return states


@cache
def fitted_error() -> KeypointError:
    """Return the error of 3-D joints that a lifting model makes of a film, as it was fitted."""
    numbers = _shipped()["error"]
    if not isinstance(numbers, dict):
        raise TypeError("keypoint_error.json has no error")
    return KeypointError(**numbers)


def fitted_targets() -> Mapping[str, Mapping[str, float]]:
    """Return what was seen of bone lengths in the real joints, by bone; see the fit."""
    targets = _shipped()["seen"]
    if not isinstance(targets, dict):
        raise TypeError("keypoint_error.json says nothing of what was seen")
    return targets


@cache
def _shipped() -> dict[str, object]:
    text = (
        files("clinigait.synthesis.sensors")
        .joinpath("keypoint_error.json")
        .read_text(encoding="utf-8")
    )
    return dict(json.loads(text))
