"""An opened assessment in the language of the user, and numbers as they are printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from clinigait.apps.dashboard.session import Session, plain, telling
from clinigait.clinic.access import Target, looking
from clinigait.clinic.review import Opened, opened
from clinigait.core import Assessment, Parameter, Stride
from clinigait.core.definition import Definition
from clinigait.gait.catalogue import CATALOGUE
from clinigait.report.chinese import definitions_in_chinese, in_chinese
from clinigait.report.contents import Contents
from clinigait.report.text import decimals_of, interval, number, title_of, unit_symbol
from clinigait.report.wording import Wording, wording

#: One signature a side, everywhere on these pages: colour, dash and shape.
COLOURS = {"left": "#0067A5", "right": "#C4560A", "both": "#5F6C77"}
DASHES = {"left": "solid", "right": "dash", "both": "solid"}
SHAPES = {"left": "circle", "right": "square", "both": "diamond"}


@dataclass(frozen=True, eq=False)
class Printed:
    """Numbers and names as they are printed in a language.

    Parameters
    ----------
    definitions
        What the parameters mean, in that language.
    words
        The words of the report in that language.
    """

    definitions: Mapping[str, Definition]
    words: Wording

    def title(self, name: str) -> str:
        """Return the printed name of a parameter."""
        return title_of(name, self.definitions)

    def value(self, parameter: Parameter, value: float | None) -> str:
        """Return a value of a parameter as printed, without its unit; a dash for none."""
        if value is None:
            return self.words.absent
        return number(value, decimals_of(parameter, self.definitions))

    def interval(self, parameter: Parameter) -> str:
        """Return the 95 % interval of a parameter as printed."""
        if parameter.low is None or parameter.high is None:
            return ""
        decimals = decimals_of(parameter, self.definitions)
        return interval(parameter.low, parameter.high, decimals, self.words)

    def range(self, parameter: Parameter) -> str:
        """Return the reference range of a parameter as printed."""
        if parameter.reference is None:
            return ""
        decimals = decimals_of(parameter, self.definitions)
        return interval(parameter.reference.low, parameter.reference.high, decimals, self.words)

    def unit(self, name: str, unit: str) -> str:
        """Return the unit of a parameter as printed."""
        known = self.definitions.get(name)
        return unit_symbol(known.unit if known else unit)

    def side(self, side: str) -> str:
        """Return a side of the body."""
        return self.words.sides.get(side, side)

    def with_unit(self, parameter: Parameter) -> str:
        """Return value and unit of a parameter."""
        value = self.value(parameter, parameter.value)
        if parameter.value is None:
            return value
        unit = self.unit(parameter.name, parameter.unit)
        return value + ("" if unit == "°" else " ") + unit


@dataclass(frozen=True, eq=False)
class Shown(Printed):
    """What the page of the results shows.

    Parameters
    ----------
    session
        Who looks.
    opened
        The version that is looked at.
    assessment
        What it holds, in the user's language as far as words are known.
    """

    session: Session
    opened: Opened
    assessment: Assessment

    @property
    def id(self) -> str:
        """Of the version."""
        return self.opened.version.id

    def say(self, key: str, **values: object) -> str:
        """Return a text of the pages."""
        return self.session.say(key, **values)

    def of(self, assessment: Assessment) -> Shown:
        """Return the same for another state of the assessment, such as one that is not kept yet."""
        return _shown(self.session, self.opened, assessment)

    def strides_behind(self, name: str, side: str) -> tuple[Stride, ...]:
        """Return the strides that a parameter rests on."""
        measurement = self.assessment.measurement
        strides = measurement.strides if measurement is not None else ()
        found = tuple(s for s in strides if s.used and side in ("both", s.side))
        own = tuple(stride for stride in found if name in stride.values)
        return own or found


def against(parameter: Parameter) -> str:
    """Return where a value lies against its reference: below, within, above; empty without one."""
    reference, value = parameter.reference, parameter.value
    if reference is None or value is None:
        return ""
    return "below" if value < reference.low else "above" if value > reference.high else "within"


#: A shape for each of them.
AGAINST_SIGNS = {"below": "▼", "within": "●", "above": "▲", "": ""}


def shown(session: Session, assessment_id: str) -> Shown:
    """Open a version for a page, or say why not and stop the page.

    The gate is asked at every run; the files are read once.
    """
    with telling(session):
        with looking(session.store, session.account, "see", Target("assessment", assessment_id)):
            pass
        kept = st.session_state.get("opened")
        if kept is None or kept.version.id != assessment_id:
            kept = opened(session.store, session.account, assessment_id)
            forget()
            st.session_state["opened"] = kept
    return _shown(session, kept, kept.assessment)


def forget() -> None:
    """Let go of what is kept of an opened version, so that it is read anew."""
    for key in ("opened", "course", "draft", "draft_sought", "unmeasured", "go"):
        st.session_state.pop(key, None)


def say_plain(text: str) -> None:
    """Show a sentence letter for letter."""
    st.markdown(plain(text))


def printed_in(language: str) -> Printed:
    """Return names and numbers in a language."""
    definitions = definitions_in_chinese(CATALOGUE) if language == "zh" else CATALOGUE
    return Printed(definitions, wording(language))


def _shown(session: Session, kept: Opened, assessment: Assessment) -> Shown:
    contents = Contents(assessment, Path(), CATALOGUE, wording(session.language))
    if session.language == "zh":
        contents = in_chinese(contents)
    return Shown(contents.definitions, contents.words, session, kept, contents.assessment)
