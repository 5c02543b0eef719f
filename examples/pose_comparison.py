"""Compare pose estimators: by hand-marked frames, on made people, and in what gait makes of them.

    python examples/pose_comparison.py --out OUT [--pose NAME …]

41 frames of two films, hips to toes of both legs, were marked by eye (``pose_marks.json`` says
how): a walker who passes from the side, and a barefoot man who balances along a line, before four
cameras from the front and from behind. Every estimator that is on this machine sees the same
crops. Then all of them see people of the virtual clinic, of whom every point is known, also where
it is hidden. Errors are in percent of the height of the person's box, or of the stature of made
people. Last, each of them measures the first film by itself, from the pixels to the parameters,
and is compared with BlazePose-heavy.

No estimator of this project has learned from these films or these made people. Marks are one
reader's: differences of less than half a percent of height are less than two readings of a point
differ. Intervals are over the 41 frames, of two people, and over made people.

Writes ``pose_comparison.md`` and ``contact_sheet.png``, on which a person can judge.
``--quick`` takes seven frames of the first film, few made people, and no gait.
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
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import cv2
import numpy as np
from numpy.typing import NDArray

import clinigait
from clinigait.core import (
    COCO_17,
    SIDES,
    WHOLEBODY_23,
    Assessment,
    BadInputError,
    KeypointLayout,
    Side,
    Walk,
    opposite,
)
from clinigait.io.fetch import Asset, fetch
from clinigait.io.sample import DEMO_CLIP, LINE_FILMS
from clinigait.io.video import open_recording
from clinigait.io.walk import read_walk
from clinigait.perception.annotate import COLOURS, LIMBS
from clinigait.perception.estimators import Models
from clinigait.perception.hrnet.estimator import HrnetPose
from clinigait.perception.movenet import MOVENET, MoveNet
from clinigait.perception.pose import PoseSample
from clinigait.perception.weights import POSE_CHOICES, is_hrnet
from clinigait.request import Request
from clinigait.stats.bootstrap import Estimate, bootstrap_estimate
from clinigait.synthesis.backgrounds import found_backgrounds
from clinigait.synthesis.pose_people import drawn_poser
from clinigait.synthesis.pose_pictures import MadePicture, State, made_picture

_MARKS = Path(__file__).with_name("pose_marks.json")
_REFERENCE, _MOVENET = "blazepose", "movenet"
#: What is compared where it is here; MoveNet is fetched.
_COMPARED = (*(name for name in POSE_CHOICES if name != "hrnet"), _MOVENET)
POINTS = ("hip", "knee", "ankle", "heel", "toe")
_FEET = ("ankle", "heel", "toe")
#: A point is right that lies so near, in percent of height.
_RIGHT_PCT = 5.0
#: A point jumps that lies so far from the median of five frames around it, in percent of height.
_JUMP_PCT = 5.0
#: Sides are exchanged where that brings the points of both feet so much nearer.
_EXCHANGED = 0.5
_SHEET_FRAMES, _SHEET_PX = 10, 300
#: Of the made people: their seed, which no training has, how many, and pictures of each.
_SEED, _PEOPLE, _MOMENTS = 7001, 42, 8
#: A box that a crop of 192 x 256 pixels shows with the usual margin.
_CROP_BOX = (19.2, 25.6, 172.8, 230.4)

#: The walker who passes, and the man on the line before each of four cameras.
FILMS: Mapping[str, Asset] = {
    "walk_past": DEMO_CLIP,
    **{f"line_cam{number}": film for number, film in enumerate(LINE_FILMS, 1)},
}
_SIDE, _FRONT, _BEHIND = "from the side", "from the front", "from behind"
_VIEW_OF_FILM = {
    "walk_past": _SIDE, "line_cam1": _FRONT, "line_cam2": _FRONT, "line_cam3": _BEHIND,
    "line_cam4": _BEHIND,
}  # fmt: skip
_SEEN, _BEHIND_SELF, _HIDDEN = "seen", "behind the own body", "hidden"


@dataclass(frozen=True, eq=False)
class Case:
    """Somebody in a picture, with known points.

    Parameters
    ----------
    title, view
        Which picture, and from where it was taken.
    person
        Whom or what intervals are over.
    image
        (H, W, 3), red first.
    box
        x0, y0, x1, y1 of the person in px.
    height_px
        What errors are a percentage of.
    points
        x and y in px by name of the point, and how it is seen.
    """

    title: str
    view: str
    person: int
    image: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    height_px: float
    points: Mapping[str, tuple[float, float, str]]


def marked_cases(films: Mapping[str, Path], marks: Sequence[Mapping[str, object]]) -> list[Case]:
    """Return the frames that a person marked."""
    by_film: dict[str, dict[int, Mapping[str, object]]] = defaultdict(dict)
    for mark in marks:
        by_film[str(mark["film"])][int(mark["frame"])] = mark
    found = []
    for film, own in by_film.items():
        with closing(open_recording(films[film]).frames()) as frames:  # type: ignore[type-var]
            for frame in frames:
                if frame.index in own:
                    found.append(_marked(own[frame.index], np.array(frame.image), len(found)))
    return found


def _marked(mark: Mapping[str, object], image: NDArray[np.uint8], number: int) -> Case:
    points = {
        name: (float(x), float(y), _HIDDEN if hidden else _SEEN)
        for name, (x, y, *hidden) in mark["points"].items()
    }
    box = tuple(map(float, mark["box"]))
    return Case(
        title=f"{mark['film']} {mark['frame']}", view=_VIEW_OF_FILM[str(mark["film"])],
        person=number, image=image, box=box, height_px=box[3] - box[1], points=points,
    )  # fmt: skip


def made_cases(people: int, moments: int) -> list[Case]:
    """Return pictures of people of the virtual clinic, each of somebody else's seed."""
    backgrounds, found = found_backgrounds(()), []
    for number in range(people):
        cast = [drawn_poser(_SEED, number, moments)]
        for moment in range(moments):
            seed = (_SEED, number, moment, 0xC0)
            found.append(_made(made_picture(cast, 0, moment, backgrounds, seed), number))
    return found


