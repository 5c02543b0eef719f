"""The chart of where a model looked prints every number; overlays are pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.image import imread

from clinigait.report.saliency_figures import (
    AttentionTable,
    attention_chart,
    save_chart,
    save_overlay,
)
from support.assessments import saliency


def test_the_chart_prints_the_share_of_every_cell_and_leaves_out_phases_without_time() -> None:
    table = AttentionTable.of(saliency())
    more = AttentionTable(
        table.regions, (*table.phases, "unknown"), tuple((*row, 0.0) for row in table.share),
        table.area, ((0.3, 0.5), (0.1, 0.2), (0.4, 0.5)),
    )  # fmt: skip
    cells, bars = attention_chart(more).axes
    assert [text.get_text() for text in cells.texts] == [
        "25.0", "15.0", "10.0", "5.0", "30.0", "15.0",
    ]  # fmt: skip
    assert [label.get_text() for label in cells.get_yticklabels()] == ["Trunk", "Pelvis", "Feet"]
    assert np.allclose([bar.get_width() for bar in bars.patches], [40, 15, 45])


def test_pictures_are_written(tmp_path: Path) -> None:
    save_chart(AttentionTable.of(saliency()), tmp_path / "chart.png")
    assert imread(tmp_path / "chart.png").std() > 0
    pictures, attention = np.ones((3, 16, 11)), np.zeros((3, 16, 11))
    save_overlay(pictures, attention, ["a", "b", "c"], tmp_path / "empty.png")
    attention[1, 4:8] = 0.3
    save_overlay(pictures, attention, ["a", "b", "c"], tmp_path / "looked.png")
    assert (imread(tmp_path / "empty.png") != imread(tmp_path / "looked.png")).any()
