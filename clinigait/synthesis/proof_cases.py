"""The walks that the honesty report looks at: speeds, asymmetries, turns, pathologies, aids."""

from __future__ import annotations

from dataclasses import dataclass

from clinigait.synthesis.bodies import Build
from clinigait.synthesis.prescription import Aid, Course, Prescription, SideGait, Spine

_MAN = Build(age_y=40, sex="male", stature_m=1.75, mass_kg=75)
_WOMAN = Build(age_y=72, sex="female", stature_m=1.60, mass_kg=66)
_GIRL = Build(age_y=11, sex="female", stature_m=1.44, mass_kg=37)


@dataclass(frozen=True)
class Case:
    """One walk of the report.

    Parameters
    ----------
    name
        In a few words.
    build, prescription
        Who walks, and how.
    """

    name: str
    build: Build
    prescription: Prescription


def _case(
    name: str,
    speed_mps: float,
    cadence_spm: float,
    build: Build = _MAN,
    **more: object,
) -> Case:
    course = more.pop("course", Course(steps=12))
    wanted = Prescription(
        speed_mps=speed_mps,
        cadence_spm=cadence_spm,
        course=course,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )
    return Case(name, build, wanted)


#: The first three are those of the quick form.
CASES: tuple[Case, ...] = (
    _case("man, 1.2 m/s", 1.2, 110),
    _case("woman of 72, 0.8 m/s", 0.8, 98, _WOMAN, left=SideGait(stance_pct=65),
          right=SideGait(stance_pct=65), spine=Spine(lean_deg=8, kyphosis_deg=12)),
    _case("steps of unlike length and time", 1.0, 104, left=SideGait(0.54, 0.53, 58.0),
          right=SideGait(0.46, 0.47, 64.0)),
    _case("man, 0.6 m/s", 0.6, 82, left=SideGait(stance_pct=67), right=SideGait(stance_pct=67)),
    _case("man, 0.9 m/s", 0.9, 98, left=SideGait(stance_pct=63), right=SideGait(stance_pct=63)),
    _case("man, 1.5 m/s", 1.5, 122, left=SideGait(stance_pct=59), right=SideGait(stance_pct=59)),
    _case("girl of 11, 1.1 m/s", 1.1, 124, _GIRL),
    _case("there and back", 1.1, 108, course=Course(steps=9, turns=1)),
    _case("from standing to standing", 1.1, 108,
          course=Course(steps=10, standing_start=True, standing_stop=True)),
    _case("stiff right leg", 0.8, 92, right=SideGait(knee_peak_flexion_deg=20,
          circumduction_m=0.09, hip_hike_deg=6)),
    _case("drop foot on the right", 0.9, 95, right=SideGait(foot_drop_deg=20,
          knee_peak_flexion_deg=78, foot_clearance_m=0.03)),
    _case("weak right hip", 0.9, 98, right=SideGait(trendelenburg_deg=8, trunk_lurch_deg=5)),
    _case("stick in the left hand", 0.8, 90, _WOMAN, right=SideGait(load_share=0.15),
          aid=Aid("stick", "left")),
    _case("wheeled frame", 0.6, 84, _WOMAN, left=SideGait(stance_pct=67, load_share=0.1),
          right=SideGait(stance_pct=67, load_share=0.1), aid=Aid("wheeled_frame")),
)  # fmt: skip
