"""Compare pose estimators: with what a person marked, and in what gait makes of them.

    python examples/pose_comparison.py --out OUT [--pose NAME …]

41 frames of two films, hips to toes of both legs, were marked by eye (``pose_marks.json`` says
how): a walker who passes from the side, and a barefoot man who balances along a line, before four
cameras from the front and from behind. Every estimator that is on this machine sees the same
crops. Errors are in percent of the height of the person's box. Then each of them measures the
first film by itself, from the pixels to the parameters, and is compared with BlazePose-heavy.

No estimator of this project has learned from these films. Marks are one reader's: differences of
less than half a percent of height are less than two readings of the same point differ. Intervals
are over the 41 frames, of two people.

Writes ``pose_comparison.md`` and ``contact_sheet.png``, on which a person can judge.
``--quick`` takes seven frames of the first film, and no gait.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import cv2
import numpy as np
from numpy.typing import NDArray

import clinigait
from clinigait.core import SIDES, Assessment, BadInputError, KeypointLayout, Side, Walk, opposite
from clinigait.io.fetch import Asset, PypiSource, fetch
from clinigait.io.sample import DEMO_CLIP
from clinigait.io.video import open_recording
from clinigait.io.walk import read_walk
from clinigait.perception.annotate import COLOURS, LIMBS
from clinigait.perception.estimators import Models
from clinigait.perception.pose import PoseSample
from clinigait.perception.weights import POSE_CHOICES
from clinigait.request import Request
from clinigait.stats.bootstrap import Estimate, bootstrap_estimate

_MARKS = Path(__file__).with_name("pose_marks.json")
_REFERENCE = "blazepose"
#: What is compared where it is here.
_COMPARED = tuple(name for name in POSE_CHOICES if name != "hrnet")
POINTS = ("hip", "knee", "ankle", "heel", "toe")
_FEET = ("ankle", "heel", "toe")
#: A point is right that lies so near, in percent of height.
_RIGHT_PCT = 5.0
#: A point jumps that lies so far from the median of five frames around it, in percent of height.
_JUMP_PCT = 5.0
#: Sides are exchanged where that brings the marks of both feet so much nearer.
_EXCHANGED = 0.5
_SHEET_FRAMES, _SHEET_PX = 10, 300


def _line(number: int, sha256: str, size_bytes: int) -> Asset:
    return Asset(
        name=f"line-cam{number}",
        file_name=f"line_cam{number}.mp4",
        sha256=sha256,
        size_bytes=size_bytes,
        licence="BSD-3-Clause",
        description="A man balances along a line; 1.7 s at 60 frames per second.",
        sources=(
            PypiSource(
                package="pose2sim",
                version="0.10.49",
                member=f"Pose2Sim/Demo_SinglePerson/videos/cam0{number}.mp4",
                wheel_sha256="403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1",
            ),
        ),
    )


#: Both films come from packages by David Pagnon and others, BSD-3-Clause.
FILMS: Mapping[str, Asset] = {
    "walk_past": DEMO_CLIP,
    "line_cam1": _line(
        1, "cf4f2816c86bea4bfbea255333d8626ff32a3ecabdab8b0fb147cea9167fde3a", 387_775
    ),
    "line_cam2": _line(
        2, "94ff87cf978b8406e8aa36ab3c5362e72848994e87652f0dc7a33c315e8e0442", 540_548
    ),
    "line_cam3": _line(
        3, "b8b329f832f178f27ecb78d024d5026b96c6adb36c387bfe2c0af85eab8a11ca", 1_709_101
    ),
    "line_cam4": _line(
        4, "b5c0e7863fd70d008e7178d3c556b045b0ea5f78fcd61ca548a0b2e807e641f7", 1_772_999
    ),
}
_VIEWS = {
    "from the side": ("walk_past",),
    "from the front": ("line_cam1", "line_cam2"),
    "from behind": ("line_cam3", "line_cam4"),
}


@dataclass(frozen=True)
class Marked:
    """A frame that a person marked.

    Parameters
    ----------
    film, frame
        Which.
    box
        x0, y0, x1, y1 of the person in px.
    points
        x, y in px by name of the point, and a third number where it is hidden.
    """

    film: str
    frame: int
    box: tuple[float, float, float, float]
    points: Mapping[str, Sequence[float]]

    @property
    def height_px(self) -> float:
        """Height of the box."""
        return self.box[3] - self.box[1]


def read_marks() -> tuple[Marked, ...]:
    """Return all frames that were marked."""
    content = json.loads(_MARKS.read_text(encoding="utf-8"))
    return tuple(
        Marked(one["film"], one["frame"], tuple(one["box"]), one["points"])
        for one in content["frames"]
    )


@dataclass(frozen=True, eq=False)
class Errors:
    """How far an estimator is from every mark.

    Parameters
    ----------
    frames, films, points
        (N,) number of the frame in the marks, its film, name of the point without its side.
    hidden
        (N,) whether the point is.
    error_pct
        (N,) distance in percent of height.
    confidence
        (N,) that the estimator has in it.
    exchanged
        In how many frames it exchanged left and right, and of how many that can be told.
    crop_ms
        Processor time of a crop.
    """

    frames: NDArray[np.intp]
    films: NDArray[np.str_]
    points: NDArray[np.str_]
    hidden: NDArray[np.bool_]
    error_pct: NDArray[np.float64]
    confidence: NDArray[np.float64]
    exchanged: tuple[int, int]
    crop_ms: float

    def median(self, rows: NDArray[np.bool_]) -> Estimate:
        """Return the median error of some marks, with its interval over frames; empty of none."""
        if not rows.any():
            return Estimate(None, None, None)
        return bootstrap_estimate(_weighted_median, self.frames[rows], self.error_pct[rows])

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """Which points are."""
        return ~self.hidden


def _weighted_median(
    values: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    order = np.argsort(values)
    reached = np.cumsum(weights[:, order], axis=1)
    half = reached[:, -1:] / 2
    found = values[order][np.argmax(reached >= half, axis=1)]
    return np.where(reached[:, -1] > 0, found, np.nan)


def estimated(
    name: str, marks: Sequence[Marked], films: Mapping[str, Path]
) -> tuple[KeypointLayout, list[PoseSample], float]:
    """Return what an estimator sees in the boxes of all marked frames, and its ms of a crop."""
    estimator = Models.chosen(name).estimator(1)
    samples: dict[int, PoseSample] = {}
    spent_s = 0.0
    for film in dict.fromkeys(mark.film for mark in marks):
        here = {mark.frame: n for n, mark in enumerate(marks) if mark.film == film}
        with closing(open_recording(films[film]).frames()) as frames:  # type: ignore[type-var]
            for frame in frames:
                if frame.index in here:
                    number = here[frame.index]
                    began = time.process_time()
                    estimator.submit(number, frame.image, np.array(marks[number].box, float))
                    samples |= estimator.results()
                    spent_s += time.process_time() - began
    ordered = [samples[number] for number in range(len(marks))]
    return estimator.layout, ordered, 1e3 * spent_s / len(marks)


def errors_of(name: str, marks: Sequence[Marked], films: Mapping[str, Path]) -> Errors:
    """Compare an estimator with the marks."""
    layout, samples, crop_ms = estimated(name, marks, films)
    rows = []
    told = exchanged = 0
    for number, (mark, sample) in enumerate(zip(marks, samples, strict=True)):
        for point, (x, y, *hidden) in mark.points.items():
            index = layout.index(point)
            off_px = np.hypot(*(sample.keypoints_px[index] - (x, y)))
            rows.append(
                (number, mark.film, point.split("_")[1], bool(hidden),
                 100 * off_px / mark.height_px, sample.confidence[index])
            )  # fmt: skip
        straight, crossed = (_feet_px(mark, sample, layout, cross=cross) for cross in (False, True))
        if straight is not None and crossed is not None:
            told += 1
            exchanged += crossed < _EXCHANGED * straight
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Errors(*columns, exchanged=(exchanged, told), crop_ms=crop_ms)


def _feet_px(
    mark: Marked, sample: PoseSample, layout: KeypointLayout, *, cross: bool
) -> float | None:
    """Return the summed distance of both feet's points; None where a foot has no marks."""
    total = 0.0
    for side in SIDES:
        own: Side = opposite(side) if cross else side
        known = [p for p in _FEET if f"{side}_{p}" in mark.points]
        if not known:
            return None
        for point in known:
            x, y = mark.points[f"{side}_{point}"][:2]
            total += float(np.hypot(*(sample.keypoints_px[layout.index(point, own)] - (x, y))))
    return total


