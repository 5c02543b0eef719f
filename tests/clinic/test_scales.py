"""Scales: what a clinician may score, and what is kept of it."""

import pytest

from clinigait.clinic.scales import SCALES, SCALES_KEY, checked, scored
from clinigait.core import BadInputError


def test_every_scale_is_sound() -> None:
    assert len({scale.key for scale in SCALES}) == len(SCALES)
    for scale in SCALES:
        assert scale.low < scale.high
        assert scale.step > 0
        assert scale.name.isprintable()
        assert scale.name_zh.isprintable()
        for end in (scale.low, scale.high):
            assert checked({scale.key: end}) == {scale.key: end}


def test_scores_come_back_in_the_order_of_the_scales() -> None:
    facts = {SCALES_KEY: checked({"moca": 27, "tug_s": 11.32})}
    assert [(s.key, s.value, s.unit) for s in scored(facts)] == [
        ("tug_s", 11.32, "s"),
        ("moca", 27, "points"),
    ]
    assert scored({}) == ()


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"berg": 57}, "0 to 56"),
        ({"berg": -1}, "0 to 56"),
        ({"berg": float("nan")}, "0 to 56"),
        ({"berg": True}, "0 to 56"),
        ({"berg": "56"}, "0 to 56"),
        ({"berg": 20.5}, "steps of 1"),
        ({"hoehn_yahr": 2.3}, "steps of 0.5"),
        ({"'; --": 1}, "no such scale"),
    ],
)
def test_an_impossible_score_is_refused(scores, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        checked(scores)
