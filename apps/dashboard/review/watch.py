"""Seeing and correcting: film, skeleton, events, curves and strides in step; edits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import streamlit as st

from clinigait.apps.dashboard import viewer
from clinigait.apps.dashboard.places import go
from clinigait.apps.dashboard.review.draft import (
    Draft,
    discard,
    draft_of,
    plain_data,
    save,
    swaps_of,
    tried,
)
from clinigait.apps.dashboard.review.head import moment, moment_of_ms
from clinigait.apps.dashboard.review.shown import Shown, forget, say_plain
from clinigait.apps.dashboard.session import current, plain, telling
from clinigait.apps.dashboard.viewer.figure import figure_of
from clinigait.apps.dashboard.viewer.signals import curves_of
from clinigait.clinic.opening import swaps_in
from clinigait.clinic.review import (
    Correction,
    MoveEvent,
    Opened,
    OpenedPass,
    SwapLegs,
    keep,
    reviewed,
    unmeasured,
)
from clinigait.core import Assessment, Measurement, Parameter, Stride, Walk
from clinigait.gait.edited import with_swapped_legs
from clinigait.report.text import number, span_s, synthetic_mark

_KEYS = (
    ("␣", "play"),
    (", .", "frame"),
    ("← →", "event"),
    ("L", "loop"),
    ("Home End", "ends"),
    ("Del", "delete"),
    ("Ctrl Z", "undo"),
)
#: The numbers of a stride that the table shows, where they were measured.
_STRIDE_VALUES = (
    *("stride_time_s", "stance_time_s", "swing_time_s", "step_time_s"),
    *("stride_length_m", "stride_length_bh", "step_length_m", "step_width_m", "step_width_bh"),
)
_LONGEST_NOTE = 500
_EDITS = {"add_event": "edit_add_event", "delete_event": "edit_delete_event"}


@st.fragment
def watch(shown: Shown) -> None:
    """Show the viewer with its strides and, to who may change something, the corrections."""
    session = current("see")
    draft = draft_of(shown.id)
    now = shown.of(draft.assessment) if draft.assessment is not None else shown
    measurement = now.assessment.measurement
    may = session.may("change") and shown.opened.newest
    one = _pass(shown)
    if one is None:
        st.info(shown.say("results_no_walk"))
    else:
        seen = now if measurement is not None else shown.of(_unmeasured(shown, draft))
        _viewer(seen, one, draft, editable=may)
    if may:
        _corrections(shown, now, draft)
    if measurement is not None:
        _strides(now, measurement)
    _kept_corrections(shown)


def _unmeasured(shown: Shown, draft: Draft) -> Assessment:
    """Return what is seen of a refused walk: events and strides to correct, no numbers."""
    key = (shown.id, draft.corrections)
    kept = st.session_state.get("unmeasured")
    if kept is None or kept[0] != key:
        with telling(shown.session):
            kept = (key, unmeasured(shown.opened, draft.corrections))
        st.session_state["unmeasured"] = kept
    seen: Assessment = kept[1]
    return seen


def see_stride(start_s: float, end_s: float) -> None:
    """Let the viewer go to a stride and repeat it."""
    serial = st.session_state.get("go", {}).get("serial", 0) + 1
    st.session_state["go"] = {"from_s": start_s, "to_s": end_s, "serial": serial}


def _pass(shown: Shown) -> OpenedPass | None:
    """Return the recording that is looked at; with several the user chooses."""
    passes = [one for one in shown.opened.passes if one.walk is not None]
    if len(passes) < 2:
        return passes[0] if passes else None
    numbers = [one.number for one in passes]
    picked = st.segmented_control(
        shown.say("results_recording"), numbers, default=numbers[0], key=f"pass-{shown.id}"
    )
    chosen = next((one for one in passes if one.number == picked), passes[0])
    if chosen.left_out:
        st.warning(plain(shown.say("results_left_out", reason=chosen.left_out)))
    return chosen


def _viewer(now: Shown, one: OpenedPass, draft: Draft, *, editable: bool) -> None:
    walk = one.walk
    if walk is None:
        return
    key = f"viewer-{now.id}-{one.number}"
    start_s = float(walk.time_s[0]) + one.shift_s
    end_s = float(walk.time_s[-1]) + one.shift_s
    measured = viewer.measured(now.assessment, _notes(now))
    film, film_start_s = _film(now, one)
    data = {
        **_drawn(now, one, walk),
        "events": [e for e in measured["events"] if start_s <= e["time_s"] <= end_s],
        "strides": [
            s for s in measured["strides"] if s["end_s"] > start_s and s["start_s"] < end_s
        ],
        "film": film,
        "film_start_s": film_start_s + one.shift_s,
        "begin_s": _begin(now.assessment, start_s, end_s),
        "words": _words(now),
        "mark": synthetic_mark(now.assessment, now.words),
        "edits": plain_data(draft.corrections),
        "serial": draft.serial,
        "refused": draft.refused,
        "editable": editable,
        "go": st.session_state.get("go"),
    }
    viewer.show(key, data, partial(_edited, key, now.opened))


def _film(now: Shown, one: OpenedPass) -> tuple[str, float]:
    """Return the film's address, empty where there is none, and when it starts in the walk.

    Faces are blurred unless somebody who may change the assessment asks for the film as it is. The
    own time 0 of the film as it is, is that of the walk; a copy of it begins with its first frame.
    """
    if one.film is None:
        return "", 0.0
    recording = one.assessment.recording
    if (
        recording is not None
        and current("see").may("change")
        and st.toggle(
            now.say("results_faces"), key=f"faces-{now.id}", help=now.say("results_faces_help")
        )
    ):
        is_copy = recording.sha256 in now.opened.copied
        start_s = recording.start_s if is_copy else 0.0
        return f"/film/{now.id}?faces={recording.sha256}", start_s
    several = len(now.opened.passes) > 1
    return f"/film/{now.id}" + (f"?pass={one.number}" if several else ""), one.film_start_s


def _edited(key: str, opened: Opened) -> None:
    """Try what the viewer asked for."""
    session = current("change")
    said = st.session_state[key].get("edited")
    draft = draft_of(opened.version.id)
    st.session_state["draft"] = new = tried(session, opened, draft, said)
    if new.corrections != draft.corrections:
        save(session, new)


def _drawn(now: Shown, one: OpenedPass, walk: Walk) -> dict[str, Any]:
    """Return skeleton and curves; they change only where legs were exchanged."""
    inside = swaps_in(one, swaps_of(now.assessment))
    # A refused walk has only what is tried with it.
    own = one.assessment if one.assessment.measurement is not None else now.assessment
    bouts = own.measurement.bouts if own.measurement else ()
    name = (now.id, one.number, inside, bouts, now.session.language)
    kept = st.session_state.get("drawn")
    if kept is None or kept[0] != name:
        swapped = with_swapped_legs(walk, inside)
        curves = curves_of(swapped, own, one.shift_s)
        for curve in curves:
            curve["title"] = now.say(f"curve_{curve['name']}")
        drawn = {
            **figure_of(swapped, own),
            "time_s": [round(float(time) + one.shift_s, 6) for time in walk.time_s],
            "bouts": [[bout.start_s + one.shift_s, bout.end_s + one.shift_s] for bout in bouts],
            "curves": curves,
        }
        kept = (name, drawn)
        st.session_state["drawn"] = kept
    drawn_: dict[str, Any] = kept[1]
    return drawn_


def _begin(assessment: Assessment, start_s: float, end_s: float) -> float:
    """Return where a look at the walk begins: its first steady step, not its first frame."""
    bouts = assessment.measurement.bouts if assessment.measurement else ()
    return next((b.start_s for b in bouts if start_s <= b.start_s <= end_s), start_s)


def _notes(now: Shown) -> dict[int, str]:
    measurement = now.assessment.measurement
    strides = measurement.strides if measurement else ()
    return {s.number: s.rejected_because for s in strides if s.rejected_because is not None}


def _words(now: Shown) -> dict[str, Any]:
    return {
        **{name: now.say(f"viewer_{name}") for name in viewer.WORDS},
        "language": now.session.language,
        "key_list": [[key, now.say(f"viewer_key_{what}")] for key, what in _KEYS],
    }


def _strides(now: Shown, measurement: Measurement) -> None:
    """Show the strides; a press on one shows its frames."""
    say = now.say
    names = [n for n in _STRIDE_VALUES if any(n in s.values for s in measurement.strides)]
    names = names or sorted({n for s in measurement.strides for n in s.values})[:6]
    with st.expander(say("results_strides", count=len(measurement.strides)), expanded=True):
        if not measurement.strides:
            st.info(say("results_no_strides"))
            return
        st.caption(say("results_strides_help"))
        key = f"strides-{now.id}"
        st.dataframe(
            [_stride_row(now, stride, names) for stride in measurement.strides],
            hide_index=True,
            width="stretch",
            height=min(38 + 35 * len(measurement.strides), 320),
            on_select=partial(_picked, key, measurement.strides),
            selection_mode="single-row",
            key=key,
        )


def _picked(key: str, strides: tuple[Stride, ...]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and rows[0] < len(strides):
        see_stride(strides[rows[0]].start_s, strides[rows[0]].end_s)


def _stride_row(now: Shown, stride: Stride, names: Iterable[str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        now.say("results_stride"): stride.number,
        now.say("results_side"): now.side(stride.side),
        now.say("results_time"): span_s(stride.start_s, stride.end_s, 2),
        now.say("results_used"): "●" if stride.used else "○",
    }
    for name in names:
        known = now.definitions.get(name)
        value = stride.values.get(name)
        title = f"{now.title(name)} [{known.unit}]" if known else now.title(name)
        row[title] = "" if value is None else number(value, known.decimals if known else 2)
    row[now.say("results_note")] = stride.rejected_because or ""
    return row


# ------------------------------------------------------------------ corrections


def _corrections(shown: Shown, now: Shown, draft: Draft) -> None:
    """Show what was edited, what it changes, and keep it; or that nothing had to be."""
    say = shown.say
    with st.container(border=True):
        st.subheader(say("results_corrections"))
        if draft.refused:
            st.error(plain(draft.refused))
        if draft.restored_ms is not None:
            st.info(
                plain(say("results_draft_restored", when=moment_of_ms(draft.restored_ms))),
                icon=":material/restore:",
            )
        if draft.corrections:
            st.markdown("\n".join(f"1. {plain(_said(shown, c))}" for c in draft.corrections))
            _outcome(shown, now, draft)
        else:
            st.caption(
                say(
                    "results_nothing_edited"
                    if shown.assessment.measurement is not None
                    else "results_mend_how"
                )
            )
        note = st.text_input(
            say("results_edit_note"), max_chars=_LONGEST_NOTE, key=f"note-{shown.id}"
        )
        with st.container(horizontal=True):
            if draft.corrections:
                kept = draft.assessment is not None and st.button(
                    say("results_keep", count=len(draft.corrections)), type="primary",
                    icon=":material/save:", key="keep",
                )  # fmt: skip
                st.button(say("results_discard"), on_click=discard, key="discard")
                if kept:
                    _keep(shown, draft.corrections, note)
            elif shown.assessment.measurement is not None and st.button(
                say("results_all_right"), icon=":material/done_all:", key="reviewed"
            ):
                _keep(shown, (), note)


def _outcome(shown: Shown, now: Shown, draft: Draft) -> None:
    """Show what the corrections change; of a refused walk, whether it can be measured by them."""
    if draft.still:
        st.warning(plain(shown.say("results_still_refused", reason=draft.still)))
    elif shown.assessment.measurement is None:
        st.success(shown.say("results_mended"), icon=":material/healing:")
    else:
        _changed(shown, now)


def _keep(shown: Shown, corrections: tuple[Correction, ...], note: str) -> None:
    session = current("change")
    with telling(session):
        if corrections:
            new = keep(session.store, session.account, shown.opened, corrections, note)
        else:
            new = reviewed(session.store, session.account, shown.opened, note)
    forget()
    go("results", assessment=new)


def _said(shown: Shown, correction: Correction) -> str:
    """Return a correction in words."""
    say = shown.say
    if isinstance(correction, SwapLegs):
        return say("edit_swap_legs", span=span_s(correction.from_s, correction.to_s, 2))
    what = say(
        "edit_event",
        side=shown.side(correction.side),
        kind=say(f"viewer_{correction.kind}"),
        time=number(correction.time_s, 3),
    )
    if isinstance(correction, MoveEvent):
        by_ms = 1000 * (correction.to_s - correction.time_s)
        return say("edit_move_event", event=what, to=number(correction.to_s, 3), by=f"{by_ms:+.0f}")
    return say(_EDITS[correction.action], event=what)


def _changed(shown: Shown, now: Shown) -> None:
    """Show which parameters are printed differently now."""
    words, say = shown.words, shown.say
    before, after = shown.assessment.measurement, now.assessment.measurement
    if before is None or after is None:
        return
    rows = []
    for new in after.parameters:
        old = before.parameter(new.name, new.side)
        texts = shown.value(new, old.value if old else None), now.value(new, new.value)
        if texts[0] != texts[1]:
            rows.append(
                {
                    words.parameter: now.title(new.name),
                    say("results_side"): now.side(new.side),
                    say("results_before"): texts[0],
                    say("results_after"): texts[1],
                    words.unit: now.unit(new.name, new.unit),
                    say("results_difference"): _difference(old, new, now),
                }
            )
    if not rows:
        st.caption(say("results_no_change"))
        return
    say_plain(say("results_changed", count=len(rows), total=len(after.parameters)))
    st.dataframe(rows, hide_index=True, width="stretch", height=min(38 + 35 * len(rows), 300))


def _difference(old: Parameter | None, new: Parameter, now: Shown) -> str:
    if old is None or old.value is None or new.value is None:
        return ""
    difference = new.value - old.value
    sign = "+" if difference > 0 else ""
    return sign + now.value(new, difference)


def _kept_corrections(shown: Shown) -> None:
    """Show every correction that was kept: who, when, what, why."""
    review = shown.assessment.review
    if review is None:
        return
    say = shown.say
    with st.expander(say("results_history", count=len(review.corrections))):
        for step in review.steps:
            head = f"{step.by}, {moment(step.at)}"
            st.markdown(f"**{plain(head)}**" + (f" · {plain(step.note)}" if step.note else ""))
            texts = [_said(shown, one) for one in step.corrections] or [say("results_found_right")]
            st.markdown("\n".join(f"- {plain(text)}" for text in texts))
