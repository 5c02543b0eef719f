"""Painted people with known identities, found by a detector that errs as real ones do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clinigait.perception.track import Track
from clinigait.perception.tracking import Tracker

WIDTH_PX, HEIGHT_PX = 320, 180
RATE_HZ = 10.0
Colour = tuple[int, int, int]
Path = Callable[[float], tuple[float, float] | None]

NAVY, WHITE, RED = ((30, 35, 80), (45, 45, 50)), ((225, 225, 230), (210, 210, 215)), (
    (180, 40, 40), (60, 70, 120))  # fmt: skip
GREEN, BEIGE, BLACK = ((50, 120, 60), (40, 40, 45)), ((190, 165, 120), (90, 70, 50)), (
    (35, 33, 36), (40, 42, 48))  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody painted.

    Parameters
    ----------
    clothes
        Colours of the upper and of the lower body.
    path
        Place of the feet (x, y) in px at a time in s; None where out of the scene.
    height_px
        Height.
    """

    clothes: tuple[Colour, Colour]
    path: Path
    height_px: float = 75.0

    def box(self, time_s: float) -> NDArray[np.float64] | None:
        """Return the true box at a time."""
        feet = self.path(time_s)
        if feet is None:
            return None
        x, y = feet
        half = self.height_px * (0.17 + 0.05 * np.sin(2 * np.pi * time_s))
        return np.array([x - half, y - self.height_px, x + half, y])


@dataclass(frozen=True)
class Scene:
    """People, and a pillar that hides them."""

    people: tuple[Person, ...]
    duration_s: float = 8.0
    pillar: tuple[float, float] | None = None


@dataclass(frozen=True)
class Score:
    """What came of following a scene.

    Parameters
    ----------
    switches
        How often a track went over to somebody else and was said to be sure there.
    purity
        Smallest share of a track's sure observations that are of the same person.
    coverage
        For every person the share of the time in view in the longest track of that person.
    tracks
        How many tracks there are of at least a second.
    """

    switches: int
    purity: float
    coverage: tuple[float, ...]
    tracks: int


def walking(start_x: float, speed_px: float, y: float = 165.0, begins_s: float = 0.0) -> Path:
    """Return the path of somebody who walks straight on."""
    return lambda time_s: (start_x + speed_px * (time_s - begins_s), y)


def follow(scene: Scene, seed: int, miss: float = 0.06) -> tuple[list[Track], Score]:
    """Paint a scene, find people in it with errors, follow them and score the tracks."""
    rng = np.random.default_rng(seed)
    tracker = Tracker()
    truth: dict[tuple[float, bytes], set[int]] = {}
    in_view = np.zeros(len(scene.people))
    for step in range(round(scene.duration_s * RATE_HZ)):
        time_s = step / RATE_HZ
        image, owner = _painted(scene, time_s, rng)
        boxes, owners = _found(scene, time_s, owner, rng, miss)
        for box, people in zip(boxes, owners, strict=True):
            truth[time_s, box[:4].tobytes()] = people
        for number in range(len(scene.people)):
            in_view[number] += any(number in people for people in owners)
        tracker.update(time_s, np.array(boxes).reshape(-1, 5), image)
    tracks = tracker.tracks()
    return tracks, _score(tracks, truth, in_view)


def _score(
    tracks: list[Track], truth: dict[tuple[float, bytes], set[int]], in_view: NDArray[np.float64]
) -> Score:
    switches, purity, count = 0, 1.0, 0
    best = np.zeros(len(in_view))
    for track in tracks:
        sure = ~track.is_unsure(np.array(track.times_s))
        if track.identity == 0 or track.end_s - track.start_s < 1:
            continue
        count += 1
        who = [
            truth[time_s, box.tobytes()]
            for time_s, box, known in zip(track.times_s, track.boxes, sure, strict=True)
            if known
        ]
        votes = [sum(number in people for people in who) for number in range(len(in_view))]
        mine = int(np.argmax(votes))
        purity = min(purity, votes[mine] / max(len(who), 1))
        best[mine] = max(best[mine], votes[mine])
        singles = [min(people) for people in who if len(people) == 1]
        triples = zip(singles, singles[1:], singles[2:], strict=False)
        steady = [a for a, b, c in triples if a == b == c]
        switches += sum(a != b for a, b in pairwise(steady))
    return Score(switches, purity, tuple(best / np.maximum(in_view, 1)), count)


