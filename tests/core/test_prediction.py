"""Probabilities as people read them."""

import pytest

from clinigait.core import percent_text


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.0, "0 %"),
        (0.002, "< 1 %"),
        (0.01, "1 %"),
        (0.456, "46 %"),
        (0.998, "> 99 %"),
        (1, "100 %"),
    ],
)
def test_what_is_neither_sure_nor_impossible_reads_so(probability: float, text: str) -> None:
    assert percent_text(probability) == text
