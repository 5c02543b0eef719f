"""The columns of the results of a cohort, and what each holds; those of the manifest come along."""

from __future__ import annotations

from typing import Final

from clinigait.core import POSE_SYNTHETIC, SYNTHETIC, SYNTHETIC_COLUMNS

#: A walk is one of these three together.
WALK: Final = ("subject", "visit", "file")
#: What is known of the person.
FACTS: Final = ("age_y", "sex", "height_m", "mass_kg")
ENDED: Final = ("status", "code", "reason")
PARAMETER: Final = (
    *("parameter", "side", "value", "unit", "n", "low", "high"),
    *("reference_low", "reference_high", "reference_source"),
)
#: What every row tells of how it was made.
MADE: Final = (
    *("warnings", "protocol", "protocol_sha256", "bundles_sha256", "networks_sha256"),
    *("input_sha256", "versions_sha256", "clinigait_version", "report"),
)
#: Columns that results have, whatever the manifest has.
RESERVED: Final = (*ENDED, *PARAMETER, *SYNTHETIC_COLUMNS, *MADE)
#: What each column holds that is not just any column of the manifest.
MEANINGS: Final = {
    "subject": "Pseudonymous code of the person.",
    "visit": "Visit of the person.",
    "file": "Recording; subject, visit and file together are one walk.",
    "age_y": "Age of the person in years.",
    "sex": "Sex of the person.",
    "height_m": "Height of the person in m.",
    "mass_kg": "Mass of the person in kg.",
    "status": "measured, refused (decoded, but no honest measurement) or failed (not usable).",
    "code": "Short name of the reason why a walk was refused or failed.",
    "reason": "Why the walk or the value is missing, in words; or a caution.",
    "parameter": "Name in the catalogue, with its unit; p_<task>_<class> is a model's probability.",
    "side": "left, right or both.",
    "value": "The value, in the unit; empty where it cannot be had.",
    "unit": "Unit of value, low and high.",
    "n": "Strides or steps behind the value.",
    "low": "Lower bound of the 95 % interval of the value.",
    "high": "Upper bound of the 95 % interval of the value.",
    "reference_low": "Lower limit of the reference range that applies to the person and the walk.",
    "reference_high": "Upper limit of that range.",
    "reference_source": "Citation of that range.",
    SYNTHETIC: "Whether the walker is synthetic: computed, not a person.",
    POSE_SYNTHETIC: "Whether the keypoints are by a network that learned from synthetic walkers.",
    "warnings": "Codes of the checks of a measured walk that warn, with semicolons between.",
    "protocol": "Name of the protocol.",
    "protocol_sha256": "SHA-256 of the protocol's file.",
    "bundles_sha256": "SHA-256 of the cards of the models, and by them of the weights.",
    "networks_sha256": "SHA-256 of the weights that find people in films.",
    "input_sha256": "SHA-256 of the content of the recordings.",
    "versions_sha256": "SHA-256 of all versions that shape numbers.",
    "clinigait_version": "Version of clinigait.",
    "report": "Folder of the report of the walk.",
}
