"""Definitions of the parameters of a walk as a whole, in the order of the report."""

from __future__ import annotations

from clinigait.core import Definition
from clinigait.core.definition import ANY_VIEW, FRONT_VIEW, SIDE_VIEW

_HOF = "Hof 1996, doi 10.1016/0966-6362(95)01057-2"
_GABELL = "Gabell & Nayak 1984, doi 10.1093/geronj/39.6.662"
_BRACH = "Brach 2010, doi 10.1016/j.gaitpost.2009.10.002"
_INDEX = "Robinson 1987; Herzog 1989, doi 10.1249/00005768-198902000-00020"
_LOADS_SOURCE = (
    "masses: de Leva 1996, doi 10.1016/0021-9290(95)00178-6; sharing: after Ren 2008, doi "
    "10.1016/j.jbiomech.2008.06.001"
)
_REGULARITY = "Moe-Nilssen & Helbostad 2004, doi 10.1016/S0021-9290(03)00233-1"
_HARMONIC = (
    "Menz 2003, doi 10.1016/S0966-6362(02)00159-5; Bellanca 2013, doi "
    "10.1016/j.jbiomech.2012.12.008"
)
_FLOOR = "The camera sets a floor: frames alone spread a time by sqrt(2) / (rate sqrt(12))."
_PRINTS = "The error of the foot-prints sets a floor."


def _sd(name: str, title: str, of: str, view: str, floor: str) -> Definition:
    unit = name.rpartition("_")[2]
    definition = f"Standard deviation of the {of} about the mean of their own side. {floor}"
    return Definition(name, title, unit, definition, view, _BRACH, "variability", 3)


def _cv(name: str, title: str, of: str, view: str, source: str, floor: str) -> Definition:
    definition = (
        f"100 times the standard deviation of the {of} about the mean of their own side, divided "
        f"by their mean. {floor}"
    )
    return Definition(name, title, "%", definition, view, source, "variability", 1)


def _index(name: str, title: str, of: str, larger: str, view: str = ANY_VIEW) -> Definition:
    definition = (
        f"Symmetry index 100 (R - L) / (0.5 (R + L)) of the mean {of}: positive when the right "
        f"{larger}."
    )
    if view == SIDE_VIEW:
        definition += (
            " One camera sees the far foot under another angle: asymmetries of a few percent can "
            "come from that."
        )
    return Definition(name, title, "%", definition, view, _INDEX, "symmetry", 1)


def _load(name: str, title: str, of: str, note: str) -> Definition:
    definition = (
        f"Symmetry index 100 (R - L) / (0.5 (R + L)) of {of}: positive when the right leg bears "
        "more. A model infers it from joints in metres and a table of masses; no force was "
        f"measured. {note}Only the sides of one walk may be compared, never people."
    )
    return Definition(name, title, "%", definition, ANY_VIEW, _LOADS_SOURCE, "loads", 1)


def _harmonic(name: str, title: str, of: str, parts: str, view: str) -> Definition:
    definition = (
        f"Amplitudes of the {parts} harmonics of the stride in the {of} acceleration of the pelvis "
        "over those of the others, mean of the strides. Larger is smoother and more symmetric; "
        "noise of the keypoints lowers it."
    )
    return Definition(name, title, "", definition, view, _HARMONIC, "regularity", 2)


_PACE = (
    Definition(
        "walk_ratio_mm_per_spm",
        "Walk ratio",
        "mm/(steps/min)",
        "Step length in mm divided by cadence in steps per minute, the mean over the strides: "
        "long slow steps make it large, short quick steps small.",
        SIDE_VIEW,
        "Sekiya & Nagasaki 1998, Gait & Posture 7(3):225-227",
        "pace",
        2,
    ),
    Definition(
        "speed_normalised",
        "Walking speed, normalised",
        "",
        "Walking speed divided by sqrt(g l), which takes the size of the person out of it; the leg "
        "length l is taken as 0.530 of the body height, not measured.",
        SIDE_VIEW,
        f"{_HOF}; leg length: Drillis & Contini 1966",
        "pace",
        3,
    ),
)

