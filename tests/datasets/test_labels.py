"""Labels from a table are words that somebody answers for, never codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigait.core import BadInputError
from clinigait.datasets.labels import read_labels


def _table(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_label_is_found_by_what_the_table_speaks_of(tmp_path: Path) -> None:
    labels = read_labels(_table(tmp_path, "\ufeffsubject, label ,note\n A ,frail,x\nB,robust,\n"))
    assert labels.of(subject="A", sequence="B") == "frail"
    assert labels.of(subject="C") is None
    assert labels.of(sequence="A") is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no column label"),
        ("subject,class\nA,x\n", "no column label"),
        ("subject,label\n", "has 0 rows"),
        ("person,label\nA,x\n", "what its labels belong to"),
        ("subject,type,label\nA,b,x\n", "what its labels belong to"),
        ("subject,label\nA,0\nB,2\n", "line 2 has the number 0.*; line 3 has the number 2"),
        ("subject,label\nA,\n", "line 2 has no label"),
        ("subject,label\n,x\n", "line 2 has no subject"),
        ("subject,label\nA,x\nA,y\n", "line 3 gives A a second label"),
        ("subject,label\nA\n", "line 2 has 1 cells for 2 columns"),
        ("subject,label,label\nA,x,y\n", "column label twice"),
        ('subject,label\n"A,x\n', "not a readable table"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BadInputError, match=why):
        read_labels(_table(tmp_path, text))


def test_the_same_label_twice_is_no_fault(tmp_path: Path) -> None:
    assert read_labels(_table(tmp_path, "subject,label\nA,x\nA,x\n")).of(subject="A") == "x"


def test_a_table_in_another_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes("subject,label\nA,f\u00fcr\n".encode("latin-1"))
    with pytest.raises(BadInputError, match="UTF-8"):
        read_labels(path)
    with pytest.raises(BadInputError, match="not a readable table"):
        read_labels(tmp_path / "none.csv")