def _made(picture: MadePicture, person: int) -> Case:
    how = {State.SEEN: _SEEN, State.BEHIND_SELF: _BEHIND_SELF, State.HIDDEN: _HIDDEN}
    points = {}
    for name, place, state in zip(
        WHOLEBODY_23.points, picture.keypoints_px, picture.states, strict=True
    ):
        if state in how and name.split("_", 1)[-1] in POINTS:
            points[name] = (float(place[0]), float(place[1]), how[State(state)])
    return Case(
        title=f"made {person}", view=_view_of(picture.angle_deg), person=person,
        image=picture.crop, box=_CROP_BOX, height_px=picture.stature_px, points=points,
    )  # fmt: skip


def _view_of(angle_deg: float) -> str:
    """Name a view by its angle: 0 is in front."""
    quarter = round(angle_deg / 90) % 4
    return {0: _FRONT, 2: _BEHIND}.get(quarter, _SIDE)


class _MoveNetPose:
    """MoveNet, asked as the other estimators are."""

    layout = COCO_17

    def __init__(self, weights: Path) -> None:
        self._network = MoveNet(weights)
        self._done: dict[int, PoseSample] = {}

    def submit(self, key: int, image: NDArray[np.uint8], box: NDArray[np.float64]) -> None:
        """Look at one person."""
        places, sure = self._network.points(image, box)
        self._done[key] = PoseSample(places, sure, float(sure.mean()))

    def results(self) -> dict[int, PoseSample]:
        """Return what was seen, and forget it."""
        done, self._done = self._done, {}
        return done


