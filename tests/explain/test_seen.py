"""All that a model sees has its place in body and gait cycle, and nothing is lost in the sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import GAIT_PHASES, InputSpec
from clinigait.explain.seen import by_phase, cells, see
from clinigait.gait.measure import measure
from clinigait.io.protocol import load_protocol
from support import bundles
from support.walker import Gait, synthetic_space_walk, synthetic_walk

_ANGLES = bundles.card(inputs=(InputSpec("gait_angles", {"rate_hz": 15}),))


def test_sums_over_regions_and_phases_lose_nothing() -> None:
    walk = synthetic_walk(Gait(duration_s=4.0))
    found = measure(walk, load_protocol("walk_sagittal"))
    card = bundles.card(inputs=(InputSpec("skeleton_maps", {"rate_hz": 10}),))
    seen = see(walk, card, found.events, found.near_side)
    values = np.random.default_rng(0).normal(size=seen.labels["skeleton_maps"].shape)
    table = cells(seen, {"skeleton_maps": values})
    assert table.sum(axis=1) == pytest.approx(values.sum(axis=(1, 2)))
    phases = by_phase(table, seen.phases, len(GAIT_PHASES))
    assert phases.sum(axis=1) == pytest.approx(table.sum(axis=0))
    assert {GAIT_PHASES[n] for n in np.unique(seen.phases)} >= set(GAIT_PHASES[:4])
    moments = seen.moments(0.5)
    assert (np.diff(moments) >= 0).all()
    assert np.bincount(moments).max() <= 5
    assert all(len(np.unique(seen.phases[moments == n])) == 1 for n in np.unique(moments))


def test_a_walk_that_begins_late_has_the_same_phases() -> None:
    walk = synthetic_space_walk(Gait(duration_s=4.0))
    late = replace(walk, time_s=walk.time_s + 100.0)
    protocol = load_protocol("walk_spatial")
    first, second = (see(w, _ANGLES, measure(w, protocol).events, None) for w in (walk, late))
    assert (first.phases == second.phases).all()
    assert (first.phases < GAIT_PHASES.index("unknown")).mean() > 0.7
    assert second.clip.time_s[0] == pytest.approx(100.0)
    assert {"left_foot", "right_foot", "pelvis", "head"} <= set(first.region_names)