def calibration(errors: Errors) -> Estimate:
    """Return how far confidence is from the share of seen points that are right, over ten bins."""
    right = (errors.error_pct <= _RIGHT_PCT).astype(float)[errors.seen]
    return bootstrap_estimate(
        _calibration_error, errors.frames[errors.seen], errors.confidence[errors.seen], right
    )


def _calibration_error(
    confidence: NDArray[np.float64], right: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    bins = np.array_split(np.argsort(confidence, kind="stable"), 10)
    off = [np.abs(weights[:, own] @ (confidence - right)[own]) for own in bins]
    return np.asarray(np.sum(off, axis=0) / np.maximum(weights.sum(axis=1), 1))


def tables_of_marks(found: Mapping[str, Errors]) -> list[str]:
    """Return errors by estimator: all, by view, by point, of hidden points."""
    heads = ("all that are seen", *_VIEWS, "hidden", "sides exchanged", "calibration error",
             "ms a crop")  # fmt: skip
    lines = ["Median error in percent of height (95 % over frames):", "", *_heads(heads)]
    for name, one in found.items():
        views = [one.seen & np.isin(one.films, films) for films in _VIEWS.values()]
        cells = [_cell(one.median(rows)) for rows in (one.seen, *views, one.hidden)]
        swaps = f"{one.exchanged[0]} of {one.exchanged[1]}"
        lines.append(
            f"| {name} | {' | '.join(cells)} | {swaps} | {calibration(one).text('.2f')} "
            f"| {one.crop_ms:.0f} |"
        )
    lines += ["", "By point, of those that are seen (worst tenth begins at):", "", *_heads(POINTS)]
    for name, one in found.items():
        cells = []
        for point in POINTS:
            rows = one.seen & (one.points == point)
            worst = np.percentile(one.error_pct[rows], 90) if rows.any() else np.nan
            cells.append(f"{_cell(one.median(rows))}, {worst:.1f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _heads(columns: Iterable[str]) -> list[str]:
    columns = ["estimator", *columns]
    return [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]


def _cell(estimate: Estimate) -> str:
    return "–" if estimate.value is None else estimate.text(".2f")


@dataclass(frozen=True, eq=False)
class Gait:
    """What gait makes of an estimator, on the film from the side.

    Parameters
    ----------
    assessment
        Of the film.
    walk
        The keypoints, as they were measured.
    """

    assessment: Assessment
    walk: Walk

    @classmethod
    def by(cls, name: str, film: Path, folder: Path) -> Gait:
        """Assess the film."""
        asked = Request(pose=name, documents=False, overlay=False, threads=1)
        return cls(clinigait.assess(film, folder, asked), read_walk(folder / "walk.npz"))

    def steadiness(self) -> tuple[float, float]:
        """Return jitter of the feet in percent of height, and their share of jumps in percent.

        Jitter is the noise that the third differences of a smooth movement do not explain.
        """
        assert self.walk.boxes_px is not None
        height_px = np.median(np.diff(self.walk.boxes_px[:, [1, 3]], axis=1))
        feet = [self.walk.layout.index(p, side) for p in _FEET for side in SIDES]
        place = 100 * self.walk.keypoints[:, feet] / height_px
        third = np.abs(np.diff(place, 3, axis=0))
        noise = 1.4826 * float(np.nanmedian(third)) / np.sqrt(20)
        around = np.lib.stride_tricks.sliding_window_view(place, 5, axis=0)
        off = np.linalg.norm(place[2:-2] - np.median(around, axis=-1), axis=-1)
        return noise, 100 * float(np.mean(off[np.isfinite(off)] > _JUMP_PCT))

    def events_off(self, other: Gait) -> NDArray[np.float64]:
        """Return for each event of another how far the nearest of its kind is, in frames."""
        measurement, reference = self.assessment.measurement, other.assessment.measurement
        assert measurement is not None
        assert reference is not None
        times: dict[tuple[str, str], list[float]] = defaultdict(list)
        for event in measurement.events:
            times[event.kind, event.side].append(event.time_s)
        off = [
            min((abs(time_s - event.time_s) for time_s in times[event.kind, event.side]),
                default=np.inf)
            for event in reference.events
        ]  # fmt: skip
        return np.array(off) * reference.rate_hz

    def curves_off_deg(self, other: Gait) -> dict[str, float]:
        """Return by joint how far the mean curves are from those of another (rms)."""
        measurement, reference = self.assessment.measurement, other.assessment.measurement
        assert measurement is not None
        assert reference is not None
        own = {(curve.name, curve.side): np.array(curve.mean) for curve in measurement.curves}
        squares: dict[str, list[float]] = defaultdict(list)
        for curve in reference.curves:
            if (curve.name, curve.side) in own and curve.unit == "deg":
                off = own[curve.name, curve.side] - np.array(curve.mean)
                squares[curve.name].append(float(np.mean(off**2)))
        return {name: float(np.sqrt(np.mean(all_of))) for name, all_of in squares.items()}


def table_of_gait(found: Mapping[str, Gait]) -> list[str]:
    """Return what gait makes of every estimator, beside what it makes of the reference."""
    reference = found[_REFERENCE]
    names = ("stride_time_s", "stride_length_bh", "stance_pct", "double_support_pct")
    heads = ("frames whose sides were mended", "jumps of the feet", "jitter",
             "events within a frame", "median", *names, "curves off")  # fmt: skip
    lines = [f"Of the film from the side, beside {_REFERENCE}:", "", *_heads(heads)]
    for name, gait in found.items():
        if gait.assessment.measurement is None:
            assert gait.assessment.refusal is not None
            lines.append(f"| {name} | refused: {gait.assessment.refusal.message} |")
            continue
        perception = gait.assessment.perception
        assert perception is not None
        noise, jumps = gait.steadiness()
        off = gait.events_off(reference)
        cells = [f"{perception.swapped_frames} of {len(gait.walk)}", f"{jumps:.1f} %",
                 f"{noise:.2f} %", f"{int((off <= 1).sum())} of {len(off)}",
                 f"{np.median(off):.2f} frames"]  # fmt: skip
        for parameter in names:
            one = gait.assessment.measurement.parameter(parameter)
            known = one is not None and one.value is not None
            cells.append(f"{one.value:.3g}" if known and one is not None else "–")
        curves = gait.curves_off_deg(reference).items()
        cells.append(", ".join(f"{joint} {off_deg:.1f}" for joint, off_deg in curves) + " deg")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def contact_sheet(
    marks: Sequence[Marked], films: Mapping[str, Path], names: Sequence[str], path: Path
) -> None:
    """Draw legs by hand and by every estimator, a frame a row, for the eye."""
    numbers = np.unique(np.linspace(0, len(marks) - 1, _SHEET_FRAMES).astype(int))
    chosen = [marks[int(number)] for number in numbers]
    legs = [(mark.points, "by hand") for mark in chosen]
    columns = [legs]
    for name in names:
        layout, samples, _ = estimated(name, chosen, films)
        points = [dict(zip(layout.points, sample.keypoints_px, strict=True)) for sample in samples]
        columns.append([(own, name) for own in points])
    pictures = _pictures(chosen, films)
    rows = [
        np.hstack([_drawn(pictures[n], mark, *column[n]) for column in columns])
        for n, mark in enumerate(chosen)
    ]
    cv2.imwrite(str(path), np.vstack(rows)[:, :, ::-1])


def _pictures(marks: Sequence[Marked], films: Mapping[str, Path]) -> dict[int, NDArray[np.uint8]]:
    found = {}
    for film in dict.fromkeys(mark.film for mark in marks):
        here = {mark.frame: n for n, mark in enumerate(marks) if mark.film == film}
        for frame in open_recording(films[film]).frames():
            if frame.index in here:
                found[here[frame.index]] = np.array(frame.image)
    return found


def _drawn(
    picture: NDArray[np.uint8], mark: Marked, points: Mapping[str, Sequence[float]], title: str
) -> NDArray[np.uint8]:
    """Return the lower half of a person with legs drawn on it."""
    x0, y0, x1, y1 = mark.box
    side = 0.62 * (y1 - y0)
    scale = _SHEET_PX / side
    corner = np.array([(x0 + x1) / 2 - side / 2, y1 + 0.04 * (y1 - y0) - side])
    matrix = np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]]])
    image = cv2.warpAffine(picture, matrix, (_SHEET_PX, _SHEET_PX), flags=cv2.INTER_AREA)
    for name in SIDES:
        for ends in LIMBS:
            known = [points.get(f"{name}_{end}") for end in ends]
            if ends[0] in POINTS and known[0] is not None and known[1] is not None:
                first, second = (scale * (np.array(end[:2]) - corner) for end in known)
                line = [tuple(int(v) for v in end.round()) for end in (first, second)]
                cv2.line(image, line[0], line[1], COLOURS[name], 2, cv2.LINE_AA)
    text = f"{title}, {mark.film} {mark.frame}"
    cv2.putText(image, text, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1)
    return np.asarray(image, np.uint8)