def estimator_of(name: str) -> _MoveNetPose | HrnetPose:
    """Load an estimator, on one thread, without what gives silhouettes only.

    Raises
    ------
    BadInputError
        If it is not on this machine.
    """
    if name == _MOVENET:
        return _MoveNetPose(fetch(MOVENET, progress=_tell))
    models = Models.chosen(name)
    return HrnetPose(models.files[models.pose], 1) if is_hrnet(models.pose) else models.estimator(1)


@dataclass(frozen=True, eq=False)
class Seen:
    """What an estimator saw of cases.

    Parameters
    ----------
    layout
        Its points.
    samples
        One for each case.
    crop_ms
        Processor time of a crop.
    """

    layout: KeypointLayout
    samples: tuple[PoseSample, ...]
    crop_ms: float


def seen_by(name: str, cases: Sequence[Case]) -> Seen:
    """Show all cases to an estimator, one after the other."""
    estimator = estimator_of(name)
    samples = []
    began = time.process_time()
    for case in cases:
        estimator.submit(0, case.image, np.array(case.box))
        samples.append(estimator.results()[0])
    return Seen(estimator.layout, tuple(samples), 1e3 * (time.process_time() - began) / len(cases))


@dataclass(frozen=True, eq=False)
class Errors:
    """How far an estimator is from every known point that it has.

    Parameters
    ----------
    people, views, points, how
        (N,) whom intervals are over, view, name of the point without its side, how it is seen.
    error_px, error_pct
        (N,) distance in px and in percent of height.
    confidence
        (N,) that the estimator has in it.
    exchanged
        In how many pictures it exchanged left and right, and of how many that can be told.
    crop_ms
        Processor time of a crop.
    """

    people: NDArray[np.intp]
    views: NDArray[np.str_]
    points: NDArray[np.str_]
    how: NDArray[np.str_]
    error_px: NDArray[np.float64]
    error_pct: NDArray[np.float64]
    confidence: NDArray[np.float64]
    exchanged: tuple[int, int]
    crop_ms: float

    @classmethod
    def of(cls, seen: Seen, cases: Sequence[Case]) -> Errors:
        """Compare what was seen with what is known."""
        rows = []
        told = exchanged = 0
        for case, sample in zip(cases, seen.samples, strict=True):
            for name, (x, y, how) in case.points.items():
                if name in seen.layout:
                    index = seen.layout.index(name)
                    off_px = np.hypot(*(sample.keypoints_px[index] - (x, y)))
                    off_px = off_px if np.isfinite(off_px) else case.height_px
                    rows.append(
                        (case.person, case.view, name.split("_", 1)[1], how, off_px,
                         100 * off_px / case.height_px, sample.confidence[index])
                    )  # fmt: skip
            straight, crossed = (
                _feet_px(case, sample, seen.layout, cross=cross) for cross in (False, True)
            )
            if straight is not None and crossed is not None:
                told += 1
                exchanged += crossed < _EXCHANGED * straight
        columns = [np.array(column) for column in zip(*rows, strict=True)]
        return cls(*columns, exchanged=(exchanged, told), crop_ms=seen.crop_ms)

    def median(self, rows: NDArray[np.bool_]) -> Estimate:
        """Return the median error in percent, with its interval; empty where there is none."""
        if not rows.any():
            return Estimate(None, None, None)
        return bootstrap_estimate(_weighted_median, self.people[rows], self.error_pct[rows])

    def calibration(self) -> Estimate:
        """Return how far confidence is from the share of seen points that are right."""
        seen = self.how == _SEEN
        right = (self.error_pct <= _RIGHT_PCT).astype(float)[seen]
        return bootstrap_estimate(
            _calibration_error, self.people[seen], self.confidence[seen], right
        )


