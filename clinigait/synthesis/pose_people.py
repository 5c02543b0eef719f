"""Somebody at many moments of a walk, for pictures that pose networks learn from.

Everybody of every shipped population comes: healthy and frail, with Parkinson's disease, acted
and prescribed pathologies, bent spines, walking aids, children and the old. Making a body, its
clothes and its walk takes half a second, so that each serves for many pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clinigait.core import WHOLEBODY_23, BadInputError, Sex
from clinigait.synthesis.appearance import drawn_appearance
from clinigait.synthesis.bodies import Body, Build, body_of
from clinigait.synthesis.body_points import BodyPoints
from clinigait.synthesis.figure import Figure, Material, Pattern
from clinigait.synthesis.garments import Outfit, drawn_outfit, dressed
from clinigait.synthesis.motion import Motion
from clinigait.synthesis.odd_poses import bent, drawn_oddness
from clinigait.synthesis.people import Person, person_of, seed_of, walks_of
from clinigait.synthesis.population import Population, load_population
from clinigait.synthesis.walking import Solver

#: Who comes, in turn.
POPULATIONS = (
    "healthy_population", "frailty_population", "parkinson_population", "pathology_population",
    "scoliosis_population", "textbook_gaits_population", "identity_population",
)  # fmt: skip
#: Of every so manieth moment it is known how it goes on, for motion blur: it is solved twice.
MOVING_EVERY = 5
_AHEAD_S = 1 / 60
_RATE_HZ = 30.0
#: People whose body cannot walk as drawn are left out; more in a row are a fault of ours.
_MOST_ATTEMPTS = 20
_PATTERNS: tuple[Pattern, ...] = ("plain", "stripes", "checks", "speckles")


@dataclass(frozen=True, eq=False)
class Poser:
    """Somebody at T moments, each time standing over the origin.

    Parameters
    ----------
    number, group
        Who it is among all, and what kind of person.
    figure
        Body and clothes.
    bones, bones_change
        (T, B, 3, 4) float32, and what they change in a second at every fifth moment.
    aid_points_m, aid_change_m
        (T, 2 A, 3) ends of a walking aid's parts, and likewise.
    points_m
        (T, K, 3) the keypoints of ``WHOLEBODY_23``, where pose estimators are taught to find them.
    """

    number: int
    group: str
    figure: Figure
    bones: NDArray[np.float32]
    bones_change: NDArray[np.float32]
    aid_points_m: NDArray[np.float64]
    aid_change_m: NDArray[np.float64]
    points_m: NDArray[np.float64]

    @property
    def stature_m(self) -> float:
        """Of the body, standing."""
        return self.figure.body.build.stature_m

    def __len__(self) -> int:
        return len(self.bones)


def drawn_poser(seed: int, number: int, moments: int, odd_share: float = 0.0) -> Poser:
    """Draw somebody: the same for the same seed and number.

    Parameters
    ----------
    seed
        Another seed has other people.
    number
        From 0; populations take turns.
    moments
        How many.
    odd_share
        Such a share of the moments shows a pose that no walk has; not of people with walking aids.

    Raises
    ------
    BadInputError
        If none of many draws can walk.
    """
    population = _population(POPULATIONS[number % len(POPULATIONS)])
    trouble: BadInputError | None = None
    for attempt in range(_MOST_ATTEMPTS):
        index = number // len(POPULATIONS) * _MOST_ATTEMPTS + attempt
        try:
            return _poser(population, seed, (number, index), (moments, odd_share))
        except BadInputError as error:
            trouble = error
    raise BadInputError(
        f"Nobody of {population.name} can be drawn: {trouble and trouble.message}",
        "Choose another seed.",
    )


_POPULATIONS: dict[str, Population] = {}


def _population(name: str) -> Population:
    if name not in _POPULATIONS:
        _POPULATIONS[name] = load_population(name)
    return _POPULATIONS[name]


def _poser(
    population: Population, seed: int, who: tuple[int, int], when: tuple[int, float]
) -> Poser:
    (number, index), (moments, odd_share) = who, when
    people_seed = seed_of(seed, population.name, "pose")
    bodies: dict[Build, Body] = {}
    person = person_of(population, people_seed, index, _keeping(bodies))
    body = bodies[person.build]
    planned = walks_of(population, person, people_seed)[0]
    solver = planned.solved(
        lambda chance: Solver(
            body, planned.prescription, _RATE_HZ, np.random.default_rng(chance), population.curves
        )
    )
    rng = np.random.default_rng([seed, number, 0x905E])
    begin_s, end_s = solver.plan.begin_s, solver.plan.end_s - _AHEAD_S
    time_s = np.sort(rng.uniform(begin_s, end_s, moments))
    motion, ahead = solver.at(time_s), solver.at(time_s[::MOVING_EVERY] + _AHEAD_S)
    if odd_share > 0 and motion.aid_points_m.shape[1] == 0:
        odd = drawn_oddness(np.random.default_rng([seed, number, 0x0DD]), len(time_s), odd_share)
        motion, ahead = bent(motion, odd), bent(ahead, odd.every(MOVING_EVERY))
    return _gathered((number, person.group), _figure(body, person, rng), motion, ahead)


def _keeping(bodies: dict[Build, Body]) -> Callable[[Build], bool]:
    """Return the test whether there is a body of a build, which keeps the body."""

    def possible(build: Build) -> bool:
        try:
            bodies[build] = body_of(build)
        except BadInputError:
            return False
        return True

    return possible


def _gathered(who: tuple[int, str], figure: Figure, motion: Motion, ahead: Motion) -> Poser:
    """Put everybody over the origin, so that one room and one way of looking will do."""
    points = BodyPoints(motion.body, WHOLEBODY_23, as_taught=True).points_m(motion)
    hips = [WHOLEBODY_23.index("hip", "left"), WHOLEBODY_23.index("hip", "right")]
    middle = points[:, hips].mean(axis=1) * (1, 1, 0)
    bones = motion.bones.copy()
    bones[:, :, :, 3] -= middle[:, None].astype(np.float32)
    return Poser(
        number=who[0],
        group=who[1],
        figure=figure,
        bones=bones,
        bones_change=(ahead.bones - motion.bones[::MOVING_EVERY]) / np.float32(_AHEAD_S),
        aid_points_m=motion.aid_points_m - middle[:, None],
        aid_change_m=(ahead.aid_points_m - motion.aid_points_m[::MOVING_EVERY]) / _AHEAD_S,
        points_m=points - middle[:, None],
    )


# ---------------------------------------------------------------- clothes


def _figure(body: Body, person: Person, rng: np.random.Generator) -> Figure:
    look = drawn_appearance(rng, person.build.age_y, person.sex)
    return dressed(body, _outfit(rng, person.sex), look)


def _outfit(rng: np.random.Generator, sex: Sex) -> Outfit:
    """Draw clothes, more often odd ones than people wear."""
    outfit = drawn_outfit(
        rng, sex, with_coat=bool(rng.random() < 0.2), with_bag=bool(rng.random() < 0.2)
    )
    if rng.random() < 0.2:
        outfit = replace(outfit, bottom="shorts")
    if rng.random() < 0.15:
        outfit = replace(outfit, padding_m=float(rng.uniform(0, 0.06)))
    if rng.random() < 0.12:
        outfit = replace(outfit, has_shoes=False)
    if rng.random() < 0.05:
        outfit = replace(outfit, top="none")
    if rng.random() < 0.5:
        shoes, bottom, top, coat, bag = (_any_colour(rng, one) for one in outfit.materials)
        shoes = replace(shoes, pattern="plain")
        outfit = replace(outfit, materials=(shoes, bottom, top, coat, bag))
    return outfit


def _any_colour(rng: np.random.Generator, material: Material) -> Material:
    one, two = rng.uniform(0.02, 0.98, (2, 3))
    return replace(
        material,
        colour=(float(one[0]), float(one[1]), float(one[2])),
        second=(float(two[0]), float(two[1]), float(two[2])),
        pattern=_PATTERNS[int(rng.integers(len(_PATTERNS)))],
        scale_m=float(rng.uniform(0.01, 0.1)),
    )