def available(asked: Sequence[str]) -> list[str]:
    """Return those estimators that are on this machine; say which are not."""
    here = []
    for name in asked:
        try:
            Models.chosen(name)
        except BadInputError as error:
            print(f"{name}: {error}", file=sys.stderr)
        else:
            here.append(name)
    return here


def main() -> int:
    """Compare, print the tables, draw the sheet."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", type=Path, required=True, help="folder of tables and pictures")
    options.add_argument("--pose", nargs="*", default=_COMPARED, choices=_COMPARED)
    options.add_argument("--quick", action="store_true")
    asked = options.parse_args()
    marks = read_marks()
    if asked.quick:
        marks = tuple(mark for mark in marks if mark.film == "walk_past")[::4]
    try:
        wanted = dict.fromkeys(mark.film for mark in marks)
        films = {name: fetch(FILMS[name], progress=_tell) for name in wanted}
        names = available(asked.pose)
        asked.out.mkdir(parents=True, exist_ok=True)
        lines = [f"{len(marks)} frames, {sum(len(m.points) for m in marks)} points by hand.", ""]
        lines += tables_of_marks({name: errors_of(name, marks, films) for name in names})
        if not asked.quick and _REFERENCE in names:
            with TemporaryDirectory() as folder:
                gaits = {n: Gait.by(n, films["walk_past"], Path(folder, n)) for n in names}
            lines += ["", *table_of_gait(gaits)]
        contact_sheet(marks, films, names, asked.out / "contact_sheet.png")
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    text = "\n".join(lines) + "\n"
    print(text)
    (asked.out / "pose_comparison.md").write_text(text, encoding="utf-8")
    return 0


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
