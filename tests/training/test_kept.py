"""What a fit said is asked once, and again only of other walks or another fit."""

from dataclasses import replace

import numpy as np

from clinigait.training.kept import Kept
from support.lessons import prepared


def test_a_fit_is_made_once(tmp_path) -> None:
    asked = []

    def fit():
        asked.append(1)
        return {"as filmed": np.ones((2, 3)), "in the dark": np.zeros((1, 3))}

    kept = Kept.of(tmp_path / "fits", prepared(3))
    first, second = (kept.scores(("plan", 0), fit) for _ in range(2))
    assert len(asked) == 1
    assert first.keys() == second.keys() == {"as filmed", "in the dark"}
    assert all(np.array_equal(first[name], second[name]) for name in first)
    kept.scores(("plan", 1), fit)
    Kept.of(tmp_path / "fits", prepared(4)).scores(("plan", 0), fit)
    assert len(asked) == 3
    assert not list(tmp_path.glob("*/*.half.npz"))


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = {"as filmed": np.ones(3)}
    assert Kept.of(None, prepared(3)).scores("plan", lambda: said) is said
    assert not list(tmp_path.iterdir())


def test_the_same_walks_are_the_same_whatever_else_is_known_of_them() -> None:
    people = prepared(3)
    renamed = replace(
        people, records=tuple(replace(r, values={"age_y": 60.0}) for r in people.records)
    )
    assert Kept.of(None, people) == Kept.of(None, renamed)
