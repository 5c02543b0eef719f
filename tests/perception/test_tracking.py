"""People keep their identity, and the walker is told from the others by the stated rule."""

import numpy as np
import pytest

from clinigait.core import WalkerRule
from clinigait.perception.detection import overlap
from clinigait.perception.tracking import Tracker
from clinigait.perception.walker import people_seen

SIZE_PX = (1280, 720)
RULE = WalkerRule(min_duration_s=1.5, min_travel_heights=2.0, min_steadiness=0.6)
RED, BLUE = (200, 30, 30), (30, 40, 200)


def _person(x, height=300.0, bottom=650.0):
    return np.array([x - 0.2 * height, bottom - height, x + 0.2 * height, bottom])


def _track(people, duration_s=6.0, rate_hz=10.0, missing=()):
    """Follow painted people: each is (colour, box at a time or None)."""
    tracker = Tracker()
    for step in range(round(duration_s * rate_hz)):
        time_s = step / rate_hz
        image = np.full((SIZE_PX[1], SIZE_PX[0], 3), 128, np.uint8)
        boxes = []
        for colour, place in people:
            box = place(time_s)
            if box is None or step in missing:
                continue
            x0, y0, x1, y1 = np.clip(box, 0, [*SIZE_PX, *SIZE_PX]).astype(int)
            image[y0:y1, x0:x1] = colour
            boxes.append([*box, 0.9])
        tracker.update(time_s, np.array(boxes).reshape(-1, 5), image)
    return tracker.tracks()


def _rightwards(time_s):
    return _person(150 + 160 * time_s)


def _leftwards(time_s):
    return _person(1130 - 160 * time_s)


def test_a_lone_walker_is_one_track() -> None:
    (track,) = _track([(RED, _rightwards)])
    assert track.start_s == 0
    assert track.end_s == pytest.approx(5.9)
    boxes = track.at(np.array([2.05, 99.0]))
    assert boxes[0] == pytest.approx(_rightwards(2.05), abs=8)
    assert np.isnan(boxes[1]).all()


def test_two_who_cross_keep_their_identity() -> None:
    tracks = _track([(RED, _rightwards), (BLUE, _leftwards)])
    assert len(tracks) == 2
    for track in tracks:
        way = np.array([box[0] + box[2] for box in track.boxes]) / 2
        assert abs(way[-1] - way[0]) > 800


def test_a_walker_who_is_not_found_for_a_while_is_followed_on() -> None:
    tracks = _track([(RED, _rightwards)], missing=range(25, 32))
    assert len(tracks) == 1


def test_who_comes_much_later_is_somebody_else() -> None:
    def absent_in_between(time_s):
        return None if 1.5 < time_s < 4.6 else _person(400)

    tracks = _track([(RED, absent_in_between)])
    assert len(tracks) == 2


@pytest.mark.parametrize("order", [0, 1])
def test_the_walker_and_not_the_one_who_stands(order: int) -> None:
    people = [(RED, _rightwards), (BLUE, lambda time_s: _person(640 + 5 * np.sin(3 * time_s), 420))]
    tracks, seen = people_seen(_track(people[:: 1 - 2 * order]), SIZE_PX, RULE)
    assert seen[0].score > 0
    assert seen[0].travel_heights > 2.5
    assert seen[0].steadiness > 0.9
    assert [p.number for p in seen] == [1, 2]
    assert seen[1].score == 0
    assert tracks[0].boxes[-1][0] > tracks[0].boxes[0][0] + 500


def test_who_paces_to_and_fro_does_not_qualify() -> None:
    _, seen = people_seen(
        _track([(RED, lambda time_s: _person(640 + 200 * np.sin(2 * time_s)))]), SIZE_PX, RULE
    )
    assert seen[0].score == 0


def test_who_walks_there_and_back_qualifies() -> None:
    def there_and_back(time_s):
        return _person(150 + 320 * (time_s if time_s < 3 else 6 - time_s))

    _, seen = people_seen(_track([(RED, there_and_back)]), SIZE_PX, RULE)
    assert seen[0].travel_heights > 2.5
    assert seen[0].steadiness > 0.9
    assert seen[0].score > 0


def test_who_comes_towards_the_camera_has_travelled_too() -> None:
    _, seen = people_seen(
        _track([(RED, lambda time_s: _person(640, 150 * 1.25**time_s, 700))]), SIZE_PX, RULE
    )
    assert seen[0].travel_heights > 2
    assert seen[0].score > 0


def test_nobody_is_nobody() -> None:
    assert people_seen(_track([]), SIZE_PX, RULE) == ([], [])


def test_a_lone_glimpse_is_kept_to_be_hidden() -> None:
    tracker = Tracker()
    image = np.zeros((SIZE_PX[1], SIZE_PX[0], 3), np.uint8)
    tracker.update(0.0, np.array([[10.0, 10, 60, 200, 0.4]]), image)
    assert tracker.tracks() == []
    assert len(tracker.glimpses()) == 1


def test_overlap() -> None:
    box = np.array([0.0, 0, 10, 10])
    assert overlap(box, box) == 1
    assert overlap(box, box + 10) == 0
    assert overlap(box, np.array([5.0, 0, 15, 10])) == pytest.approx(1 / 3)
