"""What the terminal tells of findings, and of the people in a film."""

from dataclasses import replace

import pytest

from clinigait.cli.assess import finding_lines, people_lines
from clinigait.core import Assessment
from support.assessments import PEOPLE, assessed, refused
from support.told import param, tell, warned


def _of(made: Assessment, *scores: float, walker: int | None = 1) -> Assessment:
    people = tuple(
        replace(PEOPLE[0], number=n, score=score, picture=f"frames/person-{n}.jpg")
        for n, score in enumerate(scores, start=1)
    )
    return replace(made, perception=replace(made.perception, people=people, walker=walker))


def test_a_lone_walker_needs_no_list() -> None:
    assert people_lines(_of(assessed(2), 9.7, 0.0)) == []


def test_several_walkers_are_listed_with_how_to_choose_them() -> None:
    lines = people_lines(_of(assessed(2), 9.7, 6.0, 0.0))
    assert lines == [
        "person 1: 0.4 to 13.1 s, 9.8 body heights of way, 402 px tall (frames/person-1.jpg): "
        "measured",
        "person 2: 0.4 to 13.1 s, 9.8 body heights of way, 402 px tall (frames/person-2.jpg): "
        "--person 2",
    ]


@pytest.mark.parametrize("scores", [(0.0, 0.0), (9.7, 6.0)])
def test_where_refused_all_who_can_be_chosen_are_listed(scores: tuple[float, ...]) -> None:
    lines = people_lines(_of(refused(), *scores, walker=None))
    assert [line.split(": ")[-1] for line in lines] == ["--person 1", "--person 2"]


def test_a_crowd_is_counted_not_listed() -> None:
    lines = people_lines(_of(refused(), *(1.0,) * 30))
    assert len(lines) == 13
    assert lines[-1] == "18 more people are in assessment.json."


def test_without_a_film_there_is_nobody_to_list() -> None:
    assert people_lines(replace(refused(), perception=None)) == []


def test_findings_beyond_a_limit_are_told_and_the_rest_are_counted() -> None:
    assert finding_lines(tell(param(1.3), quality=(warned("odd"),))) == []
    assert finding_lines(tell(param(1.0))) == [
        "finding: Stride length on the left is 1.00 m, below the reference range of 1.20 m to "
        "1.40 m."
    ]
    names = ("stride_time_s", "step_time_s", "stance_time_s", "swing_time_s")
    many = [param(9.0, name=name, side=side) for name in names for side in ("left", "right")]
    lines = finding_lines(tell(*many))
    assert len(lines) == 7
    assert lines[-1] == "2 more findings are in the file."
