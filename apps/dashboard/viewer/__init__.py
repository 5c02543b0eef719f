"""The viewer: film or skeleton, events, strides and curves in step, and the editing of events.

It draws and asks; what an edit means is computed by the page. The component is plain HTML, CSS and
JavaScript out of this folder: nothing is built, and nothing is fetched but the film, from our own
server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import streamlit as st

from clinigait.core import Assessment, Event, Stride
from clinigait.core.review import MANUAL

#: The scripts share one module; the last one holds what Streamlit calls.
_SCRIPTS = ("clock.js", "stage.js", "timeline.js", "viewer.js")
#: Keys of the words that the viewer shows.
WORDS = (
    *("viewer", "play", "pause", "frame", "frame_back", "frame_on", "speed", "close_up"),
    *("close_whole", "close_person", "close_feet", "skeleton", "loop", "curve", "window", "all"),
    *("left", "right", "initial_contact", "foot_off", "stride", "not_used", "timeline", "no_film"),
    *("not_played", "correct", "edit_mode", "edit_hint", "undo", "earlier", "later", "to_cursor"),
    *("delete", "add", "side", "kind", "add_here", "swap", "from_here", "to_here", "swap_now"),
    *("choose_event", "recomputing", "by_hand", "keys"),
)


@dataclass(frozen=True)
class Asked:
    """What a user asked for by editing: all edits so far, newest last, and a number that counts up.

    Parameters
    ----------
    serial
        Number of the request: the answer carries it back.
    edits
        Corrections as plain data, in the fields of :mod:`clinigait.core.review`.
    """

    serial: int
    edits: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, said: object) -> Asked | None:
        """Read what the browser sent; None where it is nothing of ours."""
        if not isinstance(said, Mapping):
            return None
        serial, edits = said.get("serial"), said.get("edits")
        if not isinstance(serial, int) or not isinstance(edits, Sequence) or isinstance(edits, str):
            return None
        if not all(isinstance(edit, Mapping) for edit in edits):
            return None
        return cls(serial, tuple(dict(edit) for edit in edits))


def show(key: str, data: Mapping[str, Any], on_edited: Callable[[], None]) -> None:
    """Show the viewer.

    Parameters
    ----------
    key
        Of the widget; ``st.session_state[key]`` has what was sent as ``edited`` in the callback.
    data
        See :func:`measured` and :mod:`clinigait.apps.dashboard.viewer.figure`.
    on_edited
        Called before the page runs again.
    """
    _component()(key=key, data=dict(data), on_edited_change=on_edited, height="content")


def measured(assessment: Assessment, notes: Mapping[int, str] | None = None) -> dict[str, Any]:
    """Return events and strides as the viewer takes them.

    Parameters
    ----------
    assessment
        Whose.
    notes
        What is said of a stride when it is pointed at, by its number.
    """
    measurement = assessment.measurement
    if measurement is None:
        return {"events": [], "strides": []}
    notes = notes or {}
    return {
        "events": [_event(event) for event in measurement.events],
        "strides": [
            _stride(stride, notes.get(stride.number, "")) for stride in measurement.strides
        ],
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind.value,
        "side": event.side,
        "time_s": event.time_s,
        "uncertainty_s": event.uncertainty_s,
        "manual": MANUAL in event.by_method,
    }


def _stride(stride: Stride, note: str) -> dict[str, Any]:
    return {
        "number": stride.number,
        "side": stride.side,
        "start_s": stride.start_s,
        "end_s": stride.end_s,
        "used": stride.used,
        "note": note,
    }


@cache
def _component() -> Callable[..., Any]:
    folder = files(__name__)
    script = "\n".join(folder.joinpath(name).read_text("utf-8") for name in _SCRIPTS)
    made: Callable[..., Any] = st.components.v2.component(
        "clinigait_viewer",
        html=folder.joinpath("viewer.html").read_text("utf-8"),
        css=folder.joinpath("viewer.css").read_text("utf-8"),
        js=script,
    )
    return made
