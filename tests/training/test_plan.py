"""Training protocols are checked whole, hashed, and never taken for what is done with a walk."""

import re
from pathlib import Path

import pytest
import yaml

from clinigait.core import BadInputError
from clinigait.io.protocol import parse_protocol, shipped_protocols
from clinigait.training.plan import Optimiser, load_plan, parse_plan, plan_of

PLAN = {
    "name": "mine", "version": "1", "kind": "training", "title": "Mine", "task": "frailty",
    "inputs": [{"kind": "silhouettes"}],
    "networks": [{"spec": {"kind": "gaitbase", "channels": 16}, "window_frames": 60}],
    "objective": [{"kind": "cross_entropy", "weight": 2.0}, {"kind": "triplet", "margin": 0.25}],
    "optimiser": {"rate": 0.001, "steps": 100},
}  # fmt: skip


def _parse(**changes):
    return parse_plan(yaml.safe_dump({**PLAN, **changes}).encode(), "mine.yaml")


def test_a_file_of_ones_own_is_read_and_hashed(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(PLAN))
    plan = load_plan(str(path))
    assert plan.networks[0].window_frames == 60
    assert len(plan.sha256) == 64
    assert plan.digest == _parse().digest != _parse(seed=1).digest
    assert plan_of(plan.as_data(), "again").digest == plan.digest


@pytest.mark.parametrize("name", shipped_protocols("training"))
def test_shipped_training_protocols_can_be_read(name):
    assert load_plan(name).name == name
    assert name not in shipped_protocols()


def test_assess_says_what_to_do_with_a_training_protocol():
    with pytest.raises(BadInputError, match="Give it to clinigait train") as caught:
        parse_protocol(yaml.safe_dump(PLAN).encode(), "mine.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": "clinical"}, "not a training protocol"),
        ({"colour": "red"}, "colour"),
        ({"networks": []}, "networks"),
        ({"networks": [{"spec": {"kind": "gaitbase", "classes": 3}}]}, "comes from the task"),
        ({"networks": [{"spec": {}, "inputs": ["depth"]}]}, "depth is none of the inputs"),
        ({"objective": [{"kind": "triplet"}]}, "looks at the class"),
        ({"objective": [{"kind": "auxiliary"}]}, "names its target"),
        ({"optimiser": {"rate": float("nan")}}, "optimiser.rate"),
        ({"grid": {"optimiser.speed": [1]}}, "grid.optimiser.speed"),
        ({"grid": {"optimiser.rate": [-1]}}, "grid"),
        ({"grid": {"freeze": []}}, "0 points"),
        ({"batch": {"groups": 1, "clips": 1}}, "two clips"),
        ({"name": "../evil"}, "name: 1 to 80"),
        ({"name": ""}, "name: 1 to 80"),
        ({"networks": [{"spec": {"kind": "gaitbase", "channels": 10**30}}]}, "nothing above 1024"),
        ({"networks": [{"spec": {"kind": "x", "widths": [16, 10**9]}}]}, "nothing above 1024"),
        ({"rates": {"stem": 1e308}}, "rates: 0 to 1000"),
    ],
)
def test_a_fault_is_named_in_one_sentence(changes, named):
    with pytest.raises(BadInputError, match=named) as caught:
        _parse(**changes)
    assert "\n" not in str(caught.value)


def test_the_grid_is_every_combination():
    plan = _parse(grid={"freeze": ["none", ["stem"], "all"], "optimiser.rate": [0.1, 0.01]})
    found = [(c.plan.freeze, c.plan.optimiser.rate) for c in plan.candidates()]
    assert found == [(f, r) for f in (("none",), ("stem",), ("all",)) for r in (0.1, 0.01)]
    assert all(not c.plan.grid for c in plan.candidates())


def test_rates_warm_up_and_come_down():
    cycle = Optimiser(steps=100, warm_up=0.1)
    factors = [cycle.factor(step) for step in range(100)]
    assert factors[:10] == sorted(factors[:10])
    assert max(factors) == factors[10] == 1.0
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert 0 < factors[-1] < 0.01
    steps = Optimiser(steps=100, schedule="steps", warm_up=0, milestones=(0.5, 0.75))
    assert [steps.factor(s) for s in (0, 49, 50, 75)] == pytest.approx([1, 1, 0.1, 0.01])


def test_the_example_in_the_documentation_is_a_training_protocol():
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    plan = parse_plan(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0].encode(), "example")
    assert len(plan.candidates()) == 8
