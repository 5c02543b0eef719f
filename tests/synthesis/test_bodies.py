"""A body has the age, sex, stature and mass that were commanded, or is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.representations.body_parts import PARTS
from clinigait.synthesis.bodies import (
    DENSITY_KG_M3,
    Build,
    body_of,
    standing_height_m,
    volume_m3,
)
from support.walkers import body, need_bodies


@pytest.fixture(autouse=True)
def _bodies() -> None:
    need_bodies()


@settings(max_examples=15, deadline=None)
@given(
    age_y=st.floats(20, 95),
    is_male=st.booleans(),
    stature_m=st.floats(1.5, 1.9),
    bmi=st.floats(19, 32),
)
def test_adults_have_their_stature_and_mass(
    age_y: float, is_male: bool, stature_m: float, bmi: float
) -> None:
    build = Build(age_y, "male" if is_male else "female", stature_m, bmi * stature_m**2)
    found = body_of(build)
    height = standing_height_m(found.points_m, found.heads_m, found.model.bones)
    assert height == pytest.approx(stature_m, abs=1e-4)
    mass = volume_m3(found.points_m.astype(float), found.model.faces) * DENSITY_KG_M3
    assert mass == pytest.approx(build.mass_kg, abs=0.1)


@pytest.mark.parametrize(
    ("age_y", "stature_m", "mass_kg"), [(5, 1.10, 18), (9, 1.33, 29), (13, 1.57, 46)]
)
def test_children_have_theirs_too(age_y: float, stature_m: float, mass_kg: float) -> None:
    found = body_of(Build(age_y, "female", stature_m, mass_kg))
    height = standing_height_m(found.points_m, found.heads_m, found.model.bones)
    assert height == pytest.approx(stature_m, abs=1e-4)


def test_a_child_has_a_larger_head_for_its_stature_than_an_adult() -> None:
    def share(found: object) -> float:
        head = found.points_m[found.part_of_point == PARTS.index("head"), 2]  # type: ignore[attr-defined]
        return float(np.ptp(head) / found.build.stature_m)  # type: ignore[attr-defined]

    assert share(body(7, "male", 1.22, 23)) > 1.15 * share(body())


def test_left_is_at_positive_y_and_it_faces_x() -> None:
    one = body()
    assert one.head_m("foot.L")[1] > 0.05
    assert one.head_m("foot.R")[1] < -0.05
    toes = one.points_m[one.part_of_point == PARTS.index("left_foot"), 0]
    assert toes.max() - one.head_m("foot.L")[0] > 0.1


def test_soles_are_on_the_floor() -> None:
    assert body().points_m[:, 2].min() == pytest.approx(0.0, abs=1e-6)


def test_every_triangle_has_a_part_of_the_body() -> None:
    names = {PARTS[number] for number in np.unique(body().part_of_face)}
    assert names == set(PARTS) - {"background", "unknown"}


@pytest.mark.parametrize(
    ("build", "wanted"),
    [
        (Build(35, "male", 1.75, 300), "weighs 300 kg"),
        (Build(35, "male", 1.75, 20), "weighs 20 kg"),
        (Build(35, "male", 2.9, 90), "2.90 m tall"),
        (Build(7, "male", 2.6, 60), "2.60 m tall"),
        (Build(2, "male", 0.85, 12), "5 to 95 years"),
        (Build(float("nan"), "male", 1.75, 75), "5 to 95 years"),
        (Build(35, "male", float("nan"), 75), "nan"),
        (Build(35, "male", 1.75, 75, muscle=3.0), "Muscle 3"),
        (Build(35, "male", 1.75, 75, proportions=-1.0), "proportions -1"),
    ],
)
def test_impossible_bodies_are_refused_with_what_is_possible(build: Build, wanted: str) -> None:
    with pytest.raises(BadInputError) as caught:
        body_of(build)
    assert wanted in caught.value.message
    assert "Give" in caught.value.remedy
