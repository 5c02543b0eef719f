"""GaitValidation: frontal walks with 3-D joints from video and reports of body-worn sensors.

Layout as published (github mea-lab/GaitValidation): joints in ``video analysis/large model
data/ori_keypoints/*.npy``, (T, 17, 3) in mm in the camera's axes at 60 frames a second; reports in
``sensor data/SENSOR REPORT/*.csv``, one row of headers and one of values, with or without columns
of identity. The column named ``Height [cm]`` holds metres. No licence is stated: the data are read
where they stand and never copied.

The prefix of a name is not the clinical group: labels are unknown, unless the user gives a table.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from clinigait.core import BadInputError, Depth, Space, Subject, Walk
from clinigait.core.layout import MPI_17
from clinigait.datasets.labels import read_labels
from clinigait.datasets.options import StudyOptions
from clinigait.datasets.people import chosen_people, natural
from clinigait.datasets.study import Sample, Study
from clinigait.io.keypoint_table import UNREADABLE_ARRAY

NAME = "gait-validation"
LAYOUT = "video analysis/large model data/ori_keypoints/*.npy"
TAKES: tuple[str, ...] = ("labels",)
SOURCE = "MEA Lab, GaitValidation (github mea-lab/GaitValidation)"
LICENCE = "none stated"
OBTAIN = "Clone github mea-lab/GaitValidation; give the folder that holds 'video analysis'."
RATE_HZ = 60.0
_KEYPOINTS = "video analysis/large model data/ori_keypoints"
_REPORTS = "sensor data/SENSOR REPORT"
_HEIGHT = "Height [cm]"
_HEIGHTS_M = (0.8, 2.6)
_MAX_BYTES = 200_000_000

#: Sensor columns by parameter and side: column, factor to our unit.
_COLUMNS: dict[tuple[str, str], tuple[str, float]] = {
    ("cadence_spm", "both"): ("Cadence [step/min]", 1.0),
    ("stride_time_s", "both"): ("Stride Time [ms]", 1e-3),
    ("stride_length_m", "both"): ("Stride Length [cm]", 1e-2),
    ("step_width_m", "both"): ("Step Width [cm]", 1e-2),
    ("speed_mps", "both"): ("Velocity [km/h]", 1 / 3.6),
    ("double_support_pct", "both"): ("Double Stance [%]", 1.0),
}
_PER_SIDE = {
    "step_time_s": ("Step Time {side} [ms]", 1e-3),
    "step_length_m": ("Step Length {side} [cm]", 1e-2),
    "stance_pct": ("Stance Phase {side} [%]", 1.0),
    "swing_pct": ("Swing Phase {side} [%]", 1.0),
    "single_support_pct": ("Single Support {side} [%]", 1.0),
    "knee_flexion_rom_deg": ("Average Period-Range-Total-Knee Flexion {foot} [deg]", 1.0),
    "hip_flexion_rom_deg": ("Average Period-Range-Total-Hip Flexion {foot} [deg]", 1.0),
}
#: Percentages that the sensors give become seconds by their own stride time.
_SECONDS = {
    "stance_pct": "stance_time_s",
    "swing_pct": "swing_time_s",
    "single_support_pct": "single_support_time_s",
    "double_support_pct": "double_support_time_s",
}


@dataclass(frozen=True)
class Trial:
    """One walk of the data set.

    Parameters
    ----------
    name, subject
        File stem, and the person: the stem without its last part.
    keypoints, report
        The files; the report may be missing.
    """

    name: str
    subject: str
    keypoints: Path
    report: Path


def trials(root: Path, subjects: str | None = None) -> tuple[Trial, ...]:
    """Return the walks of a folder in order of their names.

    Parameters
    ----------
    root
        The folder that holds ``video analysis`` and ``sensor data``.
    subjects
        People to keep: names, or numbers and ranges of numbers in the order of the names
        (``Val_005,Diz_001`` or ``1-5,8``); None keeps all.

    Raises
    ------
    BadInputError
        If the folder has not the published layout, or nobody of that name.
    """
    folder = root / _KEYPOINTS
    if not folder.is_dir():
        raise BadInputError(
            f"{root.name[:80] or 'This'} is not the GaitValidation data set: there is no "
            f"{_KEYPOINTS} in it.",
            "Give the folder that holds 'video analysis' and 'sensor data'.",
        )
    files = sorted(folder.glob("*.npy"), key=lambda f: natural(f.stem))
    found = [
        Trial(f.stem, f.stem.rpartition("_")[0] or f.stem, f, root / _REPORTS / f"{f.stem}.csv")
        for f in files
    ]
    if not found:
        raise BadInputError(f"There are no walks in {_KEYPOINTS}.", "Give the complete data set.")
    kept = chosen_people(sorted({t.subject for t in found}, key=natural), subjects)
    return tuple(trial for trial in found if trial.subject in kept)


def study(root: Path, options: StudyOptions | None = None) -> Study:
    """Return the walks as a study; labels come from the table that the options name.

    Raises
    ------
    BadInputError
        If the folder or the table cannot be used.
    """
    table = options.labels if options else None
    labels = read_labels(table) if table else None
    found = trials(root)
    if labels and table:
        labels.check_used({t.subject for t in found} | {t.name for t in found}, table)
    samples = tuple(
        Sample(
            sequence=trial.name,
            person=trial.subject,
            walk=trial.name,
            label=labels.of(sequence=trial.name, subject=trial.subject) if labels else None,
            read=partial(read_trial, trial),
            covariates=_covariates(trial),
        )
        for trial in found
    )
    limits = () if labels else ("The clinical group of these people is not known.",)
    return Study(NAME, SOURCE, LICENCE, "mixed", OBTAIN, samples, limits)


def _covariates(trial: Trial) -> dict[str, float | str]:
    """Return what the sensors say of body height and speed."""
    report = read_report(trial)
    speed = references(report)["speed_mps", "both"]
    known = {"height_m": _height_m(report), "speed_mps": None if math.isnan(speed) else speed}
    return {name: value for name, value in known.items() if value is not None}


def is_here(root: Path) -> bool:
    """Tell whether a folder has the layout."""
    return (root / _KEYPOINTS).is_dir()


def read_trial(trial: Trial) -> Walk:
    """Read the joints of a walk, and of the report nothing but the body height.

    Raises
    ------
    BadInputError
        If the file of joints cannot be used.
    """
    joints = _joints(trial.keypoints)
    seen = np.isfinite(joints).all(axis=2) & (np.abs(joints).sum(axis=2) > 0)
    return Walk(
        time_s=np.arange(len(joints)) / RATE_HZ,
        keypoints=np.where(seen[..., None], joints / 1000, np.nan),
        confidence=np.where(seen, 0.9, 0.0),
        layout=MPI_17,
        space=Space.CAMERA_M,
        depth=Depth.INFERRED,
        subject=Subject(code=trial.subject, height_m=_height_m(read_report(trial))),
        provenance={"data set": NAME, "file": trial.keypoints.name},
    )


def _joints(path: Path) -> np.ndarray:
    unreadable = BadInputError(
        f"{path.name} is not a readable array of joints.", "Fetch the file again."
    )
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise unreadable
        joints = np.lib.format.open_memmap(path, mode="r")
    except UNREADABLE_ARRAY as error:
        raise unreadable from error
    is_numeric = joints.dtype.kind in "fiu"
    if not is_numeric or joints.ndim != 3 or joints.shape[1:] != (17, 3) or len(joints) < 2:
        raise BadInputError(
            f"{path.name} does not hold (frames, 17 joints, 3) numbers.", "Fetch the file again."
        )
    return np.asarray(joints, float)


def read_report(trial: Trial) -> dict[str, float]:
    """Return the numbers of a sensor report by column; empty where there is no report."""
    if not trial.report.is_file():
        return {}
    try:
        with trial.report.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(
            f"{trial.report.name} is not a readable sensor report.", "Fetch the file again."
        ) from error
    if len(rows) < 2:
        return {}
    return {name.strip(): _number(text) for name, text in zip(rows[0], rows[1], strict=False)}


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _height_m(report: Mapping[str, float]) -> float | None:
    """Body height: the column says cm, the data set writes m, copies of it may write cm."""
    value = report.get(_HEIGHT, math.nan)
    for height_m in (value, value / 100):
        if _HEIGHTS_M[0] <= height_m <= _HEIGHTS_M[1]:
            return height_m
    return None


def references(report: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Return the sensors' values by parameter and side; NaN where the report has none."""
    found = {key: report.get(column, math.nan) * f for key, (column, f) in _COLUMNS.items()}
    for name, (column, factor) in _PER_SIDE.items():
        for side in ("left", "right"):
            header = column.format(side=side, foot={"left": "LT", "right": "RT"}[side])
            found[name, side] = report.get(header, math.nan) * factor
        found[name, "both"] = (found[name, "left"] + found[name, "right"]) / 2
    stride_s = found["stride_time_s", "both"]
    for percent, seconds in _SECONDS.items():
        for side in ("left", "right", "both"):
            if (percent, side) in found:
                found[seconds, side] = found[percent, side] / 100 * stride_s
    return dict(_in_order(found))


def _in_order(
    found: Mapping[tuple[str, str], float],
) -> Iterator[tuple[tuple[str, str], float]]:
    for key in sorted(found, key=lambda k: (k[0], ("left", "right", "both").index(k[1]))):
        yield key, found[key]
