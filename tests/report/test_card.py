"""A model's card as pages: what it says is told, synthetic first; what it does not say is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from clinigait.core import BadInputError, Card
from clinigait.io.bundle import read_card, shipped_bundles
from clinigait.report.card import CardPart, card_marks, card_parts, write_card
from support.bundles import card


def _part(made: Card, title: str) -> CardPart:
    return next(part for part in card_parts(made) if part.title == title)


def _pages(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    return [page.get_textpage().get_text_range() for page in document]


@pytest.mark.parametrize("name", shipped_bundles())
def test_a_shipped_card_is_one_or_two_pages_with_all_that_matters(
    name: str, tmp_path: Path
) -> None:
    made = read_card(name)
    write_card(made, tmp_path / "card.pdf")
    pages = _pages(tmp_path / "card.pdf")
    assert 1 <= len(pages) <= 2
    text = " ".join(" ".join(pages).split())
    for wanted in (
        *(made.name, made.title, made.id, made.weights_sha256, made.intended_use),
        *(label for label in made.classes),
        *(use.licence for use in made.data),
        *(str(use.people) for use in made.data),
        *made.erased,
        *(baseline.title for baseline in made.baselines),
        str(made.training["protocol_sha256"]),
        f"{made.metrics['accuracy']:.3f}",
        f"{made.metrics['calibration_error']:.3f}",
        "Research software. Not a medical device.",
    ):
        assert " ".join(wanted.split()) in text, wanted
    assert all(f"Not for: {out}" in text for out in made.out_of_scope)


def test_that_a_model_learned_from_nobody_stands_before_all_else(tmp_path: Path) -> None:
    made = card(kind="synthetic")
    assert "synthetic walkers only" in card_marks(made)[0]
    write_card(made, tmp_path / "card.pdf")
    for page in _pages(tmp_path / "card.pdf"):
        assert "synthetic walkers only" in page.splitlines()[0]
    assert not any("synthetic" in mark for mark in card_marks(card(kind="patients")))
    assert "acted" in card_marks(card(kind="acted"))[0]
    assert "in part" in card_marks(card(kind="mixed"))[0]


def test_metrics_stand_with_their_intervals_and_beside_the_baselines() -> None:
    made = read_card("frailty_silhouette_synthetic")
    found = _part(made, "How good it is")
    assert found.head == ("On walkers left out", "Model", "Speed, age and sex")
    first = found.rows[0]
    assert first[1:] == ("0.554 (0.521 to 0.586)", "0.544 (0.512 to 0.575)")
    per_class = _part(made, "How good it is in every class")
    assert [row[0] for row in per_class.rows] == list(made.classes)


def test_a_promise_that_was_not_kept_is_told() -> None:
    title, told = "How far its probabilities can be believed", "less often than promised"
    kept = _part(read_card("pathology_side_view"), title).sentences
    broken = _part(read_card("frailty_silhouette_synthetic"), title).sentences
    assert any(told in sentence for sentence in broken)
    assert not any(told in sentence for sentence in kept)


@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"accuracy": None, "per_class": "x"},
        {"accuracy": "=1", "accuracy_ci95": "ab", "per_class": [1]},
        {"accuracy": "nan", "accuracy_ci95": [0.1]},
        {"accuracy": True, "per_class": {"robust": 3}, "set_coverage_ci95": ["a", None]},
    ],
)
def test_metrics_that_say_nothing_are_not_told(metrics: dict, tmp_path: Path) -> None:
    made = replace(card(), metrics=metrics, training={"protocol": "x", "frozen": 3, "versions": 1})
    found = _part(made, "How good it is")
    assert found.rows == ()
    assert found.sentences == ("Nobody knows: no metrics are stated.",)
    write_card(made, tmp_path / "card.pdf")


@pytest.mark.parametrize("nasty", ["<b>&amp;</para>", "\u202e\0\x1b[31m", "W" * 10_000, "=1", ""])
def test_hostile_text_is_printed_as_text(nasty: str, tmp_path: Path) -> None:
    made = card()
    data = tuple(replace(u, name=nasty, source=nasty, licence=nasty) for u in made.data)
    hostile = replace(
        made, title=nasty, learned_from=nasty, limits=(nasty,), erased=(nasty,), data=data,
        intended_use=nasty, out_of_scope=(nasty,), version=nasty, training={"command": nasty},
    )  # fmt: skip
    write_card(hostile, tmp_path / "card.pdf")
    text = "".join(_pages(tmp_path / "card.pdf"))
    assert "\x1b" not in text
    assert "\u202e" not in text
    if nasty.startswith("<b>"):
        assert "<b>&amp;</para>" in text


def test_equal_cards_give_equal_bytes_and_a_place_that_is_not_there_is_a_bad_input(
    tmp_path: Path,
) -> None:
    write_card(card(), tmp_path / "a.pdf")
    write_card(card(), tmp_path / "b.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    with pytest.raises(BadInputError):
        write_card(card(), tmp_path / "no" / "a.pdf")
