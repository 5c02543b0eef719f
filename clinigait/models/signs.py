"""The signs that a neurologist looks for in a walk, as they were measured."""

from __future__ import annotations

from clinigait.core import MeasuredSign, Measurement, Parameter
from clinigait.gait.catalogue import CATALOGUE

#: Parameters in the order of the page, each with the one that tells how its sides differ.
_PARKINSON = (
    ("arm_swing_deg", "arm_swing_asymmetry_pct"),
    ("stride_length_m", None),
    ("step_length_m", "step_length_asymmetry_pct"),
    ("speed_mps", None),
    ("cadence_spm", None),
    ("double_support_pct", None),
    ("stride_time_cv_pct", None),
    ("turn_duration_s", None),
    ("turn_steps", None),
    ("trunk_lean_deg", None),
)


def parkinson_signs(measurement: Measurement) -> tuple[MeasuredSign, ...]:
    """Return arm swing, steps, turns and posture as measured, with what they are held against.

    A sign that the protocol asks for and that could not be measured stands there with its reason;
    one that it does not ask for is left out.
    """
    found = (_sign(measurement, name, asymmetry) for name, asymmetry in _PARKINSON)
    return tuple(sign for sign in found if sign is not None)


def _sign(measurement: Measurement, name: str, asymmetry: str | None) -> MeasuredSign | None:
    own = {p.side: p for p in measurement.parameters if p.name == name}
    values = {str(side): p.value for side, p in own.items() if p.value is not None}
    if not own:
        return None
    differs = _of_both(measurement, asymmetry)
    first = next(iter(own.values()))
    references = [p.reference for p in (own.get("both"), *own.values()) if p is not None]
    return MeasuredSign(
        name=name,
        title=CATALOGUE[name].title,
        unit=first.unit,
        values=values,
        reference=next((r for r in references if r is not None), None),
        asymmetry=None if differs is None else differs.value,
        asymmetry_unit="" if differs is None else differs.unit,
        reason=None if values else next((p.reason for p in own.values() if p.reason), None),
    )


def _of_both(measurement: Measurement, name: str | None) -> Parameter | None:
    wanted = (p for p in measurement.parameters if p.name == name and p.side == "both")
    return next(wanted, None)
