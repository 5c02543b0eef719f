"""Feet roll: the sole neither slides nor sinks."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.synthesis.foot_contact import rolling, toe_bend_deg
from support.walkers import body


def test_the_ankle_rises_with_the_heel_and_with_the_toes() -> None:
    roll = rolling(body(), "left", 0.0)
    heights = roll.ankle(np.array([-20.0, 0.0, 40.0, 70.0]))[:, 2]
    assert heights[0] > heights[1] - 0.005
    assert heights[1] < heights[2] < heights[3]


def test_a_rolling_foot_goes_forward() -> None:
    ways = rolling(body(), "right", 0.0).ankle(np.linspace(-25, 80, 100))[:, 0]
    assert (np.diff(ways) > 0).all()


def test_both_feet_roll_alike() -> None:
    left, right = (rolling(body(), side, 0.0) for side in ("left", "right"))
    np.testing.assert_allclose(left.ankle_m[:, [0, 2]], right.ankle_m[:, [0, 2]], atol=2e-4)
    np.testing.assert_allclose(left.ankle_m[:, 1], -right.ankle_m[:, 1], atol=2e-4)


def test_toes_stay_flat_while_they_can() -> None:
    pitch = np.array([-10.0, 0.0, 10.0, 20.0, 90.0])
    bend = toe_bend_deg(pitch)
    assert bend[:2] == pytest.approx(0.0)
    assert bend[2:4] == pytest.approx(pitch[2:4], abs=0.2)
    assert bend[4] < 45


def test_beyond_its_table_a_foot_stays_at_the_end() -> None:
    roll = rolling(body(), "left", 0.0)
    np.testing.assert_allclose(roll.ankle(np.array([200.0])), roll.ankle_m[-1:], atol=1e-4)
