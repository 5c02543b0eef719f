"""Synthetic people for tests; the shapes of bodies have to be on the machine."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from clinigait.core import BadInputError, Sex
from clinigait.synthesis.bodies import Body, Build, body_of
from clinigait.synthesis.body_model import body_model, model_path
from clinigait.synthesis.motion import SyntheticWalk
from clinigait.synthesis.prescription import Prescription, Variability
from clinigait.synthesis.walking import walk_of

EVEN = Variability(stride_time_cv_pct=0, stride_length_cv_pct=0, step_width_cv_pct=0)


def need_bodies() -> None:
    """Skip a test where the shapes of bodies are not there and cannot be made."""
    if model_path().exists():
        return
    try:
        body_model()
    except BadInputError:
        pytest.skip("the shapes of synthetic bodies are not on this machine (make bodies)")


@cache
def body(
    age_y: float = 35, sex: Sex = "male", stature_m: float = 1.75, mass_kg: float = 75
) -> Body:
    """Return a body, made once."""
    need_bodies()
    return body_of(Build(age_y, sex, stature_m, mass_kg))


def prescribed(**changes: Any) -> Prescription:
    """Return a usual gait with every stride alike, and changes."""
    usual = {"cadence_spm": 110.0, "stride_length_m": 1.3, "variability": EVEN}
    return Prescription(**{**usual, **changes})


def walk(rate_hz: float = 50, seed: int = 1, **changes: Any) -> SyntheticWalk:
    """Return a walk of the usual body."""
    return walk_of(body(), prescribed(**changes), rate_hz, seed)


def skinned(one: Body, bones: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return (T, N, 3) some points of the skin, by the definition of linear blend skinning."""
    rest = np.concatenate([one.points_m[points], np.ones((len(points), 1))], axis=1)
    moved = bones[:, one.model.skin_bones[points]].astype(np.float64)
    weights = one.model.skin_weights[points]
    return np.asarray(np.einsum("vs,tvsij,vj->tvi", weights, moved, rest, optimize=True))