_SYMMETRY = (
    _index("step_time_asymmetry_pct", "Step time asymmetry", "step times", "step takes longer"),
    _index(
        "step_length_asymmetry_pct",
        "Step length asymmetry",
        "step lengths",
        "step is longer",
        SIDE_VIEW,
    ),
    _index(
        "stance_time_asymmetry_pct", "Stance time asymmetry", "stance times", "foot stands longer"
    ),
    _index("swing_time_asymmetry_pct", "Swing time asymmetry", "swing times", "foot swings longer"),
    Definition(
        "step_time_symmetry_angle_pct",
        "Step time symmetry angle",
        "%",
        "100 (45° - arctan(L / R)) / 90° of the mean step times: positive when the right step "
        "takes longer; it needs no side as the reference.",
        ANY_VIEW,
        "Zifchock 2008, doi 10.1016/j.gaitpost.2007.08.006",
        "symmetry",
        1,
    ),
    Definition(
        "swing_time_log_ratio_pct",
        "Swing time log ratio",
        "%",
        "100 |ln(shorter / longer)| of the mean swing times of the sides; 0 is symmetric.",
        ANY_VIEW,
        "Plotnik 2005, doi 10.1002/ana.20452",
        "symmetry",
        1,
    ),
    Definition(
        "phase_coordination_index_pct",
        "Phase coordination index",
        "%",
        "How far steps are from antiphase: the mean distance of the phase from 180°, in percent of "
        "180°, plus the coefficient of variation of the phase; 0 is perfect. The phase says where "
        "in a cycle of the leg with the longer swing the other foot lands.",
        ANY_VIEW,
        "Plotnik 2007, doi 10.1007/s00221-007-0955-7",
        "symmetry",
        1,
    ),
)

_VARIABILITY = (
    _sd("stride_time_sd_s", "Stride time SD", "stride times", ANY_VIEW, _FLOOR),
    _cv(
        "stride_time_cv_pct",
        "Stride time variability (CV)",
        "stride times",
        ANY_VIEW,
        _GABELL,
        _FLOOR,
    ),
    Definition(
        "stride_time_robust_cv_pct",
        "Stride time CV, robust",
        "%",
        "148.26 times the median distance of the stride times from the median of their own side, "
        "divided by their median: one odd stride does not move it.",
        ANY_VIEW,
        _GABELL,
        "variability",
        1,
    ),
    _sd("stance_time_sd_s", "Stance time SD", "stance times", ANY_VIEW, _FLOOR),
    _sd("swing_time_sd_s", "Swing time SD", "swing times", ANY_VIEW, _FLOOR),
    _cv(
        "stride_length_cv_pct",
        "Stride length variability (CV)",
        "stride lengths",
        SIDE_VIEW,
        _GABELL,
        _PRINTS,
    ),
    _sd("step_length_sd_m", "Step length SD", "step lengths", SIDE_VIEW, _PRINTS),
    _sd("step_width_sd_m", "Step width SD", "step widths", FRONT_VIEW, _PRINTS),
    _cv(
        "step_width_cv_pct",
        "Step width variability (CV)",
        "step widths",
        FRONT_VIEW,
        "Brach 2005, doi 10.1186/1743-0003-2-21",
        _PRINTS,
    ),
)

