"""The page of time and frequency: shades, cone, marks and honest words in both languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest

from clinigait.core import Assessment, TimeFrequency
from clinigait.report.pdf import write_report
from clinigait.report.time_frequency import time_frequency_figure
from clinigait.report.wording import wording
from support.assessments import DEFINITIONS, assessed


def _picture(name: str, side: str, strength: float = 0.3) -> TimeFrequency:
    frequency_hz = tuple(np.geomspace(0.5, 8, 12))
    time_s = tuple(np.linspace(0, 8, 60))
    rows = tuple(tuple(strength * np.exp(-((i - 6) ** 2) / 9) for _ in time_s) for i in range(12))
    spans = tuple((0.7 / hz, 8 - 0.7 / hz) if hz > 0.55 else None for hz in frequency_hz)
    return TimeFrequency(name, side, "BH/s", time_s, frequency_hz, rows, spans)


def _with(*pictures: TimeFrequency) -> Assessment:
    plain = assessed()
    return replace(plain, measurement=replace(plain.measurement, time_frequency=pictures))


_ALL = (_picture("hip", "both"), _picture("ankle", "left"), _picture("ankle", "right"))


def _text(assessment: Assessment, path: Path, language: str = "en") -> str:
    write_report(assessment, path.parent, path, DEFINITIONS, language)
    pages = pdfium.PdfDocument(path)
    return " ".join(" ".join(p.get_textpage().get_text_bounded().split()) for p in pages)


@pytest.mark.parametrize(
    ("language", "title", "diagnosis"),
    [("en", "Time and frequency", "No diagnosis follows"), ("zh", "时间与频率", "不构成诊断")],
)
def test_the_section_stands_in_the_report_and_promises_nothing(
    tmp_path, language, title, diagnosis
) -> None:
    text = _text(_with(*_ALL), tmp_path / "r.pdf", language)
    assert title in text
    assert diagnosis in text.replace(" ", "") or diagnosis in text


def test_without_pictures_there_is_no_section(tmp_path) -> None:
    assert "Time and frequency" not in _text(_with(), tmp_path / "r.pdf")


def test_a_panel_for_each_point_with_steps_and_strides_marked() -> None:
    figure = time_frequency_figure(_with(*_ALL).measurement, wording("en"))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Middle of the hips, up and down", "Left ankle, up and down", "Right ankle, up and down",
    ]  # fmt: skip
    for axes in figure.axes:
        texts = [text.get_text() for text in axes.texts]
        assert any(text.startswith("stride ") for text in texts)
        assert any(text.startswith("step ") for text in texts)


def test_shades_keep_their_order_in_grey() -> None:
    figure = time_frequency_figure(_with(*_ALL).measurement, wording("en"))
    shades = figure.axes[0].collections[0].get_facecolor()[:, :3] @ [0.299, 0.587, 0.114]
    assert (np.diff(shades) < 0).all()


def test_a_point_that_stands_still_is_drawn_all_the_same(tmp_path) -> None:
    assert "Left ankle" in _text(_with(_picture("ankle", "left", 0.0)), tmp_path / "r.pdf")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"frequency_hz": (1.0,)}, "one row a frequency"),
        ({"time_s": (0.0, 1.0)}, "one column a time"),
        ({"amplitude": ((float("nan"),) * 60,) * 12}, "no holes"),
    ],
)
def test_a_picture_that_does_not_fit_together_is_none(fault, message) -> None:
    with pytest.raises(ValueError, match=message):
        replace(_picture("hip", "both"), **fault)
