"""Reference ranges apply to those they were measured on, and to nobody else."""

import csv
from dataclasses import replace
from importlib.resources import files

import pytest

from clinigait.core import Subject
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.norms import reference_for

WOMAN_72 = Subject(age_y=72, sex="female")


def test_published_cadence_of_older_adults() -> None:
    """Hollman 2011: men 70-74 y 102 ± 8, women 75-79 y 114 ± 13 steps a minute."""
    man = reference_for("cadence_spm", Subject(age_y=70, sex="male"))
    woman = reference_for("cadence_spm", Subject(age_y=79.9, sex="female"))
    assert (man.low, man.high) == (94, 110)
    assert (woman.low, woman.high) == (101, 127)
    assert "10.1016/j.gaitpost.2011.03.024" in woman.source


@pytest.mark.parametrize(
    "subject",
    [
        Subject(),
        replace(WOMAN_72, age_y=None),
        replace(WOMAN_72, sex=None),
        replace(WOMAN_72, age_y=69.9),
        replace(WOMAN_72, age_y=90),
        replace(WOMAN_72, condition="with a stick"),
    ],
)
def test_no_applicable_reference(subject: Subject) -> None:
    assert reference_for("cadence_spm", subject) is None


def test_a_parameter_without_a_table_has_no_reference() -> None:
    assert reference_for("arm_swing_deg", WOMAN_72) is None


def test_every_row_is_sound_and_sourced() -> None:
    table = files("clinigait.gait.norms").joinpath("spatiotemporal.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    assert len(rows) == 80
    for row in rows:
        assert row["parameter"] in CATALOGUE
        assert float(row["low"]) < float(row["high"])
        assert row["doi"].startswith("10.")
        assert row["sex"] in ("female", "male")
    ages = {(r["sex"], int(r["age_min_y"]), int(r["age_max_y"])) for r in rows}
    assert len(ages) == 8


def test_the_notice_stands_beside_the_table() -> None:
    notice = files("clinigait.gait.norms").joinpath("NOTICE.md").read_text(encoding="utf-8")
    assert "CC BY-SA 4.0" in notice
