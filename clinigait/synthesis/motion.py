"""How a synthetic person moved, and all that is true of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Event, Side
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.prescription import Prescription


@dataclass(frozen=True, eq=False)
class Step:
    """One foot's stay on the floor.

    Parameters
    ----------
    side
        Which foot.
    contact_s, off_s
        When it touches the floor and when it leaves it.
    heel_m
        (2,) place of the heel on the floor, x and y of the world.
    heading_deg
        Direction of the way there, from x towards y.
    steady
        Whether it belongs to straight walking in full gait: not to starting, stopping, turning
        or freezing.
    """

    side: Side
    contact_s: float
    off_s: float
    heel_m: tuple[float, float]
    heading_deg: float
    steady: bool


@dataclass(frozen=True, eq=False)
class Motion:
    """A body's movement: T times, B bones. The world is x, y on the floor, z up, in m.

    Parameters
    ----------
    body
        Who moves.
    time_s
        (T,) times.
    bones
        (T, B, 3, 4) float32: takes points of the body at rest to the world, ``R @ p + t``; the
        place of skin is the mean of its bones' places by their weights (linear blend skinning).
    aid_points_m
        (T, 2·A, 3) ends of the A straight parts of a walking aid; A is 0 without one. Their
        thickness is that of a tube of 2.2 cm.
    """

    body: Body
    time_s: NDArray[np.float64]
    bones: NDArray[np.float32]
    aid_points_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.time_s)

    def joint_m(self, bone: str) -> NDArray[np.float64]:
        """Return (T, 3) where a bone begins."""
        index = self.body.bone(bone)
        move = self.bones[:, index].astype(np.float64)
        return np.asarray(move[:, :, :3] @ self.body.heads_m[index] + move[:, :, 3])


@dataclass(frozen=True, eq=False)
class Truth:
    """What is true of a walk, for whoever measures it.

    Parameters
    ----------
    prescription
        What was commanded.
    events
        Initial contacts and foot offs of the whole walk, in order of time.
    steps
        The stays on the floor behind them.
    parameters
        Name and side to value, over the steady strides, by the toolkit's definitions:
        ``("cadence_spm", None)``, ``("step_length_m", "left")``.
    angles_deg
        Name and side to (T,): joint angles by the toolkit's definitions, on joint centres.
    residuals
        How far what came last in rank (ranges, then curves) is from what was commanded.
    """

    prescription: Prescription
    events: tuple[Event, ...]
    steps: tuple[Step, ...]
    parameters: Mapping[tuple[str, Side | None], float]
    angles_deg: Mapping[tuple[str, Side | None], NDArray[np.float64]]
    residuals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SyntheticWalk:
    """A movement, solved in pieces so that no whole clip lies in memory, and its truth.

    Parameters
    ----------
    motions
        Pieces that follow each other in time; iterate once or often, they are made anew.
    """

    body: Body
    rate_hz: float
    n_frames: int
    truth: Truth
    motions: MotionSource

    def __iter__(self) -> Iterator[Motion]:
        return self.motions.pieces()


class MotionSource:
    """Anything that can play a movement from its beginning, as often as asked."""

    def pieces(self) -> Iterator[Motion]:
        """Yield the pieces in order."""
        raise NotImplementedError
