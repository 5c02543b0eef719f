"""Several people stay themselves, or the track ends: no track is a mixture of people."""

import numpy as np
import pytest

from clinigait.perception.track import Track
from support import crowd
from support.crowd import BEIGE, BLACK, GREEN, NAVY, RED, WHITE, Person, Scene, walking

SEEDS = (0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3)))


def _turning(start_x: float, speed_px: float, at_s: float, y: float) -> crowd.Path:
    """Walk on, slow down, turn round and walk back."""
    return lambda t: (
        start_x + speed_px * at_s - speed_px * 0.6 * np.log(2 * np.cosh((t - at_s) / 0.6)),
        y,
    )


def _exchanging(side: float) -> crowd.Path:
    """Walk side by side and change sides on the way, for a second and a half on one another."""
    return lambda t: (
        50 + 30 * t + side * np.cos(np.pi * np.clip((t - 2) / 3, 0, 1)),
        165 - 3 * (side > 0),
    )


def _met(clothes: tuple, others: tuple) -> Scene:
    return Scene((Person(clothes, walking(15, 45)), Person(others, walking(305, -45, 163))))


def _beside(clothes: tuple, others: tuple, offset_px: float = 28) -> Scene:
    """A patient, and a helper half a step behind on the far side."""
    helper = walking(15 + offset_px, 40, 162)
    return Scene((Person(clothes, walking(15, 40)), Person(others, helper)))


def _overtaken(clothes: tuple, others: tuple) -> Scene:
    return Scene((Person(clothes, walking(45, 35)), Person(others, walking(15, 55, 162))))


def _turned_back(clothes: tuple, others: tuple) -> Scene:
    paths = _turning(30, 45, 3, 165), _turning(285, -45, 3, 163)
    return Scene((Person(clothes, paths[0]), Person(others, paths[1])))


def _crowd(seed: int) -> Scene:
    rng = np.random.default_rng(seed)
    people = []
    for clothes in (NAVY, WHITE, RED, GREEN, BEIGE, BLACK, BLACK):
        direction = rng.choice([-1, 1])
        speed, y, begins_s = rng.uniform(30, 65), rng.uniform(145, 175), rng.uniform(-2, 4)
        path = walking(-10 if direction > 0 else 330, direction * speed, y, begins_s)
        people.append(Person(clothes, path, 65 + (y - 145) / 2))
    return Scene(tuple(people), duration_s=10)


#: Scenes, and how much of each person's time the longest track must hold.
SCENES = {
    "cross": (_met(NAVY, RED), 0.9),
    "cross, dressed alike": (_met(NAVY, NAVY), 0.9),
    "beside": (_beside(NAVY, WHITE), 0.8),
    "beside, dressed alike": (_beside(NAVY, NAVY), 0.6),
    "on one another": (_beside(NAVY, WHITE, 15), 0.0),
    "on one another, dressed alike": (_beside(NAVY, NAVY, 15), 0.0),
    "overtaken": (_overtaken(NAVY, WHITE), 0.4),
    "overtaken, dressed alike": (_overtaken(NAVY, NAVY), 0.4),
    "turn back": (_turned_back(NAVY, RED), 0.6),
    "turn back, dressed alike": (_turned_back(NAVY, NAVY), 0.4),
    "change sides": (Scene((Person(BLACK, _exchanging(15)), Person(WHITE, _exchanging(-15)))), 0.4),
    "change sides, dressed alike": (
        Scene((Person(BLACK, _exchanging(15)), Person(BLACK, _exchanging(-15)))),
        0.4,
    ),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SCENES)
def test_no_track_is_a_mixture(name: str, seed: int) -> None:
    scene, least = SCENES[name]
    _, score = crowd.follow(scene, seed)
    assert score.switches == 0
    assert score.purity > 0.97
    assert min(score.coverage) >= least


@pytest.mark.parametrize("seed", SEEDS)
def test_nor_in_a_crowd(seed: int) -> None:
    _, score = crowd.follow(_crowd(seed), seed)
    assert score.switches == 0
    assert score.purity > 0.95
    assert np.mean(score.coverage) > 0.25


def test_a_pillar_hides_a_lone_walker_for_a_while_only() -> None:
    scene = Scene((Person(NAVY, walking(15, 40)),), pillar=(150, 185))
    tracks, score = crowd.follow(scene, 0)
    assert score.tracks == 1
    assert score.coverage == (1.0,)
    (track,) = tracks
    assert track.identity > 0.9
    assert track.cut == (False, False)


def test_who_comes_out_behind_a_pillar_may_be_another() -> None:
    stays = Person(NAVY, lambda t: (15 + 40 * min(t, 3.8), 165))
    leaves = Person(RED, lambda t: None if t < 4.2 else (168 + 40 * (t - 4.2), 165))
    _, score = crowd.follow(Scene((stays, leaves), pillar=(150, 185)), 0)
    assert score.purity == 1
    assert score.tracks == 2


def test_a_change_of_looks_in_place_ends_a_track() -> None:
    """One is exchanged for another between two looks, at the very same place."""
    change = Person(NAVY, lambda t: (15 + 40 * t, 165) if t < 4 else None)
    comes = Person(RED, lambda t: (15 + 40 * t, 165) if t >= 4 else None)
    _, score = crowd.follow(Scene((change, comes)), 0)
    assert score.purity > 0.97


def test_where_it_is_unsure_who_is_who_is_told() -> None:
    tracks, _ = crowd.follow(_met(NAVY, RED), 0)
    for track in tracks:
        # They meet at 3.2 s.
        assert track.is_unsure(np.array([3.2])).all()
        assert not track.is_unsure(np.array([1.0, 6.0])).any()
        assert 0.9 < track.identity < 1


def test_a_part_of_a_track_keeps_everything_in_step() -> None:
    (track, *_), _ = crowd.follow(_met(NAVY, RED), 0)
    part = track.part(3, 8)
    assert part.times_s == track.times_s[3:9]
    for values in (part.boxes, part.expected, part.looks, part.clear):
        assert len(values) == 6


def test_the_same_film_gives_the_same_tracks() -> None:
    def told(tracks: list[Track]) -> list:
        return [(t.times_s, [box.tolist() for box in t.boxes], t.identity) for t in tracks]

    scene = _beside(NAVY, NAVY)
    assert told(crowd.follow(scene, 0)[0]) == told(crowd.follow(scene, 0)[0])