def _feet_px(
    case: Case, sample: PoseSample, layout: KeypointLayout, *, cross: bool
) -> float | None:
    """Return the summed distance of both feet's points; None where a foot has none."""
    total = 0.0
    for side in SIDES:
        own: Side = opposite(side) if cross else side
        known = [p for p in _FEET if f"{side}_{p}" in case.points and f"{side}_{p}" in layout]
        if not known:
            return None
        for point in known:
            x, y, _ = case.points[f"{side}_{point}"]
            total += float(np.hypot(*(sample.keypoints_px[layout.index(point, own)] - (x, y))))
    return total


def _weighted_median(
    values: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    order = np.argsort(values)
    reached = np.cumsum(weights[:, order], axis=1)
    half = reached[:, -1:] / 2
    found = values[order][np.argmax(reached >= half, axis=1)]
    return np.where(reached[:, -1] > 0, found, np.nan)


def _calibration_error(
    confidence: NDArray[np.float64], right: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    bins = np.array_split(np.argsort(confidence, kind="stable"), 10)
    off = [np.abs(weights[:, own] @ (confidence - right)[own]) for own in bins]
    return np.asarray(np.sum(off, axis=0) / np.maximum(weights.sum(axis=1), 1))


def tables_of(found: Mapping[str, Errors]) -> list[str]:
    """Return errors by estimator: of all that is seen, by view, by what hides, by point."""
    ways = [
        how for how in (_BEHIND_SELF, _HIDDEN) if any((e.how == how).any() for e in found.values())
    ]
    heads = ("all that are seen", "in px", _SIDE, _FRONT, _BEHIND, *ways, "sides exchanged",
             "calibration error", "ms a crop")  # fmt: skip
    lines = ["Median error in percent of height (95 %):", "", *_heads(heads)]
    for name, one in found.items():
        seen = one.how == _SEEN
        views = [_cell(one.median(seen & (one.views == v))) for v in (_SIDE, _FRONT, _BEHIND)]
        hidden = [_cell(one.median(one.how == how)) for how in ways]
        cells = [_cell(one.median(seen)), f"{np.median(one.error_px[seen]):.1f}", *views, *hidden,
                 f"{one.exchanged[0]} of {one.exchanged[1]}", one.calibration().text(".2f"),
                 f"{one.crop_ms:.0f}"]  # fmt: skip
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "By point, of those that are seen (the worst tenth begins at):", ""]
    lines += _heads(POINTS)
    for name, one in found.items():
        cells = []
        for point in POINTS:
            rows = (one.how == _SEEN) & (one.points == point)
            worst = f", {np.percentile(one.error_pct[rows], 90):.1f}" if rows.any() else ""
            cells.append(f"{_cell(one.median(rows))}{worst}")
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
        The keypoints, as they were measured; None of a walk that was refused.
    """

    assessment: Assessment
    walk: Walk | None

    @classmethod
    def by(cls, name: str, film: Path, folder: Path) -> Gait:
        """Assess the film."""
        asked = Request(pose=name, documents=False, overlay=False, threads=1)
        assessment = clinigait.assess(film, folder, asked)
        # Of a walk that is refused nothing may have been kept.
        kept = folder / "walk.npz"
        return cls(assessment, read_walk(kept) if kept.is_file() else None)

    def steadiness(self) -> tuple[float, float]:
        """Return jitter of the feet in percent of height, and their share of jumps in percent.

        Jitter is the noise that the third differences of a smooth movement do not explain.
        """
        assert self.walk is not None
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
        if gait.assessment.measurement is None or gait.walk is None:
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


def contact_sheet(cases: Sequence[Case], found: Mapping[str, Seen], path: Path) -> None:
    """Draw legs by hand and by every estimator, a frame a row, for the eye."""
    numbers = np.unique(np.linspace(0, len(cases) - 1, _SHEET_FRAMES).astype(int))
    rows = []
    for number in numbers:
        case = cases[number]
        drawn = [_drawn(case, {name: p[:2] for name, p in case.points.items()}, "by hand")]
        for name, seen in found.items():
            places = seen.samples[number].keypoints_px
            drawn.append(_drawn(case, dict(zip(seen.layout.points, places, strict=True)), name))
        rows.append(np.hstack(drawn))
    cv2.imwrite(str(path), np.vstack(rows)[:, :, ::-1])


def _drawn(case: Case, points: Mapping[str, Sequence[float]], title: str) -> NDArray[np.uint8]:
    """Return the lower half of a person with legs drawn on it."""
    x0, y0, x1, y1 = case.box
    side = 0.62 * (y1 - y0)
    scale = _SHEET_PX / side
    corner = np.array([(x0 + x1) / 2 - side / 2, y1 + 0.04 * (y1 - y0) - side])
    matrix = np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]]])
    image = cv2.warpAffine(case.image, matrix, (_SHEET_PX, _SHEET_PX), flags=cv2.INTER_AREA)
    for name in SIDES:
        for ends in LIMBS:
            known = [points.get(f"{name}_{end}") for end in ends]
            if ends[0] in POINTS and known[0] is not None and known[1] is not None:
                line = [
                    tuple(int(v) for v in (scale * (np.array(end) - corner)).round())
                    for end in known
                ]
                cv2.line(image, line[0], line[1], COLOURS[name], 2, cv2.LINE_AA)
    text = f"{title}, {case.title}"
    cv2.putText(image, text, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1)
    return np.asarray(image, np.uint8)


def available(asked: Sequence[str]) -> list[str]:
    """Return those estimators that are on this machine; say which are not."""
    here = []
    for name in asked:
        try:
            estimator_of(name)
        except BadInputError as error:
            _tell(f"{name}: {error}")
        else:
            here.append(name)
    return here


def compared(names: Sequence[str], cases: Sequence[Case], sheet: Path | None = None) -> list[str]:
    """Show cases to estimators; return the tables, and draw the contact sheet."""
    found = {name: seen_by(name, cases) for name in names}
    if sheet is not None:
        contact_sheet(cases, found, sheet)
    return tables_of({name: Errors.of(seen, cases) for name, seen in found.items()})


def main() -> int:
    """Compare, print the tables, draw the sheet."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", type=Path, required=True, help="folder of tables and pictures")
    options.add_argument("--pose", nargs="*", default=_COMPARED, choices=_COMPARED)
    options.add_argument("--quick", action="store_true")
    asked = options.parse_args()
    marks = json.loads(_MARKS.read_text(encoding="utf-8"))["frames"]
    people, moments = (3, 2) if asked.quick else (_PEOPLE, _MOMENTS)
    if asked.quick:
        marks = [mark for mark in marks if mark["film"] == "walk_past"][::4]
    try:
        wanted = dict.fromkeys(mark["film"] for mark in marks)
        films = {name: fetch(FILMS[name], progress=_tell) for name in wanted}
        names = available(asked.pose)
        asked.out.mkdir(parents=True, exist_ok=True)
        cases = marked_cases(films, marks)
        lines = ["# Marked by hand", "", _counted(cases, "frames"), ""]
        lines += compared(names, cases, asked.out / "contact_sheet.png")
        cases = made_cases(people, moments)
        lines += ["", "# Made people", "", f"{people} people; {_counted(cases, 'pictures')}", ""]
        lines += compared(names, cases)
        if not asked.quick and _REFERENCE in names:
            lines += ["", "# What gait makes of it", "", *_gait_lines(names, films["walk_past"])]
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    text = "\n".join(lines) + "\n"
    print(text)
    (asked.out / "pose_comparison.md").write_text(text, encoding="utf-8")
    return 0


def _counted(cases: Sequence[Case], what: str) -> str:
    return f"{len(cases)} {what}, {sum(len(case.points) for case in cases)} points."


def _gait_lines(names: Sequence[str], film: Path) -> list[str]:
    with TemporaryDirectory() as folder:
        return table_of_gait({n: Gait.by(n, film, Path(folder, n)) for n in names if n != _MOVENET})


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
