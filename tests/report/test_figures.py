"""The figures show every stride, tell the sides apart, and are vectors on the page."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch, Rectangle
from matplotlib.path import Path as Outline
from reportlab.pdfgen.canvas import Canvas

from clinigait.core import Measurement, Stride
from clinigait.report.figures import (
    event_timeline,
    joint_curves,
    mean_foot_off_pct,
    stride_to_stride,
)
from clinigait.report.styles import SIDE_COLOURS, TEXT_WIDTH
from clinigait.report.vector import FigureBlock
from clinigait.report.wording import ENGLISH
from support.assessments import assessed


def _measured(n_strides: int = 9, scale: str = "m") -> Measurement:
    found = assessed(n_strides, "BH" if scale == "BH" else "m").measurement
    assert found is not None
    return found


def _drawn(figure: Figure) -> pdfium.PdfPage:
    content = BytesIO()
    block = FigureBlock(figure)
    canvas = Canvas(content, pagesize=(block.width, block.height))
    block.canv = canvas
    block.draw()
    canvas.showPage()
    canvas.save()
    return pdfium.PdfDocument(content.getvalue())[0]


def test_one_panel_a_joint_with_all_strides_thin_and_the_mean_thick() -> None:
    figure = joint_curves(_measured(), ENGLISH)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["Hip (°)", "Knee (°)", "Ankle (°)"]
    for axes in figure.axes:
        thin = [c for c in axes.collections if isinstance(c, LineCollection)]
        assert [len(c.get_segments()) for c in thin] == [9, 9]
        means = [line for line in axes.lines if len(line.get_xdata()) == 101]
        assert {to_hex(line.get_color()).upper() for line in means} == set(SIDE_COLOURS.values())
        assert {line.is_dashed() for line in means} == {True, False}


def test_the_foot_off_of_each_side_is_ticked() -> None:
    measured = _measured()
    share = mean_foot_off_pct(measured.strides)
    assert share == pytest.approx({"left": 62.3, "right": 61.7}, abs=1.0)
    axes = joint_curves(measured, ENGLISH).axes[0]
    ticks = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2]
    assert set(share.values()) <= set(ticks)


def test_rejected_strides_and_missing_foot_offs_do_not_enter_the_mean() -> None:
    used = Stride(1, "left", 0.0, 1.0, 0.6, None, None)
    strides = [used, replace(used, foot_off_s=None), replace(used, rejected_because="x", end_s=9.0)]
    assert mean_foot_off_pct(strides) == {"left": pytest.approx(60.0)}


@pytest.mark.parametrize(("n_strides", "rows"), [(1, 1), (9, 2), (60, 6)])
def test_a_long_walk_takes_more_rows_but_never_more_than_six(n_strides: int, rows: int) -> None:
    figure = event_timeline(_measured(n_strides), ENGLISH)
    assert len(figure.axes) == rows


def test_every_stride_with_a_foot_off_has_its_stance_bar() -> None:
    measured = _measured(4)
    axes = event_timeline(measured, ENGLISH).axes[0]
    bars = sum(len(c.get_paths()) for c in axes.collections if isinstance(c, PolyCollection))
    assert bars == len(measured.strides)


def test_less_confident_events_are_paler() -> None:
    measured = _measured(2)
    faint = replace(
        measured, events=tuple(replace(event, confidence=0.1) for event in measured.events)
    )
    sure = replace(
        measured, events=tuple(replace(event, confidence=1.0) for event in measured.events)
    )
    brightness = [
        sum(c.get_facecolors()[:, :3].sum() for c in _bars(event_timeline(each, ENGLISH)))
        for each in (faint, sure)
    ]
    assert brightness[0] > brightness[1]


def _bars(figure: Figure) -> list[PolyCollection]:
    return [c for axes in figure.axes for c in axes.collections if isinstance(c, PolyCollection)]


@pytest.mark.parametrize("scale", ["m", "BH"])
def test_stride_time_and_step_length_are_plotted_with_their_units(scale: str) -> None:
    figure = stride_to_stride(_measured(scale=scale), ENGLISH)
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels == ["Stride time (s)", f"Step length ({scale})"]


def test_without_lengths_only_the_stride_time_is_plotted() -> None:
    measured = _measured(3)
    bare = replace(
        measured,
        strides=tuple(replace(s, values={"stride_time_s": 1.1}) for s in measured.strides),
    )
    assert len(stride_to_stride(bare, ENGLISH).axes) == 1


def test_a_measurement_without_events_or_strides_can_be_drawn() -> None:
    empty = replace(_measured(1), events=(), strides=(), curves=())
    for draw in (joint_curves, event_timeline, stride_to_stride):
        _drawn(draw(empty, ENGLISH))


def test_figures_are_vectors_with_real_text() -> None:
    for draw in (joint_curves, event_timeline, stride_to_stride):
        page = _drawn(draw(_measured(), ENGLISH))
        kinds = {obj.type for obj in page.get_objects()}
        assert pdfium_c.FPDF_PAGEOBJ_IMAGE not in kinds
        assert page.get_width() == pytest.approx(TEXT_WIDTH, abs=0.01)
    text = _drawn(joint_curves(_measured(), ENGLISH)).get_textpage().get_text_bounded()
    assert "Gait cycle (%)" in text
    assert "▲ flexion" in text


def test_nothing_is_drawn_outside_of_the_figure() -> None:
    for n_strides in (1, 9, 60):
        for draw in (joint_curves, event_timeline, stride_to_stride):
            page = _drawn(draw(_measured(n_strides), ENGLISH))
            _assert_text_inside(page)


def _assert_text_inside(page: pdfium.PdfPage) -> None:
    text = page.get_textpage()
    width, height = page.get_size()
    for index in range(text.count_chars()):
        left, bottom, right, top = text.get_charbox(index)
        assert left >= -0.5
        assert bottom >= -0.5
        assert right <= width + 0.5
        assert top <= height + 0.5


def test_curves_and_clips_of_any_shape_are_drawn_where_they_belong() -> None:
    figure = Figure(figsize=(1, 1), dpi=72)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    arch = Outline([(0, 0), (0.5, 2), (1, 0), (0, 0)], [1, 3, 3, 79])
    axes.add_patch(PathPatch(arch, facecolor="red", linewidth=0, clip_on=False))
    square = Rectangle((0, 0), 1, 1, facecolor="blue", linewidth=0, transform=axes.transAxes)
    axes.add_patch(square)
    square.set_clip_path(Circle((0.9, 0.9), 0.1, transform=axes.transAxes))
    image = _drawn(figure).render(scale=2).to_pil().convert("RGB")
    assert image.getpixel((72, 60)) == (255, 0, 0)
    assert image.getpixel((130, 14)) == (0, 0, 255)
    assert image.getpixel((10, 10)) == (255, 255, 255)


def test_a_figure_of_another_resolution_is_a_defect() -> None:
    with pytest.raises(ValueError, match="72 dots"):
        FigureBlock(Figure(dpi=100))
