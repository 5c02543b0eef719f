"""Walks of a man at 1.2 m/s whose strides vary as usual."""

from __future__ import annotations

from typing import Any

from clinigait.synthesis.bodies import Body
from clinigait.synthesis.motion import SyntheticWalk
from clinigait.synthesis.prescription import Course, Prescription
from clinigait.synthesis.walking import walk_of
from support.walkers import body


def man() -> Body:
    """Return a body of everyday size."""
    return body(age_y=40)


def walk(steps: int = 12, rate_hz: float = 60.0, seed: int = 1, **commanded: Any) -> SyntheticWalk:
    """Return a walk straight along x at 1.2 m/s, or as commanded."""
    pace = {"cadence_spm": 110.0, "speed_mps": 1.2, **commanded}
    return walk_of(man(), Prescription(course=Course(steps=steps), **pace), rate_hz, seed)
