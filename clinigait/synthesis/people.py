"""People of a population: who number i is, and how they walk at each visit."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from clinigait.core import SIDES, BadInputError, Sex, Side, Subject, opposite
from clinigait.synthesis.bodies import AGE_LIMITS_Y, Build, body_of
from clinigait.synthesis.distributions import Draw, Value, score_of
from clinigait.synthesis.footsteps import check
from clinigait.synthesis.population import MOST_WALKERS, WHOLE_GAIT, Group, Population
from clinigait.synthesis.prescription import (
    Aid,
    Course,
    Freeze,
    Prescription,
    SideGait,
    Spine,
    Variability,
)

#: Draws of one person that no body has, or that no gait allows, before the population is at fault.
_MOST_ATTEMPTS = 50
#: Groups come in turn by steps of this share, so that also few walkers hold the shares.
_GOLDEN = (math.sqrt(5) - 1) / 2
#: Longest stride of a draw in statures; legs reach a little farther.
_LONGEST_STRIDE = 1.1
#: Last class of how much clothes add.
_THICKEST = 9
#: More freezing episodes than that on one straight way are a slip of the pen.
_MOST_FREEZES = 20
_WHOLE_NUMBERS = {"steps", "turns", "steps_per_turn"}
_SHARES = ("step_length_share", "step_time_share")
#: Chances of the strides of one walk.
_MOST_CHANCES = 5
_Walked = TypeVar("_Walked")


@dataclass(frozen=True)
class Person:
    """Somebody who was drawn.

    Parameters
    ----------
    index, code
        Number from 0, and the pseudonym in tables and folders.
    group, label
        Which kind of people; what is learned to tell.
    build
        The body: the same at every visit.
    appearance_seed
        Skin, hair and face hang on it.
    values
        Everything that was drawn of the person, by quantity, without visit and walk.
    redrawn
        Draws before this one that no body or gait can have.
    """

    index: int
    code: str
    group: str
    label: str
    build: Build
    appearance_seed: int
    values: Mapping[str, Value] = field(hash=False)
    redrawn: int = 0

    @property
    def sex(self) -> Sex:
        """Female or male."""
        return self.build.sex


@dataclass(frozen=True)
class Look:
    """What somebody wears at a visit.

    Parameters
    ----------
    outfit
        Name; None where the population says nothing.
    thickness_class
        0 to 9: how much the clothes add to the naked silhouette, in steps of 15 % of its area.
    seed
        Colours, cuts and light hang on it.
    """

    outfit: str | None
    thickness_class: int | None
    seed: int


@dataclass(frozen=True)
class PlannedWalk:
    """One walk of a visit.

    Parameters
    ----------
    person
        Who walks.
    visit, walk
        From 1.
    prescription
        The gait.
    look
        The clothes.
    seed
        What else is left to chance in this walk hangs on it.
    values
        Everything that was drawn, with visit and walk.
    """

    person: Person
    visit: int
    walk: int
    prescription: Prescription
    look: Look
    seed: int
    values: Mapping[str, Value]

    @property
    def path(self) -> str:
        """Folder of the walk, below that of all walkers."""
        return f"{self.person.code}/visit_{self.visit}/walk_{self.walk}"

    @property
    def subject(self) -> Subject:
        """Who walks, as files of walks carry it."""
        build, person = self.person.build, self.person
        return Subject(
            code=person.code,
            height_m=round(build.stature_m, 4),
            mass_kg=round(build.mass_kg, 2),
            age_y=round(build.age_y, 2),
            sex=person.sex,
            condition=f"synthetic walker; {person.group}; visit {self.visit}",
        )

    def solved(self, solve: Callable[[int], _Walked]) -> _Walked:
        """Return what a seed makes; strides whose chance leaves a step no time get another one.

        Raises
        ------
        BadInputError
            If this body cannot walk so.
        """
        for attempt in range(_MOST_CHANCES - 1):
            seed = self.seed if attempt == 0 else seed_of(self.seed, "strides", attempt)
            try:
                return solve(seed)
            except BadInputError:
                continue
        return solve(seed_of(self.seed, "strides"))


def check_numbers(walkers: int, seed: int) -> None:
    """Refuse a number of walkers, or a seed, that nobody means.

    Raises
    ------
    BadInputError
        If one of them is impossible.
    """
    if not 1 <= walkers <= MOST_WALKERS:
        raise BadInputError(f"{walkers} walkers cannot be made.", f"Give 1 to {MOST_WALKERS}.")
    if not 0 <= seed < 2**63:
        raise BadInputError(f"The seed {seed} is impossible.", "Give 0 or more.")


def has_body(build: Build) -> bool:
    """Tell whether there is such a body. Takes a tenth of a second."""
    try:
        body_of(build)
    except BadInputError:
        return False
    return True


def person_of(
    population: Population,
    seed: int,
    index: int,
    possible: Callable[[Build], bool] = has_body,
) -> Person:
    """Return number ``index`` of a population: the same one however many are drawn.

    Parameters
    ----------
    population
        The protocol.
    seed
        Another seed has other people.
    index
        From 0.
    possible
        Whether there is a body of such a build; else the person is drawn anew.

    Raises
    ------
    BadInputError
        If no draw can be a body that walks.
    """
    group = _group_of(population, seed, index)
    draws = population.draws_of(group)
    trouble: BadInputError | None = None
    for attempt in range(_MOST_ATTEMPTS):
        values = _values(draws, (seed, index, attempt), None)
        try:
            build = _build_of(values)
            _check_reach(prescription_of(values), build)
        except BadInputError as error:
            trouble = error
            continue
        if not possible(build):
            trouble = BadInputError(
                f"No body of {build.age_y:.0f} years has {build.stature_m:.2f} m and "
                f"{build.mass_kg:.0f} kg.",
                "Narrow stature_m or bmi_kgpm2.",
            )
            continue
        return Person(
            index, f"P{index + 1:05d}", group.name, group.label, build,
            seed_of(seed, index, "appearance"), values, attempt,
        )  # fmt: skip
    raise BadInputError(
        f"No walker of the group {group.name} is possible: {trouble and trouble.message}",
        "Correct the distributions of the population.",
    ) from trouble


def walks_of(population: Population, person: Person, seed: int) -> list[PlannedWalk]:
    """Return all walks of a person, visit by visit."""
    return [
        _walk(population, person, seed, (visit, walk))
        for visit in range(1, population.visits + 1)
        for walk in range(1, population.walks + 1)
    ]


def seed_of(*who: object) -> int:
    """Return a seed of 32 bits that belongs to these words and numbers alone."""
    digest = hashlib.blake2b("|".join(map(str, who)).encode(), digest_size=4).digest()
    return int.from_bytes(digest)


def _group_of(population: Population, seed: int, index: int) -> Group:
    """Return the group of a person; the shares hold in every stretch of people."""
    begin = seed_of(seed, "groups") / 2**32
    place = (begin + index * _GOLDEN) % 1.0 * sum(group.share for group in population.groups)
    for group in population.groups:
        place -= group.share
        if place < 0:
            return group
    return next(group for group in reversed(population.groups) if group.share > 0)


def _values(
    draws: Mapping[str, Draw], person: tuple[int, int, int], when: tuple[int, int] | None
) -> dict[str, Value]:
    """Return all quantities of a person, at rest (``when`` None) or in one walk of a visit."""
    values: dict[str, Value] = {"visit": 1.0 if when is None else float(when[0])}
    scores: dict[str, float] = {}
    for name, draw in draws.items():
        score = score_of(*person, *_occasion(draw, when), name)
        if draw.correlation is not None:
            r = draw.correlation.r
            score = r * scores[draw.correlation.of] + math.sqrt(1 - r * r) * score
        scores[name] = score
        value = draw.value(score, values, _jitter(draw, person, when, name))
        if isinstance(value, str) and not name.startswith("trait.") and _is_number(value):
            value = float(value)
        if isinstance(value, float) and not math.isfinite(value):
            raise BadInputError(
                f"{name} is drawn as {value:g}.", "Narrow it: give low and high, or a smaller sd."
            )
        values[name] = value
    del values["visit"]
    return values


def _occasion(draw: Draw, when: tuple[int, int] | None) -> tuple[object, ...]:
    if draw.level == "person" or when is None:
        return ()
    return ("visit", when[0]) if draw.level == "visit" else ("walk", *when)


def _jitter(
    draw: Draw, person: tuple[int, int, int], when: tuple[int, int] | None, name: str
) -> float:
    if when is None:
        return 0.0
    jitter = 0.0
    if draw.visit_sd:
        jitter += draw.visit_sd * score_of(*person, "visit jitter", when[0], name)
    if draw.walk_sd:
        jitter += draw.walk_sd * score_of(*person, "walk jitter", *when, name)
    return jitter


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _walk(population: Population, person: Person, seed: int, when: tuple[int, int]) -> PlannedWalk:
    draws = population.draws_of(population.group(person.group))
    trouble: BadInputError | None = None
    # What a visit adds may be more than a gait allows: then this walk is jittered anew.
    for attempt in range(_MOST_ATTEMPTS):
        occasion = (when[0], when[1] + 1000 * attempt)
        values = _values(draws, (seed, person.index, person.redrawn), occasion)
        # A body does not change; stature and mass have no jitter.
        try:
            prescription = prescription_of(values)
            _check_reach(prescription, person.build)
        except BadInputError as error:
            trouble = error
            continue
        look = Look(
            outfit=_text(values.get("outfit")),
            thickness_class=_thickness(values),
            seed=seed_of(seed, person.index, "look", when[0]),
        )
        walk_seed = seed_of(seed, person.index, "walk", *when)
        return PlannedWalk(person, *when, prescription, look, walk_seed, values)
    raise BadInputError(
        f"No walk of {person.code} is possible: {trouble and trouble.message}",
        "Narrow visit_sd and walk_sd.",
    ) from trouble


def _text(value: Value | None) -> str | None:
    return None if value is None else str(value)


def _thickness(values: Mapping[str, Value]) -> int | None:
    if "thickness_class" not in values:
        return None
    found = round(float(values["thickness_class"]))
    if not 0 <= found <= _THICKEST:
        raise BadInputError(
            f"There is no thickness class {found}.", f"Give low: 0 and high: {_THICKEST}."
        )
    return found


def _build_of(values: Mapping[str, Value]) -> Build:
    age_y, stature_m = float(values["age_y"]), float(values["stature_m"])
    if not AGE_LIMITS_Y[0] <= age_y <= AGE_LIMITS_Y[1]:
        raise BadInputError(f"No body is {age_y:.0f} years old.", "Give 5 to 95 years.")
    build = Build(
        age_y=age_y,
        sex="female" if values["sex"] == "female" else "male",
        stature_m=stature_m,
        mass_kg=float(values["bmi_kgpm2"]) * stature_m**2,
    )
    more = {name: float(values[name]) for name in ("muscle", "proportions") if name in values}
    return replace(build, **more)  # type: ignore[arg-type]


def prescription_of(values: Mapping[str, Value]) -> Prescription:
    """Return the gait that drawn quantities mean.

    Raises
    ------
    BadInputError
        If they contradict each other, or leave no swing or no double support.
    """
    affected = values.get("affected_side")
    side: Side | None = next((side for side in SIDES if side == affected), None)
    sides = {name: _side(values, name, side) for name in SIDES}
    left, right = _summing_up(sides["left"], sides["right"], values)
    whole = {name: float(values[name]) for name in WHOLE_GAIT if name in values}
    prescription = Prescription(
        **{**whole, **_pace(values)},  # type: ignore[arg-type]
        left=left,
        right=right,
        spine=_spine(values, side),
        variability=_filled(Variability(), values, "variability"),
        course=_filled(Course(), values, "course"),
        aid=_aid(values, side),
        freezes=_freezes(values),
    )
    check(prescription)
    return prescription


def _check_reach(prescription: Prescription, build: Build) -> None:
    stride_m = prescription.resolved().stride_length
    if stride_m > _LONGEST_STRIDE * build.stature_m:
        raise BadInputError(
            f"A stride of {stride_m:.2f} m is too long for {build.stature_m:.2f} m of stature.",
            "Narrow speed_mps and walk_ratio_mpspm.",
        )


def _pace(values: Mapping[str, Value]) -> dict[str, float | None]:
    """Split a speed by the walk ratio: step length over cadence."""
    if "walk_ratio_mpspm" not in values:
        return {}
    speed, ratio = float(values["speed_mps"]), float(values["walk_ratio_mpspm"])
    if not (speed > 0 and ratio > 0):
        raise BadInputError("A walk has a speed and a walk ratio above 0.", "Set low above 0.")
    return {"speed_mps": speed, "cadence_spm": math.sqrt(60 * speed / ratio)}


def _side(values: Mapping[str, Value], name: Side, affected: Side | None) -> SideGait:
    gait: SideGait = _filled(_filled(SideGait(), values, "both"), values, name)
    if affected is not None:
        gait = _filled(gait, values, "affected" if name == affected else "other")
    return gait


def _filled(whole: Any, values: Mapping[str, Value], prefix: str) -> Any:  # noqa: ANN401
    """Return a dataclass with the fields that were drawn under a prefix."""
    found: dict[str, float | bool] = {}
    for part in fields(whole):
        value = values.get(f"{prefix}.{part.name}")
        if value is None:
            continue
        number = float(value)
        if isinstance(getattr(whole, part.name), bool):
            found[part.name] = number != 0
        else:
            found[part.name] = round(number) if part.name in _WHOLE_NUMBERS else number
    return replace(whole, **found)


def _summing_up(
    left: SideGait, right: SideGait, values: Mapping[str, Value]
) -> tuple[SideGait, SideGait]:
    """Let a share that was drawn of one side leave the rest to the other.

    What is drawn of the affected side goes before the small differences that everybody has.
    """
    affected = next((side for side in SIDES if side == values.get("affected_side")), None)
    for name in _SHARES:
        roles = ("affected", "other", *SIDES)
        by = next((role for role in roles if f"{role}.{name}" in values), "")
        if by in SIDES or affected is None:
            side = next((side for side in SIDES if f"{side}.{name}" in values), None)
        else:
            side = affected if by == "affected" else opposite(affected)
        if side == "left":
            right = replace(right, **{name: 1 - getattr(left, name)})
        elif side == "right":
            left = replace(left, **{name: 1 - getattr(right, name)})
    return left, right


def _spine(values: Mapping[str, Value], affected: Side | None) -> Spine:
    spine: Spine = _filled(Spine(), values, "spine")
    sign = -1.0 if affected == "right" else 1.0
    bent = {
        part.name: sign * float(values[f"sided.spine.{part.name}"])
        for part in fields(Spine)
        if f"sided.spine.{part.name}" in values
    }
    return replace(spine, **bent)


def _aid(values: Mapping[str, Value], affected: Side | None) -> Aid:
    kind = values.get("aid", "none")
    known = ("none", "stick", "crutch", "two_crutches", "wheeled_frame")
    if kind not in known:
        raise BadInputError(
            f"There is no walking aid {str(kind)[:40]}.", f"Choose one of: {', '.join(known)}."
        )
    hand = next((side for side in SIDES if side == values.get("aid_hand")), None)
    if hand is None:  # the hand on the other side of the bad leg
        hand = "right" if affected is None else opposite(affected)
    return Aid(kind=kind, side=hand)  # type: ignore[arg-type]


def _freezes(values: Mapping[str, Value]) -> tuple[Freeze, ...]:
    count = round(float(values.get("freeze.count", 0.0)))
    if not 0 <= count <= _MOST_FREEZES:
        raise BadInputError(
            f"A walk cannot have {count} freezing episodes.",
            f"Give freeze.count low: 0 and high: {_MOST_FREEZES}.",
        )
    steps = round(float(values.get("course.steps", Course().steps)))
    duration_s = float(values.get("freeze.duration_s", 2.0))
    trembling_hz = float(values.get("freeze.trembling_hz", 5.0))
    after = [max(1, round(steps * (number + 1) / (count + 1))) for number in range(count)]
    return tuple(Freeze(step, duration_s, trembling_hz) for step in dict.fromkeys(after))
