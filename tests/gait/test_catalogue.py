"""Everything that can be measured is defined, and everything that is defined can be measured."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import get_args

import numpy as np
import pytest

from clinigait.core import COCO_17, DefinitionGroup, Depth, Limit, Measurement, Protocol, Space
from clinigait.core.definition import ANY_VIEW, FRONT_VIEW, SIDE_VIEW
from clinigait.gait.catalogue import CATALOGUE, CURVE_TITLES, WITHOUT_SCALE
from clinigait.gait.catalogue_whole import WHOLE_WALK
from clinigait.gait.kinematics import CURVES
from clinigait.gait.measure import measure
from clinigait.gait.whole import WHOLE
from clinigait.io.protocol import load_protocol
from clinigait.report.text import LONG_TEXT
from clinigait.report.values import GROUPS
from clinigait.report.wording import ENGLISH
from support.walker import Gait, pictured, synthetic_space_walk, synthetic_walk

#: Unit by the end of the name, the longest that fits; without any, the value has no unit.
_UNITS = {
    "_mm_per_spm": "mm/(steps/min)", "_degps": "deg/s", "_bhps": "BH/s", "_mps": "m/s",
    "_spm": "steps/min", "_pct": "%", "_deg": "deg", "_hz": "Hz", "_bh": "BH", "_m": "m",
    "_s": "s", "_steps": "steps",
}  # fmt: skip
_WITHOUT_UNIT = (
    "speed_normalised", "step_regularity", "stride_regularity", "harmonic_ratio_vertical",
    "harmonic_ratio_forward", "harmonic_ratio_lateral", "trembling_ratio", "tremor_band_ratio",
)  # fmt: skip
#: Turns, courses and timed tests come from walks with turns: their own tests produce them.
_OF_TASKS = {name for name, definition in CATALOGUE.items() if definition.group == "task"}

_GAIT = Gait(noise_px=0.3, duration_s=9.0)
_WALKS = {
    "side": lambda: synthetic_walk(_GAIT),
    "side without scale": lambda: synthetic_walk(_GAIT, height_m=None),
    "front": lambda: pictured(synthetic_space_walk(_GAIT, heading_deg=-90, space=Space.CAMERA_M)),
    "space": lambda: synthetic_space_walk(_GAIT),
    "guessed depth": lambda: synthetic_space_walk(
        _GAIT,
        COCO_17,
        heading_deg=-90,
        space=Space.CAMERA_M,
        depth=Depth.INFERRED,
        height_m=None,
    ),
}


@cache
def _measured(kind: str) -> Measurement:
    return measure(_WALKS[kind](), _everything())


def _everything() -> Protocol:
    """Return a protocol that asks for all and refuses nothing."""
    usual = load_protocol("walk_sagittal")
    names = tuple(n for n in CATALOGUE if n not in WITHOUT_SCALE.values() and n not in _OF_TASKS)
    limits = dict.fromkeys(usual.limits, Limit(None, None))
    return replace(usual, view="any", parameters=names, curves=tuple(CURVES), limits=limits)


@pytest.mark.parametrize("definition", CATALOGUE.values(), ids=CATALOGUE)
def test_a_definition_says_all_that_a_report_prints(definition) -> None:
    assert definition.title == definition.title.strip() != ""
    assert len(definition.title) <= 40
    assert definition.definition.endswith(".")
    assert len(definition.definition) <= LONG_TEXT
    assert definition.view in (ANY_VIEW, SIDE_VIEW, FRONT_VIEW)
    assert definition.source
    assert definition.decimals in range(4)


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_unit_is_that_of_the_name(name: str) -> None:
    ending = next((end for end in _UNITS if name.endswith(end)), None)
    assert (ending is None) == (name in _WITHOUT_UNIT)
    assert CATALOGUE[name].unit == (_UNITS[ending] if ending else "")


def test_every_group_has_its_place_and_its_heading_in_the_report() -> None:
    assert set(get_args(DefinitionGroup)) | {"other"} == set(GROUPS) == set(ENGLISH.groups)
    assert {d.group for d in CATALOGUE.values()} <= set(get_args(DefinitionGroup))


def test_the_parameters_of_the_whole_walk_are_those_that_are_defined() -> None:
    assert len(WHOLE) > 20
    assert set(WHOLE) == {d.name for d in WHOLE_WALK}
    assert all(CATALOGUE[d.name] is d for d in WHOLE_WALK)


def test_only_the_forms_of_one_length_share_a_title() -> None:
    for metric, relative in WITHOUT_SCALE.items():
        assert CATALOGUE[metric].title == CATALOGUE[relative].title
        assert CATALOGUE[relative].unit == CATALOGUE[metric].unit.replace("m", "BH", 1)
        assert CATALOGUE[relative].view == CATALOGUE[metric].view
    titles = [d.title for name, d in CATALOGUE.items() if name not in WITHOUT_SCALE.values()]
    assert len(set(titles)) == len(titles)


def test_every_curve_has_a_title() -> None:
    assert set(CURVE_TITLES) == set(CURVES)


@pytest.mark.parametrize("kind", _WALKS)
def test_what_a_stride_holds_is_defined(kind: str) -> None:
    held = {name for stride in _measured(kind).strides for name in stride.values}
    assert held
    assert held <= set(CATALOGUE)


def test_what_is_defined_can_be_measured() -> None:
    had = {p.name for kind in _WALKS for p in _measured(kind).parameters if p.value is not None}
    assert set(CATALOGUE) - had == _OF_TASKS


@pytest.mark.parametrize("kind", _WALKS)
def test_a_parameter_has_a_value_within_its_interval_or_a_reason(kind: str) -> None:
    for parameter in _measured(kind).parameters:
        if parameter.value is None:
            assert parameter.reason
            assert (parameter.low, parameter.high, parameter.n) == (None, None, 0)
            continue
        assert parameter.n > 0
        assert parameter.low is not None
        assert parameter.high is not None
        assert parameter.low <= parameter.value <= parameter.high
        assert np.isfinite([parameter.low, parameter.high]).all()


@pytest.mark.parametrize(("kind", "hidden"), [("side", FRONT_VIEW), ("front", SIDE_VIEW)])
def test_what_a_camera_cannot_see_is_absent_and_it_says_where_to_film(kind, hidden) -> None:
    other = "film from the front" if kind == "side" else "film from the side"
    absent = [p for p in _measured(kind).parameters if CATALOGUE[p.name].view == hidden]
    assert len(absent) > 5
    for parameter in absent:
        assert parameter.value is None, parameter.name
        assert other in str(parameter.reason)