_RHYTHM = (
    Definition(
        "step_regularity",
        "Step regularity",
        "",
        "Autocorrelation of the vertical acceleration of the pelvis at one step: 1 where left and "
        "right steps are alike. Noise of the keypoints lowers it.",
        ANY_VIEW,
        _REGULARITY,
        "regularity",
        2,
    ),
    Definition(
        "stride_regularity",
        "Stride regularity",
        "",
        "Autocorrelation of the vertical acceleration of the pelvis at one stride: 1 where each "
        "stride is like the next. Noise of the keypoints lowers it.",
        ANY_VIEW,
        _REGULARITY,
        "regularity",
        2,
    ),
    _harmonic("harmonic_ratio_vertical", "Harmonic ratio, vertical", "vertical", "even", ANY_VIEW),
    _harmonic("harmonic_ratio_forward", "Harmonic ratio, forward", "forward", "even", SIDE_VIEW),
    _harmonic("harmonic_ratio_lateral", "Harmonic ratio, sideways", "sideways", "odd", FRONT_VIEW),
    Definition(
        "dominant_frequency_hz",
        "Dominant frequency of the pelvis",
        "Hz",
        "Frequency at which the vertical speed of the pelvis swings most in the longest bout, by "
        "a wavelet transform without what its ends spoil: usually that of the steps.",
        ANY_VIEW,
        "Torrence & Compo 1998, doi 10.1175/1520-0477(1998)079<0061:APGTWA>2.0.CO;2",
        "regularity",
        2,
    ),
    Definition(
        "trembling_ratio",
        "Trembling ratio of the ankles",
        "",
        "Power of the vertical acceleration of the ankles at 3 to 8 Hz over that at 0.5 to 3 Hz, "
        "median of windows of 3 s within the bouts of walking. In the manner of the freeze index, "
        "but no cut-off of body-worn sensors holds for it.",
        ANY_VIEW,
        "Moore 2008, doi 10.1016/j.jneumeth.2007.08.023; Bächlin 2010, doi "
        "10.1109/TITB.2009.2036165",
        "regularity",
        2,
    ),
    Definition(
        "tremor_band_ratio",
        "Tremor band of the wrists",
        "",
        "Power of the speed of a wrist at 4 to 6 Hz over the geometric mean of that at 3 to 4 and "
        "6 to 8 Hz, each for equal width, in the longest bout; of the wrist with more of it. About "
        "1 or less without a tremor, also where the keypoints are noisy. Tremor-like movement, not "
        "a diagnosis: there is no cut-off.",
        ANY_VIEW,
        "band: Deuschl 1998, doi 10.1002/mds.870131303",
        "regularity",
        2,
    ),
)

_ARMS_AND_SHAPE = (
    Definition(
        "arm_swing_asymmetry_pct",
        "Arm swing asymmetry",
        "%",
        "Symmetry angle 100 (45° - arctan(L / R)) / 90° of the mean arm swings: positive when the "
        "right arm swings more, 50 % where the left one does not swing at all.",
        SIDE_VIEW,
        "Lewek 2010, doi 10.1016/j.gaitpost.2009.10.013",
        "arms",
        1,
    ),
    Definition(
        "arm_leg_phase_deg",
        "Phase of arm and opposite leg",
        "deg",
        "By how much of a cycle (360°) an arm leads the thigh of the other side, at the frequency "
        "of the stride; mean of both arms. 0 is usual, 180 is arm and leg of one side together.",
        SIDE_VIEW,
        "circular statistics: Fisher 1993, doi 10.1017/CBO9780511564345",
        "arms",
        0,
    ),
    Definition(
        "sagittal_shape_deviation_deg",
        "Sagittal shape deviation",
        "deg",
        "Root mean square distance, at 51 points of the cycle, of the mean hip, knee and ankle "
        "curves of both sides from those of children at the same normalised speed, each less its "
        "own mean. A comparison of shape only: not the Gait Profile Score, and without a cut-off.",
        SIDE_VIEW,
        "curves: Schwartz 2008, doi 10.1016/j.jbiomech.2008.03.015",
        "kinematics",
        1,
    ),
)

_LOADS = (
    _load(
        "load_acceptance_asymmetry_pct",
        "Inferred load asymmetry, early stance",
        "the highest vertical force in the first half of stance",
        "",
    ),
    _load(
        "load_push_off_asymmetry_pct",
        "Inferred load asymmetry, late stance",
        "the highest vertical force in the second half of stance",
        "",
    ),
    _load(
        "load_impulse_asymmetry_pct",
        "Inferred load asymmetry, impulse",
        "the vertical force over the time of stance",
        "Much of it is how long a foot stands. ",
    ),
)

#: Definitions of what :data:`clinigait.gait.whole.WHOLE` computes.
WHOLE_WALK: tuple[Definition, ...] = (
    *_PACE,
    *_SYMMETRY,
    *_VARIABILITY,
    *_RHYTHM,
    *_ARMS_AND_SHAPE,
    *_LOADS,
)
