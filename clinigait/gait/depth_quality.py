"""What is checked of a recording with depth before its metres are believed."""

from __future__ import annotations

from clinigait.core import ASSUMED_FOCAL_SD, DepthFacts, Grade, QualityCheck
from clinigait.gait.quality import MOTION_UNKNOWN, warning

#: Points of the legs whose distance was measured, in percent: below, the report warns.
_MEASURED_PCT = 70.0
#: Speed of the background at the walker's distance, in m/s: the camera's own (ours: what films
#: allow, for an adult).
_MOTION_WARN_MPS, _MOTION_REFUSE_MPS = 0.08, 0.5
#: Skin holds more red than blue; below this ratio red and blue have probably changed places.
_BLUE_SKIN = 0.9


def depth_checks(depth: DepthFacts, camera_shift_pxps: float | None) -> list[QualityCheck]:
    """Check the camera of a recording with depth, and how much of the body it measured.

    Parameters
    ----------
    depth
        What is known of the depth.
    camera_shift_pxps
        Speed of the background in pixels per second; None, which warns, where it is not known.
    """
    checks = [_measured(depth)]
    if depth.focal_px > 0:
        speed_mps = None
        if camera_shift_pxps is not None:
            speed_mps = camera_shift_pxps * depth.distance_m / depth.focal_px
        checks.append(_motion(speed_mps))
    if depth.red_over_blue is not None and depth.red_over_blue < _BLUE_SKIN:
        checks.append(
            warning(
                "Colours",
                "colours_swapped",
                f"Face and hands are blue (red is {depth.red_over_blue:.2f} of blue): red and blue "
                "have probably changed places in the recording.",
                "Store the colour as red, green, blue, or look at the light; then assess it again.",
            )
        )
    if depth.camera_assumed:
        percent = f"{100 * ASSUMED_FOCAL_SD:.0f} %"
        checks.append(
            warning(
                "Depth camera",
                "camera_assumed",
                f"The camera is not calibrated: its focal length was assumed ({depth.focal_px:.0f} "
                f"pixels), and lengths across the picture carry its uncertainty of {percent}.",
                "Put the camera's numbers into calibration.json.",
            )
        )
    return checks


def _measured(depth: DepthFacts) -> QualityCheck:
    title, unit, asked = "Leg points with depth", "%", f"at least {_MEASURED_PCT:g} %"
    value = depth.measured_pct
    if value >= _MEASURED_PCT:
        return QualityCheck(title, Grade.PASS, value, unit, asked)
    return QualityCheck(
        title, Grade.WARNING, value, unit, asked, "little_depth",
        f"The distance of {value:.0f} % of the leg points was measured; of {depth.filled_pct:.0f} "
        "% it comes from their neighbours.",
        "Film from 1.5 to 4 m, out of the sun; dark and shiny clothes give no depth.",
    )  # fmt: skip


def _motion(speed_mps: float | None) -> QualityCheck:
    asked = f"at most {_MOTION_WARN_MPS:g} m/s, refused above {_MOTION_REFUSE_MPS:g}"
    if speed_mps is not None and speed_mps <= _MOTION_WARN_MPS:
        return QualityCheck("Camera motion", Grade.PASS, speed_mps, "m/s", asked)
    grade, message = Grade.WARNING, MOTION_UNKNOWN
    if speed_mps is not None:
        grade = Grade.REFUSAL if speed_mps > _MOTION_REFUSE_MPS else Grade.WARNING
        message = f"At the walker's distance the background moves by {speed_mps:.2f} m/s."
    return QualityCheck(
        "Camera motion", grade, speed_mps, "m/s", asked, "camera_moves", message,
        "Put the camera on a tripod; do not pan or follow the walker.",
    )  # fmt: skip
