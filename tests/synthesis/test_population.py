"""Populations are data: checked whole, named by key where wrong, and cited."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from clinigait.core import BadInputError
from clinigait.io.protocol import load_protocol, shipped_protocols
from clinigait.synthesis.curves import upper_body_curves
from clinigait.synthesis.distributions import INFERENCE
from clinigait.synthesis.population import load_population, parse_population

SHIPPED = shipped_protocols("population")
FOLDER = Path(__file__).parents[2] / "protocols"


def test_the_eight_populations_are_there() -> None:
    assert set(SHIPPED) == {
        f"{name}_population"
        for name in (
            "healthy", "frailty", "parkinson", "parkinson_rgbd", "scoliosis", "pathology",
            "identity", "textbook_gaits",
        )
    }  # fmt: skip


def test_the_textbook_gaits_owe_nothing_to_the_acted_ones() -> None:
    textbook, acted = (load_population(f"{n}_population") for n in ("textbook_gaits", "pathology"))
    assert [group.label for group in textbook.groups] == [group.label for group in acted.groups]
    assert not any("Jun" in source.citation for source in textbook.sources.values())
    drawn = [draw for group in textbook.groups for draw in textbook.draws_of(group).values()]
    assert "jun2020" not in {source for draw in drawn for source in draw.sources()}
    curves = upper_body_curves(textbook.curves).values()
    assert all("CMU" in curve.source and "Jun" not in curve.source for curve in curves)


def test_a_population_says_by_which_fit_trunk_and_arms_move() -> None:
    begin = b"kind: population\nname: mine\nversion: '1'\ntitle: mine\nbase: healthy_population\n"
    assert parse_population(begin, "mine").curves == "captured"
    assert parse_population(begin + b"curves: cmu\n", "mine").curves == "cmu"
    with pytest.raises(BadInputError, match=r"curves: .*'captured' or 'cmu'"):
        parse_population(begin + b"curves: mine\n", "mine")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_population_is_whole_and_every_number_has_a_source(name: str) -> None:
    population = load_population(name)
    assert population.name == name
    assert len(population.sha256) == 64
    assert population.views
    for group in population.groups:
        for quantity, draw in population.draws_of(group).items():
            assert draw.source in {*population.sources, INFERENCE}, quantity
    for source in population.sources.values():
        assert source.doi or source.evidence in ("recalled", "secondary"), source.citation


@pytest.mark.parametrize("name", SHIPPED)
def test_clinical_commands_say_that_a_population_is_none_of_theirs(name: str) -> None:
    assert name not in shipped_protocols()
    with pytest.raises(BadInputError, match=r"population of synthetic walkers.*synthesize"):
        load_protocol(name)


def test_a_clinical_protocol_is_no_population() -> None:
    with pytest.raises(BadInputError, match=r"walk_sagittal is not a population.*frailty"):
        load_population("walk_sagittal")


def test_an_unknown_population_names_those_that_exist() -> None:
    with pytest.raises(BadInputError, match=r"no population martians.*healthy_population"):
        load_population("martians")


def _change(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        place: Any = data
        for key in path[:-1]:
            place = place[key]
        if to is None:
            del place[path[-1]]
        else:
            place[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_change("draws", "speed_mps", "source", to="nobody"), "draws.speed_mps.source"),
        (_change("draws", "speed_mps", "low", to="slow"), "draws.speed_mps.low"),
        (_change("draws", "speed_mps", "colour", to="red"), "draws.speed_mps.colour"),
        (_change("draws", "shoe_size", to={"source": "inference", "why": "x", "mean": 1, "sd": 1}),
         "draws.shoe_size"),
        (_change("draws", "age_y", to=None), "hangs on age_y"),
        (_change("draws", "walk_ratio_mpspm", to=None), "a gait needs"),
        (_change("draws", "cadence_spm", to={"source": "inference", "why": "x", "mean": 110,
                                             "sd": 1}), "a gait needs"),
        (_change("draws", "sex", "options", to={"female": -1}), "draws.sex"),
        (_change("groups", to=[]), "groups"),
        (_change("groups", 0, "share", to=-1), "groups.0"),
        (_change("views", 0, "size_px", to=[641, 480]), "views.0"),
        (_change("sensors", to=["smell"]), "sensors.0"),
        (_change("rate_hz", to=0), "rate_hz"),
        (_change("base", to="martians"), "base"),
        (_change("separability", to=[{"of": ["x"], "against": ["healthy"], "low": 0, "high": 1,
                                      "source": "inference"}]), "separability.0"),
        (_change("draws", "speed_mps", "sd", to=float("nan")), "draws.speed_mps.sd"),
        (_change("draws", "age_y", "high", to=float("inf")), "draws.age_y.high"),
        (_change("draws", "sex", "options", to={"other": 1}), "draws.sex.options: other is none"),
        (_change("draws", "outfit", "options", to={"toga": 1}), "draws.outfit.options"),
        (_change("draws", "course.steps", to={"source": "inference", "why": "x", "kind": "choice",
                                              "options": {"nan": 1}}), "draws.course.steps"),
        (_change("draws", "speed_mps", "slopes", to={"sex": {"per": 1, "about": 0}}),
         "draws.speed_mps.slopes: sex is no number"),
        (_change("draws", "speed_mps", "correlation", to={"of": "visit", "r": 0.5}),
         "draws.speed_mps.correlation"),
        (_change("groups", 0, "label", to="a\nb"), "groups.0"),
        (_change("groups", 0, "share", to=float("inf")), "groups.0.share"),
        (_change("views", 0, "focal_px", to=-5), "views.0"),
        (_change("views", 0, "angle_deg", to=float("nan")), "views.0.angle_deg"),
        (_change("views", 0, "height_m", to=9.0), "views.0: height_m"),
        (_change("views", 0, "shake_deg", to=-1), "views.0: shake_deg"),
    ],
)  # fmt: skip
def test_the_first_fault_is_named_by_its_key(change: Callable[[dict], None], named: str) -> None:
    data = yaml.safe_load((FOLDER / "healthy_population.yaml").read_text(encoding="utf-8"))
    change(data)
    with pytest.raises(BadInputError) as caught:
        parse_population(yaml.safe_dump(data).encode(), "mine.yaml")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_quantities_that_hang_on_each_other_are_refused() -> None:
    data = {
        "name": "mine", "version": "1", "kind": "population", "title": "Mine",
        "base": "healthy_population",
        "groups": [{"name": "all", "label": "all", "share": 1}],
        "draws": {
            name: {"source": "inference", "why": "x", "kind": "fixed", "mean": 1,
                   "slopes": {other: {"per": 1, "about": 0}}}
            for name, other in (("trait.a", "trait.b"), ("trait.b", "trait.a"))
        },
    }  # fmt: skip
    with pytest.raises(BadInputError, match=r"trait.a, trait.b"):
        parse_population(yaml.safe_dump(data).encode(), "mine.yaml")


def test_the_hash_covers_the_base_too() -> None:
    frailty = load_population("frailty_population")
    content = (FOLDER / "frailty_population.yaml").read_bytes()
    assert parse_population(content, "mine").sha256 == frailty.sha256
    assert parse_population(content + b"\n# other\n", "mine").sha256 != frailty.sha256


def test_a_base_may_build_on_another_one() -> None:
    small, whole, everybody = (
        load_population(f"{name}_population") for name in ("parkinson_rgbd", "parkinson", "healthy")
    )
    assert small.groups == whole.groups
    assert (small.rate_hz, whole.rate_hz) == (15, 30)
    assert small.draws["age_y"] == whole.draws["age_y"] != everybody.draws["age_y"]
    assert small.draws["step_width_m"] == everybody.draws["step_width_m"]
    assert small.draws["course.steps"] != whole.draws["course.steps"]
    assert len({small.sha256, whole.sha256, everybody.sha256}) == 3


def test_a_prevalence_can_be_set() -> None:
    school = load_population("scoliosis_population").with_share("positive", 0.02)
    shares = {group.name: group.share for group in school.groups}
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["positive"] == 0.02
    assert shares["negative"] / shares["neutral"] == pytest.approx(4)
    with pytest.raises(BadInputError, match="negative"):
        school.with_share("martian", 0.5)
    with pytest.raises(BadInputError, match="0 to 1"):
        school.with_share("positive", 1.5)