def _painted(
    scene: Scene, time_s: float, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the picture, and which person every pixel shows (-1 for nobody)."""
    image = np.full((HEIGHT_PX, WIDTH_PX, 3), 128, np.float64)
    image[HEIGHT_PX * 2 // 3 :] = (140, 125, 110)
    owner = np.full((HEIGHT_PX, WIDTH_PX), -1)
    light = np.linspace(0.8, 1.1, WIDTH_PX)[None, :, None]
    boxes = [person.box(time_s) for person in scene.people]
    order = sorted((b[3], n) for n, b in enumerate(boxes) if b is not None)
    for _, number in order:
        _paint(image, owner, scene.people[number], boxes[number], number)
    if scene.pillar is not None:
        left, right = (int(x) for x in scene.pillar)
        image[:, left:right], owner[:, left:right] = (200, 200, 190), -1
    noisy = image * light + np.roll(_grain(), int(rng.integers(WIDTH_PX)), axis=1)
    return np.clip(noisy, 0, 255).astype(np.uint8), owner


@cache
def _grain() -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(0, 6, (HEIGHT_PX, WIDTH_PX, 3))


def _paint(
    image: NDArray[np.float64],
    owner: NDArray[np.int64],
    person: Person,
    box: NDArray[np.float64],
    number: int,
) -> None:
    x0, y0, x1, y1 = box
    middle, height = (x0 + x1) / 2, y1 - y0
    parts = (
        (middle - 0.06 * height, y0, middle + 0.06 * height, y0 + 0.14 * height, (205, 160, 135)),
        (middle - 0.13 * height, y0 + 0.14 * height, middle + 0.13 * height, y0 + 0.5 * height,
         person.clothes[0]),
        (x0, y0 + 0.5 * height, middle - 0.02 * height, y1, person.clothes[1]),
        (middle - 0.02 * height, y0 + 0.5 * height, x1, y1, person.clothes[1]),
    )  # fmt: skip
    for left, top, right, bottom, colour in parts:
        rows = slice(max(int(top), 0), max(int(bottom), 0))
        columns = slice(max(int(left), 0), max(int(right), 0))
        image[rows, columns], owner[rows, columns] = colour, number


def _found(
    scene: Scene,
    time_s: float,
    owner: NDArray[np.int64],
    rng: np.random.Generator,
    miss: float,
) -> tuple[list[NDArray[np.float64]], list[set[int]]]:
    """Return boxes with scores and whom each shows: with noise, misses, merged and lone boxes."""
    boxes: list[NDArray[np.float64]] = []
    owners: list[set[int]] = []
    for number, person in enumerate(scene.people):
        box = person.box(time_s)
        if box is None or not 0 < (box[0] + box[2]) / 2 < WIDTH_PX:
            continue
        x0, y0, x1, y1 = np.clip(box, 0, [WIDTH_PX, HEIGHT_PX] * 2).astype(int)
        seen = float((owner[y0:y1, x0:x1] == number).mean()) / 0.75
        if seen < 0.35 or rng.random() < miss:
            continue
        score = float(np.clip(0.9 * seen + rng.normal(0, 0.05), 0.15, 0.98))
        noisy = box + rng.normal(0, 0.02 * person.height_px, 4)
        boxes.append(np.array([*np.clip(noisy, 0, [WIDTH_PX, HEIGHT_PX] * 2), score]))
        owners.append({number})
    return _merged_boxes(boxes, owners, rng)


def _merged_boxes(
    boxes: list[NDArray[np.float64]], owners: list[set[int]], rng: np.random.Generator
) -> tuple[list[NDArray[np.float64]], list[set[int]]]:
    """Make one box of two that lie well on each other, now and then."""
    for i in range(len(boxes)):
        for j in range(i + 1, len(boxes)):
            a, b = boxes[i], boxes[j]
            shared = min(a[2], b[2]) - max(a[0], b[0])
            if shared > 0.5 * (a[2] - a[0]) and rng.random() < 0.5:
                whole = np.array([*np.minimum(a[:2], b[:2]), *np.maximum(a[2:4], b[2:4]), a[4]])
                rest = [k for k in range(len(boxes)) if k not in {i, j}]
                kept = [boxes[k] for k in rest], [owners[k] for k in rest]
                return [*kept[0], whole], [*kept[1], owners[i] | owners[j]]
    return boxes, owners
