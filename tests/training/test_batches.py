"""Batches: sides that are known, and walks on other bodies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from clinigait.representations.clip import Clip
from clinigait.training.batches import BatchMaker
from clinigait.training.plan import Batch
from clinigait.training.prepared import Prepared
from support.lessons import plan_of, prepared

PLAN = plan_of(batch=Batch(groups=4, clips=2, frames=8))


def _maker(people: Prepared, seed: int = 0) -> BatchMaker:
    return BatchMaker(PLAN, PLAN.networks[0], people, seed)


def test_sides_are_those_of_the_records_and_unknown_elsewhere() -> None:
    people = prepared(4, 1)
    sides = ("right", "left", "", "both")
    known = zip(people.records, sides, strict=True)
    maker = _maker(replace(people, records=tuple(replace(r, side=s) for r, s in known)))
    batch = maker(0)
    wanted = {0: 0, 1: 1, 2: -1, 3: -1}
    assert [wanted[int(p)] for p in batch.people] == batch.sides.tolist()
    assert set(batch.people.tolist()) == {0, 1, 2, 3}


def _flat(value: int) -> Clip:
    return Clip({"silhouettes": np.full((24, 1, 16, 12), value, np.uint8)}, {}, np.arange(24) / 30)


def test_a_walk_and_its_variations_come_alike_often_and_by_the_step() -> None:
    people = prepared(4, 1)
    records = tuple(
        replace(r, clip=_flat(0), variations=(_flat(51), _flat(102))) for r in people.records
    )
    maker = _maker(replace(people, records=records))
    seen = [round(float(x.mean()) * 5) for step in range(60) for x in maker(step).x]
    counts = [seen.count(number) for number in (0, 1, 2)]
    assert sum(counts) == len(seen) == 480
    assert min(counts) > 110  # 160 are expected, and 10 is one standard deviation
    np.testing.assert_array_equal(maker(7).x, maker(7).x)
