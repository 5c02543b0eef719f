"""Who is drawn: the same people however many, inside of the published numbers, possible."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.gait import norms
from clinigait.io.protocol import shipped_protocols
from clinigait.synthesis.bodies import Build
from clinigait.synthesis.body_model import model_path
from clinigait.synthesis.distributions import Draw, Slope
from clinigait.synthesis.people import Person, person_of, prescription_of, walks_of
from clinigait.synthesis.population import Population, load_population

needs_bodies = pytest.mark.skipif(
    not model_path().exists(), reason="the shapes of bodies are not on this machine"
)


def _anybody(_: Build) -> bool:
    return True


def _people(name: str, n: int, seed: int = 0) -> list[Person]:
    population = load_population(name)
    return [person_of(population, seed, index, _anybody) for index in range(n)]


@pytest.fixture(scope="module")
def healthy() -> list[Person]:
    return _people("healthy_population", 3500)


def test_a_person_does_not_hang_on_how_many_are_drawn() -> None:
    few, many = _people("frailty_population", 3), _people("frailty_population", 30)
    assert few == many[:3]
    assert len({person.code for person in many}) == 30


def test_another_seed_has_other_people() -> None:
    ours, theirs = (_people("frailty_population", 5, seed) for seed in (0, 1))
    assert all(a.build != b.build for a, b in zip(ours, theirs, strict=True))


def test_a_quantity_more_changes_nothing_else() -> None:
    population = load_population("healthy_population")
    more = replace(
        population, draws={"trait.new": Draw(source="x", mean=0, sd=1), **population.draws}
    )
    old, new = (person_of(p, 3, 7, _anybody).values for p in (population, more))
    assert dict(old) == {name: value for name, value in new.items() if name != "trait.new"}


@pytest.mark.parametrize("n", [20, 50, 200])
def test_shares_hold_for_few_walkers_too(n: int) -> None:
    population = load_population("frailty_population")
    groups = [person.group for person in _people("frailty_population", n)]
    for group in population.groups:
        assert groups.count(group.name) == pytest.approx(n * group.share, abs=2)


def _norm_rows(parameter: str, source: str) -> list[dict[str, str]]:
    path = Path(norms.__file__).parent / "spatiotemporal.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        row for row in rows
        if row["parameter"] == parameter and row["pace"] == "usual" and source in row["source"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("parameter", "tolerance"),
    [("speed_mps", 0.06), ("cadence_spm", 5), ("stride_length_m", 0.07), ("stance_pct", 1.0)],
)
@pytest.mark.parametrize("source", ["Hollman", "Lythgo"])
def test_healthy_people_walk_as_the_tables_say(
    healthy: list[Person], parameter: str, tolerance: float, source: str
) -> None:
    for row in _norm_rows(parameter, source):
        low, high = float(row["age_min_y"]), float(row["age_max_y"]) + 1
        # The rows are interpolated: the middle of a row is where it holds.
        middle, half = (low + high) / 2, max((high - low) / 2, 1.0)
        group = [
            person for person in healthy
            if abs(person.build.age_y - middle) < half and row["sex"] in ("", person.sex)
        ]  # fmt: skip
        values = np.array([_value(person, parameter) for person in group])
        mean = (float(row["low"]) + float(row["high"])) / 2
        sd = (float(row["high"]) - float(row["low"])) / 2
        error = values.std() / np.sqrt(len(values))
        assert abs(values.mean() - mean) < tolerance + 3 * error, row
        assert 0.5 * sd < values.std() < 2.0 * sd, row


def _value(person: Person, parameter: str) -> float:
    gait = prescription_of(person.values)
    pace = gait.resolved()
    return {
        "speed_mps": pace.speed,
        "cadence_spm": pace.cadence,
        "stride_length_m": pace.stride_length,
        "stance_pct": gait.left.stance_pct,
    }[parameter]


def test_taller_people_walk_faster_with_longer_steps(healthy: list[Person]) -> None:
    adults = [p for p in healthy if 25 < p.build.age_y < 60 and p.sex == "male"]
    stature = [p.build.stature_m for p in adults]
    speed, length = ([_value(p, name) for p in adults] for name in ("speed_mps", "stride_length_m"))
    assert np.corrcoef(stature, speed)[0, 1] == pytest.approx(0.25, abs=0.1)
    assert np.corrcoef(stature, length)[0, 1] > 0.3


def test_age_shows_in_posture(healthy: list[Person]) -> None:
    def rounding(low: float, high: float) -> float:
        found = [p.values for p in healthy if low < p.build.age_y < high]
        return float(np.mean([float(v["spine.kyphosis_deg"]) for v in found]))

    assert rounding(75, 95) > rounding(50, 65) + 4 > rounding(10, 30) + 8


@pytest.mark.parametrize("name", shipped_protocols("population"))
def test_every_draw_is_a_gait_that_can_be(name: str) -> None:
    population = load_population(name)
    people = _people(name, 150)
    for person in people[::5]:
        for planned in walks_of(population, person, 0):
            gait = planned.prescription
            gait.resolved()
            assert gait.left.step_length_share + gait.right.step_length_share == pytest.approx(1)
            assert gait.left.step_time_share + gait.right.step_time_share == pytest.approx(1)
            assert gait.left.stance_pct + gait.right.stance_pct > 102
    assert sum(person.redrawn for person in people) < 15


@needs_bodies
@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_protocols("population"))
def test_most_draws_have_a_body(name: str) -> None:
    population = load_population(name)
    people = [person_of(population, 0, index) for index in range(20)]
    assert sum(person.redrawn for person in people) <= 6


def test_draws_without_a_body_are_drawn_anew_and_counted() -> None:
    population = load_population("healthy_population")
    first = person_of(population, 0, 0, _anybody)
    second = person_of(population, 0, 0, lambda build: build != first.build)
    assert second.redrawn == 1
    assert second.build != first.build
    assert second.code == first.code


def test_a_population_of_impossible_people_is_refused() -> None:
    population = load_population("healthy_population")
    with pytest.raises(BadInputError, match="No walker of the group healthy is possible"):
        person_of(population, 0, 0, lambda _: False)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"both.stance_pct": 50.5}, "leaves the floor before"),
        ({"both.stance_pct": 92.0}, "no time to swing"),
        ({"cadence_spm": 100.0, "stride_length_m": 2.0, "speed_mps": 1.0}, "not 1"),
        ({"aid": "broomstick"}, "no walking aid broomstick"),
    ],
)
def test_contradictory_parameters_are_refused(values: dict, says: str) -> None:
    gait = {"cadence_spm": 110.0, "stride_length_m": 1.3, **values}
    with pytest.raises(BadInputError, match=says):
        prescription_of(gait)


def test_the_affected_side_goes_before_the_small_difference_of_everybody() -> None:
    gait = prescription_of(
        {
            "cadence_spm": 100.0, "stride_length_m": 1.2, "affected_side": "right",
            "left.step_time_share": 0.49, "affected.step_time_share": 0.55,
            "both.stance_pct": 63.0, "affected.stance_pct": 58.0, "sided.spine.lateral_deg": 20.0,
        }
    )  # fmt: skip
    assert gait.right.step_time_share == 0.55
    assert gait.left.step_time_share == pytest.approx(0.45)
    assert (gait.left.stance_pct, gait.right.stance_pct) == (63.0, 58.0)
    assert gait.spine.lateral_deg == -20.0


def test_a_person_keeps_body_and_gait_over_visits_and_changes_clothes() -> None:
    population = load_population("identity_population")
    walks = walks_of(population, person_of(population, 0, 4, _anybody), 0)
    assert [(w.visit, w.walk) for w in walks] == [(v, w) for v in range(1, 5) for w in (1, 2)]
    assert len({w.person.build for w in walks}) == 1
    assert len({w.look for w in walks}) == 4  # of each visit, not of each walk
    assert walks[0].look.thickness_class in (0, 1)
    assert walks[4].look.thickness_class >= 3
    speeds = [w.prescription.resolved().speed for w in walks]
    assert 0 < np.std(speeds) < 0.25
    assert len({w.seed for w in walks}) == 8


def test_only_severe_parkinsons_disease_freezes_and_arms_swing_less_with_severity() -> None:
    population = load_population("parkinson_population")
    people = _people("parkinson_population", 300)
    walks = [walks_of(population, person, 0)[0] for person in people]
    assert {w.person.group for w in walks if w.prescription.freezes} == {"severity_3"}
    swings = [
        np.mean([
            min(w.prescription.left.arm_swing_deg, w.prescription.right.arm_swing_deg)
            for w in walks if w.person.group == f"severity_{severity}"
        ])
        for severity in range(4)
    ]  # fmt: skip
    assert swings == sorted(swings, reverse=True)


def _with(name: str, draw: Draw) -> Population:
    population = load_population("healthy_population")
    return replace(population, draws={**population.draws, name: draw})


@pytest.mark.parametrize(
    ("name", "draw", "says"),
    [
        ("freeze.count", Draw("x", kind="fixed", mean=1e12), "1000000000000 freezing"),
        ("thickness_class", Draw("x", kind="fixed", mean=99), "thickness class 99"),
        (
            "trait.a",
            Draw("x", kind="choice", by="sex", options_by={"other": {"1": 1}}),
            "choice by sex has no options for (fe)?male",
        ),
        (
            "trait.a",
            Draw("x", mean=1e308, sd=1, slopes={"stature_m": Slope(1e308, -1.0)}),
            "trait.a is drawn as inf",
        ),
    ],
)
def test_draws_that_mean_nothing_are_refused(name: str, draw: Draw, says: str) -> None:
    population = _with(name, draw)
    with pytest.raises(BadInputError, match=says):
        walks_of(population, person_of(population, 0, 0, _anybody), 0)


def test_a_number_too_large_for_a_computer_is_cut() -> None:
    population = _with("trait.a", Draw("x", kind="lognormal", mean=1, sd=1e6))
    for index in range(4):
        assert np.isfinite(float(person_of(population, 0, index, _anybody).values["trait.a"]))
