"""Every word that a report prints, in one place: a language is one :class:`Wording`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clinigait.core import BadInputError

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

RESEARCH_USE_ONLY = (
    "Research software. Not a medical device. Not for diagnosis, treatment or patient management. "
    "Values are estimates with the stated uncertainty and must be reviewed by a qualified person."
)


def _curve_titles() -> dict[str, str]:
    return {
        "hip_flexion_deg": "Hip",
        "knee_flexion_deg": "Knee",
        "ankle_dorsiflexion_deg": "Ankle",
        "trunk_lean_deg": "Trunk lean",
        "pelvis_tilt_deg": "Pelvis",
        "thigh_deg": "Thigh",
        "shank_deg": "Shank",
        "foot_deg": "Foot",
        "arm_swing_deg": "Arm swing",
        "elbow_flexion_deg": "Elbow",
    }


def _curve_directions() -> dict[str, tuple[str, str]]:
    flexion = ("flexion", "extension")
    return {
        "hip": flexion,
        "knee": flexion,
        "elbow": flexion,
        "ankle": ("dorsiflexion", "plantarflexion"),
        "trunk": ("forward", "backward"),
        "arm": ("forward", "backward"),
    }


@dataclass(frozen=True)
class Wording:
    """The words of one language; the defaults are English. Braces take the values.

    Parameters
    ----------
    months
        Short names of the twelve months.
    sides, grades, groups, views, events, sexes, scale_sources
        Words for the values of those fields.
    curves
        Panel titles by name of the curve.
    directions
        What up and down mean, by the first word of a curve's name.
    """

    language: str = "en"
    language_tag: str = "en"
    research_use_only: str = RESEARCH_USE_ONLY
    synthetic: str = "Synthetic walker, not a patient"
    months: tuple[str, ...] = _MONTHS
    date_format: str = "{day} {month} {year}"
    range_to: str = " to "
    comma: str = ", "
    semicolon: str = "; "
    years: str = "{value} y"
    sides: Mapping[str, str] = field(
        default_factory=lambda: {"left": "Left", "right": "Right", "both": "Both sides"}
    )
    side_letters: Mapping[str, str] = field(default_factory=lambda: {"left": "L", "right": "R"})
    grades: Mapping[str, str] = field(
        default_factory=lambda: {"pass": "Pass", "warning": "Warning", "refusal": "Refusal"}
    )
    groups: Mapping[str, str] = field(
        default_factory=lambda: {
            "pace": "Pace",
            "rhythm": "Rhythm",
            "phase": "Phases of the cycle",
            "feet": "Clearance of the feet",
            "symmetry": "Symmetry",
            "variability": "Variability",
            "regularity": "Regularity and rhythm of the movement",
            "posture": "Posture of trunk and pelvis",
            "arms": "Arms",
            "loads": "Load proxies, inferred from the movement: not measured forces",
            "kinematics": "Joint and segment angles",
            "task": "Course, turns and timed tests",
            "other": "Other",
        }
    )
    views: Mapping[str, str] = field(
        default_factory=lambda: {
            "sagittal": "from the side (sagittal)",
            "oblique": "oblique",
            "frontal": "from the front or back (frontal)",
            "spatial": "in three dimensions",
        }
    )
    sexes: Mapping[str, str] = field(default_factory=lambda: {"female": "female", "male": "male"})
    curves: Mapping[str, str] = field(default_factory=_curve_titles)
    directions: Mapping[str, tuple[str, str]] = field(default_factory=_curve_directions)

    # Page heads and titles
    title: str = "Gait report"
    refusal_title: str = "No measurement"
    key_numbers: str = "Key numbers"
    quality_summary: str = "Quality"
    quality_line: str = "{title}: {passed}, {warned}. {strides}."
    name_of_check: str = "{name}."
    more_warnings: str = "{count} more stand under Quality of the measurement."
    findings_title: str = "Findings"
    all_findings_title: str = "All findings"
    more_findings: str = "{count} more findings stand on the next page."
    finding_kinds: Mapping[str, str] = field(
        default_factory=lambda: {
            "level": "Against reference",
            "asymmetry": "Left and right",
            "change": "Since the earlier visit",
            "prediction": "Models (adjunct)",
            "quality": "To bear in mind",
        }
    )
    findings_note: str = (
        "Made by fixed rules from the numbers of this report; in brackets the row of the table "
        "that each rests on. They describe, and diagnose nothing."
    )
    narrated: str = (
        "Worded by {name} on this machine: {model} in its own words, {grammar} chosen among true "
        "sentences, {template} by template. Every sentence was checked against the numbers."
    )
    not_narrated: str = "The language model did not speak."
    row_mark: str = "row {row}"
    model_mark: str = "model"
    quality_mark: str = "quality"
    time_distance: str = "Time–distance parameters"
    curves_title: str = "Joint angles over the gait cycle"
    angle_values: str = "Joint and segment angles"
    timeline_title: str = "Gait events"
    stride_plot_title: str = "Stride to stride"
    quality_title: str = "Quality of the measurement"
    strides_title: str = "Strides used and rejected"
    people_title: str = "People in the film"
    definitions_title: str = "Definitions"
    provenance_title: str = "How this report was made"

    frames_title: str = "Frames"
    frames_note: str = (
        "Where the points were found. Check that they lie on the body and that left and right are "
        "not exchanged. Faces are blurred."
    )
    picture_of_person: str = "Small picture of this person, face blurred"

    # Subject and recording
    subject: str = "Subject"
    recording: str = "Recording"
    code: str = "Code"
    no_code: str = "no code"
    age: str = "Age"
    sex: str = "Sex"
    height: str = "Body height"
    mass: str = "Body mass"
    condition: str = "Condition"
    not_stated: str = "not stated"
    protocol: str = "Protocol"
    date: str = "Date of analysis"
    file: str = "File"
    film: str = "Film"
    film_facts: str = "{duration} s, {frames} frames, {rate} frames/s, {width} × {height}"
    keypoint_facts: str = "keypoints ({layout}), {duration} s, {frames} frames, {rate} frames/s"
    film_scaled: str = " (analysed at {width} × {height})"
    variable_rate: str = "variable rate"
    depth_facts: str = (
        "colour and depth (RGB-D), {camera}; distance of {percent} % of the leg points measured, "
        "{distance} m"
    )
    camera_calibrated: str = "camera calibrated (focal length {focal} px)"
    camera_assumed: str = "camera not calibrated: focal length {focal} px assumed"
    view: str = "View"
    view_facts: str = "{view}, {angle}° off a pure side view"
    near_side: str = "{side} side near the camera"
    walked: str = "Walked"
    ways: Mapping[str, str] = field(
        default_factory=lambda: {
            "left": "to the left of the picture",
            "right": "to the right of the picture",
            "towards": "towards the camera",
            "away": "away from the camera",
            "along": "along the walkway",
        }
    )
    passes: str = "{count} × {towards}"
    scale: str = "Scale"
    scale_facts: str = "from {source}, standard uncertainty {percent} %"
    no_scale: str = "Lengths are in body heights (BH): no scale was known."
    no_lengths: str = "No lengths: no scale could be had, not even body heights."
    no_picture: str = "Picture not available"
    at_time: str = "{time} s"

    # Numbers
    interval: str = "95 % interval"
    interval_short: str = "95 %"
    reference: str = "Reference"
    parameter: str = "Parameter"
    unit: str = "Unit"
    n: str = "n"
    absent: str = "–"
    absent_tile: str = "not available"
    table_note: str = (
        "Values over the used strides, as defined below, with their 95 % interval; n: strides or "
        "steps behind the value. –: cannot be had, the note says why."
    )
    reference_note: str = "{name}: {kind}, {population}. {source}"
    no_reference: str = (
        "No applicable reference for the other parameters: a range is printed only where its "
        "population matches this person and this walk."
    )
    no_reference_at_all: str = (
        "No applicable reference: a range is printed only where its population matches this "
        "person and this walk{unknown}."
    )
    no_reference_unknown: str = "; {missing} not stated"
    nothing_measured: str = "No parameter of this kind was measured."

    # An earlier visit or another condition
    earlier_pointer: str = (
        "An earlier visit, or another condition, is compared under Change since the earlier visit."
    )
    changes_title: str = "Change since the earlier visit"
    earlier: str = "Earlier"
    this_visit: str = "This visit"
    earlier_side: str = "Earlier, {side}"
    change: str = "Change"
    detectable: str = "Detectable"
    changed: Mapping[bool, str] = field(
        default_factory=lambda: {True: "increased", False: "decreased"}
    )
    unchanged: str = "within error"
    changes_count: str = "{real} of {total} parameters changed by more than measurement error"
    changes_axis: str = "Change in multiples of the minimal detectable change"
    changes_alt: str = (
        "Change of {count} parameters in multiples of the minimal detectable change; the numbers "
        "stand in the table below."
    )
    changes_chart_note: str = (
        "Grey: less than the minimal detectable change (±), which measurement error explains. "
        "Filled marks: more than that. Circles: left. Squares: right. Diamonds: both sides."
    )
    changes_note: str = (
        "Change: this visit less the earlier one. Detectable: the minimal detectable change at "
        "95 %, from the error of measurement and the spread of the strides of both recordings; "
        "how a person varies from day to day is not in it. Of twenty unchanged parameters one is "
        "expected to differ by chance. More than error does not mean that it matters."
    )
    not_compared: str = "{count} parameters cannot be compared: {reasons}."

    # Limits
    limits_title: str = "Limits of this measurement"
    limit_views: Mapping[str, str] = field(
        default_factory=lambda: {
            "sagittal": (
                "One camera at the side sees one plane: step width, sway to the sides, rotations "
                "and angles across that plane are not measured."
            ),
            "oblique": (
                "The walk was filmed obliquely: lengths and angles are less certain than in a "
                "pure side or front view, and rotations are not measured."
            ),
            "frontal": (
                "One camera at the front or back sees one plane: lengths along the way, bending "
                "of hips, knees and ankles are not measured."
            ),
            "spatial": (
                "Points in three dimensions are not markers on the skin: rotations about the long "
                "axes of the limbs are not measured."
            ),
        }
    )
    limit_markerless: str = (
        "Joint angles come from points that a network found, not from markers: against motion "
        "capture a whole curve may lie several degrees off, mostly all along the cycle (Stenum "
        "2021, doi 10.1371/journal.pcbi.1008935)."
    )
    limit_days: str = (
        "The intervals hold the error of measurement and the spread of these strides, not how the "
        "person varies from walk to walk and from day to day."
    )
    limit_scale: str = (
        "All lengths and speeds share the error of the scale, {percent} % (standard uncertainty)."
    )
    limit_strides: str = (
        "{count} strides were used: means can be judged, variability hardly; it asks for {wanted}."
    )
    limit_rate: str = (
        "At {rate} frames per second a frame lasts {frame} ms: single event times are about as "
        "uncertain, means over strides less so."
    )
    limit_reference: str = (
        "Reference ranges hold for the stated people and way of measuring; a value outside of "
        "them is a reason to look, not a disease."
    )
    limit_causes: str = (
        "A camera sees how a person walks, not why: pain, fear, shoes, aids and the room change a "
        "walk too."
    )
    limit_model: str = "The limits of a model stand on its own page."

    # Quality
    passed: str = "{count} of {total} checks passed"
    warned: str = "{count} warnings"
    warned_once: str = "1 warning"
    no_warning: str = "no warnings"
    for_information: str = "For information"
    silhouettes: str = "Silhouettes"
    silhouettes_usable: str = "share of the frames that a learned model could use"
    silhouette_facts: str = (
        "The body is cut off in {cut} % of the frames; {mended} frames were mended."
    )
    aid_seen: str = "Something like a walking aid was seen in {percent} % of the frames{side}."
    aid_sides: Mapping[str, str] = field(
        default_factory=lambda: {
            "left": ", in the left hand",
            "right": ", in the right hand",
            "both": "",
        }
    )
    no_aid_seen: str = "No walking aid stood out; thin sticks are often missed."
    aid_unknown: str = "Whether a walking aid is used could not be judged."
    strides_used: str = "{left} left and {right} right strides used, {rejected} rejected"
    check: str = "Check"
    found: str = "Found"
    asked: str = "Asked for"
    result: str = "Result"
    used: str = "Used"
    rejected: str = "Rejected"
    side: str = "Side"
    stride: str = "Stride"
    strides: str = "Strides"
    from_to: str = "From – to"
    reason: str = "Reason"
    none_rejected: str = "No stride was rejected."
    person: str = "Person"
    seen: str = "Seen"
    height_in_picture: str = "Height in picture"
    travel: str = "Way across"
    steadiness: str = "Steadiness"
    score: str = "Score"
    chosen: str = "chosen"
    chosen_by_rule: str = "The person was chosen by the rule: {rule}."
    chosen_by_user: str = "The person was chosen by the user; the rule is: {rule}."
    nobody_chosen: str = "Nobody was chosen by the rule: {rule}."
    swapped: str = "Left and right legs were exchanged back in {count} frames."
    more_people: str = "{count} more people are in assessment.json."
    more_rejected: str = "{count} more rejected strides are in strides.csv."

    passes_title: str = "Pass by pass"
    nth_walk: str = "Pass"
    speed_axis: str = "Speed ({unit}/s)"

    # Figures
    curves_alt: str = (
        "Joint angles over the gait cycle, left and right; their peaks and ranges stand in the "
        "table of joint and segment angles."
    )
    glance_note: str = "Mean of each side; every stride stands on the page of the joint angles."
    band_reference: str = "Reference"
    band_shape: str = "For comparison of shape only"
    band_note: str = (
        "Grey: mean ± 1 SD of {population}, who walked at the same normalised speed ({source}). "
        "Markers on the skin define a joint differently: a whole curve may lie several degrees "
        "off, the hip more, as its angle is measured against the pelvis there."
    )
    band_shape_note: str = (
        "Grey: mean ± 1 SD of {population}, who walked at the same normalised speed ({source}), "
        "moved to the level of the measured curves. No reference for this person, whose age is "
        "another or not known: only the shape may be compared."
    )
    no_band: str = (
        "No grey band: reference curves are matched by speed, which is not known here in metres "
        "per second, or there are none for these joints."
    )
    timeline_alt: str = "Stance and swing of both feet over time: {strides}."
    stride_plot_alt: str = (
        "Stride time and step length of every stride over time; their means and variability stand "
        "in the tables."
    )
    cycle_axis: str = "Gait cycle (%)"
    time_axis: str = "Time in the film (s)"
    curves_note: str = (
        "Thin: every used stride. Thick: mean ({left} left, {right} right strides). Ticks at the "
        "foot of each panel: mean foot off of each side. One camera sees one plane: rotations and "
        "angles out of that plane are not printed, because they cannot be seen."
    )
    no_curves: str = "No joint curve could be had from this walk."
    timeline_note: str = (
        "Bars: stance, from initial contact to foot off; the darker, the more the methods agree. "
        "Filled triangles: initial contact. Open triangles: foot off. Hatched: rejected stride."
    )
    no_events: str = "No gait event was found."
    stride_plot_note: str = (
        "Blue circles and solid lines: left. Red squares and dashed lines: right. "
        "Horizontal lines: mean of the used strides. Crosses: rejected strides."
    )
    initial_contact: str = "Initial contact"
    foot_off: str = "Foot off"
    # what people did
    space: str = " "
    signed: str = "Signed"
    signed_by: str = "{by}, {date}"
    amends: str = "amends an earlier report: {reason}"
    events_confirmed: str = "Events reviewed by {by}; none was corrected."
    events_corrected: str = "Events reviewed by {by}; corrections: {count}."
    models_before: str = (
        "Not every model was asked again after these corrections: the page of each says so."
    )
    models_after: str = "What models say here, they say of the corrected walk."
    review_title: str = "Review of the events"
    review_head: tuple[str, ...] = ("By", "Date", "What", "Before", "After")
    found_right: str = "Events found right"
    correction_of: str = "{what}: {side}, {event}"
    corrections: Mapping[str, str] = field(
        default_factory=lambda: {
            "move_event": "Moved",
            "add_event": "Added",
            "delete_event": "Deleted",
            "swap_legs": "Left and right leg exchanged",
        }
    )
    review_note: str = (
        "All values were measured anew with these events. An event that a person set is sure to "
        "half a frame."
    )
    scores_title: str = "Scales scored by the clinician"
    scores_head: tuple[str, ...] = ("Scale", "Score", "Range")
    scores_note: str = "As entered for this visit; clinigait did not measure them."
    score_units: Mapping[str, str] = field(
        default_factory=lambda: {"points": "points", "falls": "falls"}
    )
    score_range: str = "{low} to {high}"
    stride_time_axis: str = "Stride time (s)"
    step_length_axis: str = "Step length ({unit})"

    # Time and frequency
    time_frequency_title: str = "Time and frequency"
    time_frequency_points: Mapping[str, str] = field(
        default_factory=lambda: {
            "both_hip": "Middle of the hips, up and down",
            "left_ankle": "Left ankle, up and down",
            "right_ankle": "Right ankle, up and down",
        }
    )
    frequency_axis: str = "Frequency (Hz)"
    stride_mark: str = "stride"
    step_mark: str = "step"
    time_frequency_alt: str = (
        "How strongly the hips and the ankles swing at each frequency over the time of the longest "
        "bout; the numbers that were read off stand below."
    )
    time_frequency_note: str = (
        "Speed of the recorded points by a wavelet transform; the darker, the stronger, up to the "
        "number at the top right of a panel. Veiled on both sides: there the ends of the bout "
        "spoil the picture. Dashed: frequencies of strides and steps by the contacts. The bar "
        "marks where legs tremble in freezing; noise of the keypoints, heel strikes and the "
        "overtones of steps show there too. No diagnosis follows from a picture."
    )
    time_frequency_readings: Mapping[str, str] = field(
        default_factory=lambda: {
            "dominant_frequency_hz": "Strongest frequency of the hips",
            "harmonic_ratio_vertical": "Harmonic ratio, up and down: even over odd harmonics",
            "trembling_ratio": "Freezing-like trembling of the ankles, 3 to 8 over 0.5 to 3 Hz",
            "tremor_band_ratio": "Tremor-like movement of the wrists, 4 to 6 Hz over that around",
        }
    )
    not_had: str = "not available"

    class_bars_alt: str = "Probability of each category: {classes}."

    # What models say
    model_title: str = "Model result (adjunct)"
    model_pointer: str = (
        "What a model says beside these measurements stands on a page of its own: Model result "
        "(adjunct)."
    )
    model_note: str = (
        "Beside the measurements, never instead of them. A model compares the walk with those it "
        "learned from; it knows nothing else of the person. A qualified person has to review it."
    )
    model_outdated: str = (
        "This model was asked before the last corrections ({count}): its answer belongs to the "
        "walk as it was before them."
    )
    model_kept: str = (
        "The corrections change nothing that this model looks at: its answer was kept. What "
        "stands beside it was computed anew."
    )
    model_asked: str = (
        "This model was asked after the corrections: it answers to the corrected walk."
    )
    model_research: str = "RESEARCH – not for clinical use"
    model_synthetic: str = "Model of synthetic walkers only: its worth for people is not known"
    model_silent: str = "The model says nothing"
    model_research_why: str = (
        "Shown because the protocol asks for research: in a clinic this model keeps its number to "
        "itself, as it learned from synthetic walkers only."
    )
    model_set: str = (
        "Cannot be excluded (sets made to hold the right one in {coverage} %): {labels}."
    )
    model_bars_note: str = (
        "Bars: calibrated probability; dark where the category cannot be excluded. Lines: its 95 % "
        "interval over the parts of this walk, which tells how far the walk agrees with itself, "
        "not how good the model is. Diamonds: the baseline."
    )
    model_probability: str = "Probability (%)"
    no_interval: str = "No interval"
    baseline: str = "Baseline"
    baseline_title: str = "Baseline beside it: {title}"
    baseline_knows: str = "What it knows"
    baseline_silent: str = "It says nothing. {reason}"
    baseline_names: Mapping[str, str] = field(
        default_factory=lambda: {
            "age_y": "age {value} y",
            "height_m": "height {value} m",
            "mass_kg": "mass {value} kg",
        }
    )
    baseline_sides: Mapping[str, str] = field(
        default_factory=lambda: {
            "lesser": "{title} of the lesser side",
            "greater": "{title} of the greater side",
        }
    )
    baseline_sex: Mapping[bool, str] = field(
        default_factory=lambda: {True: "female", False: "male"}
    )
    signs_title: str = "Measured signs of this walk, before any model"
    signs_note: str = (
        "As measured in this walk; definitions and intervals stand in the parameter tables. "
        "Asymmetry is 0 where both sides are alike. Each of these signs has many causes."
    )
    sign: str = "Sign"
    asymmetry: str = "Asymmetry"
    sign_reference: str = "Reference"
    sign_grade: str = "Against it"
    sign_missing: str = "not measured"
    sign_no_reference: str = "no reference"
    more: Mapping[bool, str] = field(
        default_factory=lambda: {True: "right more", False: "left more"}
    )
    against: Mapping[str, str] = field(
        default_factory=lambda: {"below": "below", "within": "within", "above": "above"}
    )
    typicality: str = (
        "How unlike the walks of its test this one looks to the network: {score}; beyond {limit} "
        "it says nothing."
    )
    to_enter_title: str = "To be entered by a clinician"
    to_enter_field: str = "Field"
    to_enter_value: str = "Entered"
    to_enter_note: str = "For the clinician alone: nothing of this is computed from the recording."
    measures_title: str = "Posture in this walk, with its side"
    measure: str = "Measure"
    value: str = "Value"
    direction: str = "Which way"
    level: str = "neither way"
    worth_title: str = "What such a result is worth where {prevalence} % have it"
    worth_head: tuple[str, ...] = (
        "Category",
        "Sensitivity",
        "Specificity",
        "Positive result right",
        "Negative result right",
    )
    worth_note: str = (
        "Of 100 people with the result {title}, about {right} have it and {wrong} do not, where "
        "{prevalence} in 100 have it as the protocol states. Sensitivity and specificity: {people}."
    )
    worth_people: str = "measured on people the model had not seen"
    worth_synthetic: str = "measured on synthetic walkers, not on people"
    saliency_title: str = "Where the model looked"
    saliency_note: str = (
        "Share of the attention, in per cent of all of it, by region of the body and part of the "
        "gait cycle, for the answer {label} ({method}). Bars: all phases together; diamonds: the "
        "share of what there is to look at that the region has: attention without any preference "
        "would lie there. Checked: {checks}."
    )
    saliency_failed: str = "Where the model looked is not shown, as its map fails a check."
    saliency_refused: str = "Where the model looked cannot be shown."
    saliency_share: str = "Share (%)"
    saliency_picture: str = (
        "What the model saw at these times, with what its answer rests on laid over it."
    )
    saliency_alt: str = "Share of the attention by region: {regions}"
    saliency_methods: Mapping[str, str] = field(
        default_factory=lambda: {
            "integrated_gradients": "Integrated Gradients",
            "grad_cam": "Grad-CAM",
            "occlusion": "taking regions away",
        }
    )
    saliency_checks: Mapping[str, str] = field(
        default_factory=lambda: {
            "completeness": "the contributions add up",
            "taught": "the network differs from untaught ones",
            "randomisation": "another network gives another map",
            "deletion": "without these places the answer falls more than by chance",
            "insertion": "these places alone bring it back sooner than by chance",
        }
    )
    regions: Mapping[str, str] = field(
        default_factory=lambda: {
            "head": "Head",
            "trunk": "Trunk",
            "arms": "Arms",
            "left_arm": "Left arm",
            "right_arm": "Right arm",
            "pelvis": "Pelvis",
            "thighs": "Thighs",
            "left_thigh": "Left thigh",
            "right_thigh": "Right thigh",
            "shanks": "Shanks",
            "left_shank": "Left shank",
            "right_shank": "Right shank",
            "feet": "Feet",
            "left_foot": "Left foot",
            "right_foot": "Right foot",
            "elsewhere": "Elsewhere",
        }
    )
    phases: Mapping[str, str] = field(
        default_factory=lambda: {
            "left_loading": "Both feet,\nleft just down",
            "left_single": "Left foot\nalone",
            "right_loading": "Both feet,\nright just down",
            "right_single": "Right foot\nalone",
            "unknown": "Not\nknown",
        }
    )
    model_facts: str = "The model"
    model_card: str = "Card"
    learned_from: str = "Learned from"
    held_out: str = "How good it was"
    limits: str = "Limits"

    # Definitions and provenance
    definition: str = "Definition"
    source: str = "Source"
    sources: str = "Sources"
    protocol_facts: str = "{title}, version {version}"
    protocol_name: str = "{name} {version}"
    no_definition: str = "No definition was supplied."
    view_needed: str = "View needed"
    detector: str = "Detector"
    pose: str = "Pose model"
    silhouettes_by: str = "Silhouettes by"
    flip_test: str = "flip test"
    pose_synthetic: str = "Keypoints by a network that learned from synthetic walkers"
    weights: str = "Weights {name}"
    input_hash: str = "Film, SHA-256"
    protocol_hash: str = "Protocol, SHA-256"
    packages: str = "Packages"
    made_at: str = "Made at"
    version: str = "Version"

    # Refusal
    refused_what: str = "What is wrong"
    refused_remedy: str = "What to do"
    refused_note: str = (
        "The film was read, but an honest measurement cannot be made from it. "
        "No gait parameter is printed."
    )
    refused_code: str = "Code: {code}"

    # Footer
    footer: str = (
        "{code}  ·  {date}  ·  clinigait {version}  ·  input {input}  ·  protocol {protocol}"
        "  ·  weights {weights}"
    )
    page: str = "Page {page} of "
    page_total: str = "{total}"


ENGLISH = Wording()
LANGUAGES = ("en", "zh")


def wording(language: str) -> Wording:
    """Return the words of a language.

    Raises
    ------
    BadInputError
        If there are none.
    """
    if language not in LANGUAGES:
        raise BadInputError(
            f"There is no report in the language {language!r}.",
            f"Choose one of: {', '.join(LANGUAGES)}.",
        )
    if language == "en":
        return ENGLISH
    from clinigait.report.wording_zh import CHINESE  # noqa: PLC0415  it is made of this file

    return CHINESE
