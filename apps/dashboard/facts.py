"""What a clinician says of a visit: shown in a line, and asked for in a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from clinigait.apps.dashboard.session import Session
from clinigait.clinic.scales import SCALES, SCALES_KEY, Scale, checked

SEXES = (None, "female", "male")
_LONGEST_NOTE = 120


@dataclass(frozen=True)
class _Number:
    name: str
    low: float
    high: float
    step: float
    form: str


_NUMBERS = (
    _Number("height_m", 0.5, 2.5, 0.01, "%.2f"),
    _Number("age_y", 1.0, 120.0, 1.0, "%.0f"),
    _Number("mass_kg", 5.0, 350.0, 0.5, "%.1f"),
)


def brief(session: Session, facts: Mapping[str, Any]) -> str:
    """Return the facts of a visit in a line."""
    said = []
    if facts.get("age_y"):
        said.append(session.say("brief_age", value=f"{facts['age_y']:.0f}"))
    if facts.get("height_m"):
        said.append(f"{facts['height_m']:.2f} m")
    if facts.get("mass_kg"):
        said.append(f"{facts['mass_kg']:g} kg")
    if facts.get("condition"):
        said.append(str(facts["condition"]))
    return " · ".join(said)


def asked_for(session: Session, facts: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """Ask for the facts of a visit; return them once they are to be kept, else None.

    Parameters
    ----------
    session
        Who looks.
    facts
        As they are.
    key
        Of the form.

    Raises
    ------
    BadInputError
        If a score is none of its scale's.
    """
    kept = dict(facts.get(SCALES_KEY) or {})
    shown = st.multiselect(
        session.say("scales"),
        [scale.key for scale in SCALES],
        default=[scale.key for scale in SCALES if scale.key in kept],
        format_func=lambda one: _name(session, _BY_KEY[one]),
        help=session.say("scales_help"),
        placeholder=session.say("scales_choose"),
        key=f"{key}_scales",
    )
    with st.form(key, border=False):
        new: dict[str, Any] = {}
        for asked in _NUMBERS:
            new[asked.name] = _number(session, asked, facts.get(asked.name), key)
        new["sex"] = st.selectbox(
            session.say("sex"),
            SEXES,
            index=SEXES.index(facts.get("sex")) if facts.get("sex") in SEXES else 0,
            format_func=lambda one: session.say(f"sex_{one or 'none'}"),
            key=f"{key}_sex",
        )
        new["condition"] = st.text_input(
            session.say("condition"),
            value=str(facts.get("condition") or ""),
            max_chars=_LONGEST_NOTE,
            help=session.say("condition_help"),
            key=f"{key}_condition",
        ).strip()
        scores = {one: _score(session, _BY_KEY[one], kept.get(one), key) for one in shown}
        saved = st.form_submit_button(session.say("save"), icon=":material/save:")
    if not saved:
        return None
    new[SCALES_KEY] = checked({name: value for name, value in scores.items() if value is not None})
    others = {name: value for name, value in facts.items() if name not in new}
    return others | {name: value for name, value in new.items() if value not in (None, "", {})}


_BY_KEY = {scale.key: scale for scale in SCALES}


def _number(session: Session, asked: _Number, value: object, key: str) -> float | None:
    return st.number_input(
        session.say(asked.name),
        min_value=asked.low,
        max_value=asked.high,
        value=float(value) if isinstance(value, int | float) else None,
        step=asked.step,
        format=asked.form,
        key=f"{key}_{asked.name}",
    )


def _score(session: Session, scale: Scale, value: float | None, key: str) -> float | None:
    form = "%.0f" if scale.step >= 1 else "%.2f" if scale.step < 0.1 else "%.1f"
    return st.number_input(
        f"{_name(session, scale)} ({scale.low:g}–{scale.high:g}, {scale.unit})",
        min_value=float(scale.low),
        max_value=float(scale.high),
        value=None if value is None else float(value),
        step=float(scale.step),
        format=form,
        key=f"{key}_{scale.key}",
    )


def _name(session: Session, scale: Scale) -> str:
    return scale.name_zh if session.language == "zh" else scale.name
