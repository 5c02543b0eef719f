"""Whether two recordings were made and analysed alike, by all that is known of them."""

from __future__ import annotations

from collections.abc import Mapping

from clinigait.core import Assessment

#: Up to these differences the camera is taken to stand in the same place (ours): angle of the
#: view in degrees, size of the person and frame rate as ratios.
_SAME_ANGLE_DEG = 10.0
_SAME_SIZE = 1.1
_SAME_RATE = 1.02
#: Scales whose error belongs to the person, so that it is the same in every recording.
_SCALES_OF_A_PERSON = ("body height", "none")


def one_set_up(first: Assessment, second: Assessment) -> bool:
    """Return whether two recordings have program, models, camera, its place and near side alike.

    Parameters
    ----------
    first, second
        Two assessments of one person. What is not known of one is not alike.
    """
    facts = [_set_up(assessment) for assessment in (first, second)]
    before, after = first.measurement, second.measurement
    if facts[0] is None or facts[0] != facts[1] or before is None or after is None:
        return False
    if before.scale is None or after.scale is None:
        return False
    return (
        abs(before.view_angle_deg - after.view_angle_deg) <= _SAME_ANGLE_DEG
        and same_rate(before.rate_hz, after.rate_hz)
        and _is_near(before.scale.px_per_unit, after.scale.px_per_unit, _SAME_SIZE)
    )


def _set_up(assessment: Assessment) -> Mapping[str, object] | None:
    """Return what must be the same in two recordings for their errors to be; None if unknown."""
    recording, measurement = assessment.recording, assessment.measurement
    if recording is None or measurement is None or measurement.scale is None:
        return None
    perception = assessment.perception
    return {
        "program": assessment.provenance.clinigait_version,
        "source": (recording.source, recording.layout),
        "camera": (recording.native_width_px, recording.native_height_px, recording.rotation_deg),
        "analysed": (recording.width_px, recording.height_px),
        "models": (perception.pose, perception.weights) if perception is not None else None,
        "view": (measurement.view, measurement.near_side),
        "unit": measurement.scale.unit,
    }


def one_scale(first: Assessment, second: Assessment) -> bool:
    """Return whether the error of the scale is the person's own in both.

    Parameters
    ----------
    first, second
        Two assessments of one person.
    """
    scales = [a.measurement.scale for a in (first, second) if a.measurement is not None]
    sources = {scale.source if scale is not None else "" for scale in scales}
    same_height = first.subject.height_m == second.subject.height_m
    return len(sources) == 1 and sources.pop() in _SCALES_OF_A_PERSON and same_height


def same_rate(first_hz: float, second_hz: float) -> bool:
    """Return whether two frame rates are the same for all that is measured."""
    return _is_near(first_hz, second_hz, _SAME_RATE)


def _is_near(first: float, second: float, ratio: float) -> bool:
    low, high = sorted((first, second))
    return low > 0 and high <= ratio * low
