"""What the narrator learns from."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.explain.narration.learn import exemplars, lessons, names_of
from clinigait.explain.narration.narrator import narrator_card
from clinigait.findings import title_in

LANGUAGES = ("en", "zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_lesson_holds_a_number_or_a_name_that_is_kept_back(language) -> None:
    unseen = ("toe_clearance_m",)
    names = names_of(language, unseen)
    kept = "toe clearance" if language == "en" else title_in("zh", unseen[0], "")
    drawn = lessons(language, names, 400, np.random.default_rng(0))
    text = "".join(one.line + one.sentence for one in drawn)
    assert kept not in text
    assert not any(sign.isdigit() for sign in text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_seed_draws_the_same_lessons_of_every_kind(language) -> None:
    names = names_of(language, ())
    first, again = (lessons(language, names, 400, np.random.default_rng(7)) for _ in range(2))
    assert first == again
    assert len({one.sentence.split("V")[-1] for one in first}) > 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_in_the_card_are_made_of_frames(language) -> None:
    card = narrator_card()
    names = names_of(language, card["unseen"])
    start = exemplars(language, names, {"en": (0, 1, 5), "zh": (0, 2)}[language])
    assert start == card["languages"][language]["start"]
