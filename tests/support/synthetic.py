"""Synthetic walks that tests share."""

from __future__ import annotations

from functools import cache
from typing import Any

from clinigait.synthesis.bodies import Body, Build, body_of
from clinigait.synthesis.motion import SyntheticWalk
from clinigait.synthesis.prescription import Course, Prescription
from clinigait.synthesis.walking import walk_of


@cache
def man() -> Body:
    """Return a body of everyday size."""
    return body_of(Build(age_y=40, sex="male", stature_m=1.75, mass_kg=75))


def walk(steps: int = 12, rate_hz: float = 60.0, seed: int = 1, **commanded: Any) -> SyntheticWalk:
    """Return a walk straight along x at 1.2 m/s, or as commanded."""
    pace = {"cadence_spm": 110.0, "speed_mps": 1.2, **commanded}
    return walk_of(man(), Prescription(course=Course(steps=steps), **pace), rate_hz, seed)
