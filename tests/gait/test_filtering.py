"""The derivative that keeps corners is one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.gait.filtering import derivative, sharp_derivative


@given(st.lists(st.floats(-3, 3), min_size=5, max_size=5))
def test_quartics_are_differentiated_exactly_inside(factors: list[float]) -> None:
    time_s = np.arange(20) / 30
    slope = sharp_derivative(np.polyval(factors, time_s), 30.0)
    exact = np.polyval(np.polyder(np.array(factors)), time_s)
    assert slope[2:-2] == pytest.approx(exact[2:-2], abs=1e-8)


def test_what_the_filter_leaves_at_its_cut_off_is_kept() -> None:
    """A sine of 6 Hz at 30 frames per second: 0.93 of its slope, where neighbours keep 0.76."""
    time_s = np.arange(300) / 30
    wave, exact = np.sin(12 * np.pi * time_s), 12 * np.pi * np.cos(12 * np.pi * time_s)
    inside = slice(5, -5)
    kept = [
        float(slope[inside] @ exact[inside] / (exact[inside] @ exact[inside]))
        for slope in (sharp_derivative(wave, 30.0), derivative(wave, 30.0))
    ]
    assert kept == pytest.approx([0.931, 0.757], abs=0.002)


def test_next_to_gaps_neighbours_serve() -> None:
    line = 2.0 * np.arange(12.0)
    line[6] = np.nan
    slope = sharp_derivative(line, 10.0)
    known = np.isfinite(slope)
    assert slope[known] == pytest.approx(20.0)
    assert np.flatnonzero(~known).tolist() == [5, 7]
    assert sharp_derivative(np.arange(3.0), 10.0) == pytest.approx(10.0)
    assert np.isnan(sharp_derivative(np.zeros(1), 10.0)).all()
