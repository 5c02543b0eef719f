"""The viewer's data: what is drawn is what was measured, and what comes back is looked at first."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("streamlit", reason="the extra `clinic` is not installed")
pytest.importorskip("clinigait.apps", reason="clinigait.apps is not linked or installed")

from clinigait.apps.dashboard import viewer
from clinigait.apps.dashboard.review.draft import Draft, plain_data, tried
from clinigait.apps.dashboard.session import Session
from clinigait.apps.dashboard.viewer.figure import figure_of
from clinigait.apps.dashboard.viewer.signals import curves_of
from clinigait.clinic.review import Opened, opened
from clinigait.core import MANUAL, EventKind, Space
from clinigait.store import Store, open_store
from support.clinics import quick_passwords
from support.reviewing import Visit, assessed_visit


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Visit, Opened]]:
    """Return one assessed walk; tests of this fixture change nothing."""
    folder = tmp_path_factory.mktemp("viewer")
    with quick_passwords():
        store = open_store(folder / "data")
        made = assessed_visit(store, folder)
    yield store, made, opened(store, made.doctor, made.assessment)
    store.close()


def _points(drawn: dict) -> np.ndarray:
    whole = np.frombuffer(base64.b64decode(drawn["points"]), "<i2").astype(float)
    whole[whole == -32768] = np.nan
    return whole.reshape(-1, drawn["n_points"], 2) / drawn["per_px"]


def test_the_skeleton_lies_where_the_points_were_found(case: tuple[Store, Visit, Opened]) -> None:
    _, _, found = case
    walk = replace(found.walk, image_size_px=(1920, 1080))
    drawn = figure_of(walk, found.assessment)
    points = _points(drawn)[:, : len(walk.layout)]
    seen = np.isfinite(walk.keypoints).all(axis=2)
    assert np.array_equal(np.isfinite(points).all(axis=2), seen)
    assert np.abs(points - walk.keypoints)[seen].max() <= 0.5 / drawn["per_px"] + 1e-6
    for start, end, side in drawn["limbs"]:
        names = walk.layout.points[start], walk.layout.points[end]
        assert side in {"left", "right", ""}
        assert all(name.startswith(f"{side}_") for name in names if side)


def test_a_walk_without_a_picture_stands_on_a_ground(case: tuple[Store, Visit, Opened]) -> None:
    _, _, found = case
    x, y = np.moveaxis(found.walk.keypoints / 300, 2, 0)
    spatial = replace(
        found.walk, keypoints=np.stack([x, np.zeros_like(x), -y], axis=2), space=Space.WORLD_M
    )
    drawn = figure_of(spatial, found.assessment)
    points = _points(drawn)
    width, height = drawn["size"]
    assert np.nanmin(points) > 0
    assert np.nanmax(points[:, :, 0]) < width
    assert np.nanmax(points[:, :, 1]) < height
    assert (
        drawn["ground_at_px"][-1] - drawn["ground_at_px"][0] > width
    )  # it passes under the figure


def test_the_curves_are_those_of_the_walk(case: tuple[Store, Visit, Opened]) -> None:
    _, _, found = case
    curves = {one["name"]: one for one in curves_of(found.walk, found.assessment, shift_s=2.0)}
    assert {"foot_height", "foot_speed", "knee_flexion_deg"} <= set(curves)
    times = [pair[0] for pair in curves["knee_flexion_deg"]["left"]]
    bout = found.assessment.measurement.bouts[0]
    assert times == sorted(times)
    assert times[0] == pytest.approx(bout.start_s + 2.0, abs=0.05)
    knee = [pair[1] for pair in curves["knee_flexion_deg"]["left"] if pair[1] is not None]
    assert 30 < max(knee) < 90


def test_events_and_strides_are_told_as_they_are(case: tuple[Store, Visit, Opened]) -> None:
    _, _, found = case
    measurement = found.assessment.measurement
    told = viewer.measured(found.assessment, {1: "why not"})
    assert [e["time_s"] for e in told["events"]] == [e.time_s for e in measurement.events]
    assert {s["number"]: s["note"] for s in told["strides"]}[1] == "why not"
    assert not any(e["manual"] for e in told["events"])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(said=_JSON)
def test_whatever_a_browser_sends_is_an_edit_or_is_refused(
    case: tuple[Store, Visit, Opened], said: object
) -> None:
    store, made, found = case
    session = Session(store, made.doctor, "en", "")
    draft = tried(session, found, Draft(made.assessment), {"serial": 3, "edits": [said]})
    assert draft.corrections == ()
    assert viewer.Asked.of(said) is None or isinstance(said, dict)
    assert tried(session, found, Draft(made.assessment), said).corrections == ()


def test_an_edit_is_computed_and_one_that_cannot_be_leaves_the_last_one(
    case: tuple[Store, Visit, Opened],
) -> None:
    store, made, found = case
    session = Session(store, made.doctor, "en", "")
    strides = [s for s in found.assessment.measurement.strides if s.used]
    stride = strides[len(strides) // 2]
    move = {
        "action": "move_event", "kind": EventKind.INITIAL_CONTACT.value, "side": stride.side,
        "time_s": stride.start_s, "to_s": stride.start_s + 0.05,
    }  # fmt: skip
    draft = tried(session, found, Draft(made.assessment), {"serial": 1, "edits": [move]})
    assert draft.refused == ""
    assert plain_data(draft.corrections) == [move]
    moved = next(
        e for e in draft.assessment.measurement.events if e.time_s == pytest.approx(move["to_s"])
    )
    assert MANUAL in moved.by_method
    elsewhere = {**move, "time_s": 700.0, "to_s": 701.0}
    again = tried(session, found, draft, {"serial": 2, "edits": [move, elsewhere]})
    assert again.refused
    assert (again.serial, again.corrections) == (2, draft.corrections)
    undone = tried(session, found, again, {"serial": 3, "edits": []})
    assert (undone.corrections, undone.assessment, undone.refused) == ((), None, "")
