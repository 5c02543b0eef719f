"""The label is the folder; a table of codes beside it is not believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigait.core import BadInputError
from clinigait.datasets import jhu_frailty
from clinigait.models.task import load_task
from support.pickled import body, put

FILE = "silhouettes/silhouettes.pkl"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return three people, one of each category."""
    for person, category in (("310", "Nonfrail"), ("352", "Frail"), ("9", "Prefrail")):
        put(tmp_path / person / category / FILE, body())
    return tmp_path


def test_labels_are_the_folders_in_the_words_of_the_task(root: Path) -> None:
    found = jhu_frailty.study(root)
    assert {s.person: s.label for s in found.samples} == {
        "310": "robust", "352": "frail", "9": "pre_frail",
    }  # fmt: skip
    assert set(jhu_frailty.LABELS.values()) == set(load_task("frailty").classes)
    assert found.kind == "patients"
    walk = found.samples[0].read()
    assert walk.subject.code == "9"
    assert walk.subject.condition is None
    assert len(walk.silhouettes) == 20


def test_a_table_of_codes_changes_nothing_and_that_is_said(root: Path) -> None:
    before = [(s.person, s.label) for s in jhu_frailty.study(root).samples]
    (root / "labels.csv").write_text("subject,frailty\n310,2\n352,0\n")
    found = jhu_frailty.study(root)
    assert [(s.person, s.label) for s in found.samples] == before
    assert any(limit.startswith("labels.csv was not read") for limit in found.limits)


def test_people_without_silhouettes_are_counted(root: Path) -> None:
    (root / "361" / "Frail").mkdir(parents=True)
    assert any("361" in limit for limit in jhu_frailty.study(root).limits)


def test_a_person_is_in_one_category(root: Path) -> None:
    put(root / "310" / "Frail" / FILE, body())
    with pytest.raises(BadInputError, match="310 is in two categories"):
        jhu_frailty.study(root)


def test_an_unknown_category_is_named(root: Path) -> None:
    put(root / "7" / "Weak" / FILE, body())
    with pytest.raises(BadInputError, match="7 is in the category Weak"):
        jhu_frailty.study(root)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    assert not jhu_frailty.is_here(tmp_path)
    with pytest.raises(BadInputError, match="There is no subject"):
        jhu_frailty.study(tmp_path)


def test_a_broken_pickle_is_named_when_it_is_read(root: Path) -> None:
    (root / "9" / "Prefrail" / FILE).write_bytes(b"\x80\x04")
    with pytest.raises(BadInputError, match=r"silhouettes\.pkl is not a pickle"):
        jhu_frailty.study(root).samples[0].read()
