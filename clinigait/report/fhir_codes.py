"""The codes and units that the FHIR bundle uses."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from clinigait.core.definition import Definition
from clinigait.io.assessment import significant
from clinigait.report.wording import ENGLISH

#: Roots of our own codes: OIDs below 2.25 are made from UUIDs (here version 5, of
#: ``clinigait/codes`` and so on), so nobody has to assign them.
CODE_SYSTEM: Final = "urn:oid:2.25.278580706060914648002650968739087877742"
SUBJECT_SYSTEM: Final = "urn:oid:2.25.125117581310986847693783394478941577016"
HASH_SYSTEM: Final = "urn:oid:2.25.19210997258033063338946784005299731259"

MAX_TEXT: Final = 2000

UCUM: Final = "http://unitsofmeasure.org"
LOINC: Final = "http://loinc.org"
URI_SYSTEM: Final = "urn:ietf:rfc:3986"
_HL7: Final = "http://terminology.hl7.org/CodeSystem"
ABSENT_SYSTEM: Final = f"{_HL7}/data-absent-reason"
CATEGORY_SYSTEM: Final = f"{_HL7}/observation-category"
INTERPRETATION_SYSTEM: Final = f"{_HL7}/v3-ObservationInterpretation"
PARTICIPANT_SYSTEM: Final = f"{_HL7}/provenance-participant-type"
REPORT_SECTION_SYSTEM: Final = f"{_HL7}/v2-0074"

#: UCUM code by printed unit.
UCUM_CODES: Final = {
    "s": "s",
    "ms": "ms",
    "m": "m",
    "cm": "cm",
    "kg": "kg",
    "m/s": "m/s",
    "steps/min": "{steps}/min",
    "%": "%",
    "deg": "deg",
    "deg/s": "deg/s",
    "Hz": "Hz",
    "steps": "{steps}",
    "mm/(steps/min)": "mm.min/{steps}",
    "BH": "{BH}",
    "BH/s": "{BH}/s",
    "": "1",
}


@dataclass(frozen=True)
class Code:
    """One code of a system.

    Parameters
    ----------
    code, display
        The code and its words.
    system
        Address of the system; the project's own where none is given.
    """

    code: str
    display: str = ""
    system: str = CODE_SYSTEM

    def coding(self) -> dict[str, str]:
        """Return a FHIR Coding."""
        return {"system": self.system, "code": self.code, "display": self.display or self.code}

    def concept(self) -> dict[str, Any]:
        """Return a FHIR CodeableConcept."""
        return {"coding": [self.coding()], "text": self.display or self.code}

    def concept_of_system(self, entry: Definition | None) -> dict[str, str]:
        """Return the code as an entry of its own CodeSystem."""
        if entry is None:
            return {"code": self.code, "display": self.display or self.code}
        meaning = f"{entry.definition} Unit: {entry.unit}. View: {entry.view}. {entry.source}"
        return {"code": self.code, "display": entry.title, "definition": meaning}


REPORT: Final = Code("gait-report", "Gait report from a video")
PANEL: Final = Code("gait-panel", "Gait parameters")
#: The standard's own mark of data that are not of a person.
TEST_DATA: Final = Code(
    "HTEST", "test health data", "http://terminology.hl7.org/CodeSystem/v3-ActReason"
)
RESEARCH_USE: Final = Code("research-use-only", "Research use only, not a medical device")
SIDES: Final = {
    "left": Code("left", "Left side of the body"),
    "right": Code("right", "Right side of the body"),
}
COMPONENTS: Final = {
    "interval-95-low": Code("interval-95-low", "Lower limit of the 95 % interval"),
    "interval-95-high": Code("interval-95-high", "Upper limit of the 95 % interval"),
    "standard-deviation": Code("standard-deviation", "Standard deviation over the strides"),
    "count": Code("count", "Strides or steps behind the value"),
}
BODY_HEIGHT: Final = Code("8302-2", ENGLISH.height, LOINC)
BODY_MASS: Final = Code("29463-7", "Body weight", LOINC)


#: Signs that turn the reading direction of what follows: a reader would see what is not said.
_TURNING: Final = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def clean(text: str) -> str:
    """Return text that FHIR takes: one line, no hidden control characters, not endless."""
    line = " ".join("".join(" " if hidden(sign) else sign for sign in text).split())
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 1].rstrip() + "…"


def hidden(sign: str) -> bool:
    """Whether a file format, or the eye of a reader, would stumble over the sign."""
    no_character = ord(sign) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(sign) <= 0xFDEF
    turning = unicodedata.bidirectional(sign) in _TURNING
    return no_character or turning or unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"}


def quantity(value: float, unit: str) -> dict[str, Any]:
    """Return a FHIR Quantity, with its UCUM code where the unit has one."""
    number = {"value": significant(value)}
    if unit not in UCUM_CODES:
        return {**number, "unit": clean(unit) or "1"}
    return {**number, "unit": unit or "1", "system": UCUM, "code": UCUM_CODES[unit]}
