"""People are chosen by name, by number and by range; a stranger is named."""

from __future__ import annotations

import pytest

from clinigait.core import BadInputError
from clinigait.datasets.people import chosen_people, natural


def test_numbers_in_names_count_as_numbers() -> None:
    names = ["T10", "T2", "a", "T2b", "T\u00b22"]
    assert sorted(names, key=natural)[:3] == ["T2", "T2b", "T10"]


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [(None, {"A", "B", "C"}), ("B", {"B"}), ("1-2", {"A", "B"}), ("A, 3", {"A", "C"})],
)
def test_people_are_chosen_by_name_or_number(wanted: str | None, kept: set[str]) -> None:
    assert chosen_people(["A", "B", "C"], wanted) == kept


@pytest.mark.parametrize("wanted", ["D", "0", "4", "3-1", "", "1-99", "-1"])
def test_nobody_of_that_name_is_said(wanted: str) -> None:
    with pytest.raises(BadInputError):
        chosen_people(["A", "B", "C"], wanted)
