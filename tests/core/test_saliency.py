"""A table of attention fits its names, and a map that fails a check has none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.assessments import saliency


def test_the_share_of_regions_is_that_of_all_their_cells() -> None:
    found = saliency()
    assert found.of_regions(frozenset({"pelvis", "feet"})) == pytest.approx((0.6, 0.4))


def test_a_map_that_fails_a_check_has_no_tables() -> None:
    found = saliency()
    failed = replace(found.checks[0], passed=False)
    with pytest.raises(ValueError, match="is not shown"):
        replace(found, checks=(failed,))
    assert not saliency(passed=False).shown
    assert saliency(passed=False).share == ()


@pytest.mark.parametrize(
    "change",
    [
        {"share": ((0.5, 0.5),)},
        {"area": ()},
        {"frames": ((0.5,),)},
        {"net_nats": ((0.1, 0.2),)},
        {"regions": ("head", "tail", "feet")},
        {"phases": ("left_single", "landing")},
    ],
)
def test_tables_that_do_not_fit_their_names_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"does not fit|not known"):
        replace(saliency(), **change)
