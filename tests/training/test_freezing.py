"""What is frozen keeps what it knows, to the last bit."""

import pytest

from clinigait.core import BadInputError

torch = pytest.importorskip("torch")

from clinigait.nn import build_network  # noqa: E402
from clinigait.training.freezing import (  # noqa: E402
    freeze,
    freeze_rows,
    frozen_stages,
    parameter_groups,
    stages_of,
)
from support.lessons import TINY  # noqa: E402


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build_network({**TINY, "classes": 3})


def test_the_grid_goes_from_nothing_to_all_but_the_head(model):
    rows = freeze_rows(model)
    below = [name for name in stages_of(model) if name != "head"]
    assert rows[0] == ()
    assert rows[-1] == tuple(below)
    assert [len(row) for row in rows] == list(range(len(below) + 1))
    assert frozen_stages(model, ["none"]) == rows[0]
    assert frozen_stages(model, ["all"]) == rows[-1]
    assert frozen_stages(model, ["layer1", "stem"]) == ("stem", "layer1")


@pytest.mark.parametrize("wanted", [["layer9"], ["stem", "all"], ["head"]])
def test_an_unknown_stage_is_answered_with_the_list(model, wanted):
    with pytest.raises(BadInputError, match="stem, layer1, layer2, layer3, layer4"):
        frozen_stages(model, wanted)


@pytest.mark.parametrize("norms", ["all", "frozen"])
def test_frozen_stages_get_no_gradient_and_held_statistics_do_not_move(model, norms):
    held = freeze(model, ("stem", "layer1"), norms)
    model.train()
    for module in held:
        module.eval()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    optimiser = torch.optim.AdamW(parameter_groups(model, {}, 0.01, 0.1))
    output = model(torch.rand(4, 1, 6, 16, 12))
    output.logits.square().mean().backward()
    optimiser.step()
    moved = {k for k, v in model.state_dict().items() if not torch.equal(v, before[k])}
    assert moved
    assert not any(key.startswith(("stem", "backbone.layer1")) for key in moved)
    statistics = {key for key in moved if "running" in key}
    assert bool(statistics) is (norms == "frozen")


def test_stages_learn_at_rates_of_their_own(model):
    groups = parameter_groups(model, {"stem": 0.0, "layer1": 0.1}, 0.5, 0.2)
    rate_of = {id(p): group["lr"] for group in groups for p in group["params"]}
    stages = stages_of(model)
    assert not any(id(p) in rate_of for m in stages["stem"] for p in m.parameters())
    assert {rate_of[id(p)] for m in stages["layer1"] for p in m.parameters()} == {0.05}
    assert {rate_of[id(p)] for m in stages["head"] for p in m.parameters()} == {0.5}
    for group in groups:
        assert group["weight_decay"] == (0.2 if group["params"][0].ndim > 1 else 0.0)
    with pytest.raises(BadInputError, match="no stage layer9 with a rate"):
        parameter_groups(model, {"layer9": 1.0}, 0.5, 0.2)
