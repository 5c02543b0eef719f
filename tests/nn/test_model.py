"""What holds for every network."""

from __future__ import annotations

import math
from collections import Counter

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
nn = pytest.importorskip("clinigait.nn")
networks = pytest.importorskip("support.networks")

EVERY = pytest.mark.parametrize("name", networks.SPECS)


def test_every_kind_stands_among_the_networks_tested_here() -> None:
    assert {spec["kind"] for spec in networks.SPECS.values()} == set(nn.KINDS)


@EVERY
@pytest.mark.parametrize("padding", [0.0, 1e4, math.nan])
def test_a_sequence_has_the_same_result_in_a_batch_as_alone(name: str, padding: float) -> None:
    spec = networks.SPECS[name]
    model = networks.settled(spec)
    batch = networks.batch_for(spec, (1, 5, 12, 2), padding)
    with torch.no_grad():
        together = model(**batch)
        for row in range(4):
            single = model(**networks.alone(batch, row))
            assert networks.difference(together, row, single) < 1e-5


@EVERY
def test_long_sequences_are_the_same_in_a_batch_as_alone(name: str) -> None:
    spec = networks.SPECS[name]
    model = networks.settled(spec)
    lengths = (70, 31, 33) if "joints" in spec else (33, 16)
    batch = networks.batch_for(spec, lengths, 5.0)
    with torch.no_grad():
        together = model(**batch)
        for row in range(len(lengths)):
            single = model(**networks.alone(batch, row))
            assert networks.difference(together, row, single) < 1e-5


@EVERY
def test_padding_does_not_reach_the_statistics_of_training(name: str) -> None:
    spec = networks.SPECS[name]
    batches = [networks.batch_for(spec, (3, 6), padding) for padding in (0.0, 1e4)]
    results = []
    for batch in batches:
        model = networks.settled(spec).train()
        torch.manual_seed(1)  # dropout
        results.append((model(**batch).logits, model.state_dict()))
    torch.testing.assert_close(results[0][0], results[1][0])
    torch.testing.assert_close(results[0][1], results[1][1])


@EVERY
def test_gradients_reach_every_parameter(name: str) -> None:
    spec = networks.SPECS[name]
    model = networks.settled(spec).train()
    output = model(**networks.batch_for(spec, (9, 12, 5)))
    loss = (output.logits * torch.randn(output.logits.shape)).sum()
    loss.backward()
    for parameter_name, parameter in model.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert bool(parameter.grad.isfinite().all()), parameter_name
        assert float(parameter.grad.abs().max()) > 0, parameter_name


@EVERY
def test_every_parameter_belongs_to_one_stage(name: str) -> None:
    model = networks.settled(networks.SPECS[name])
    assert list(model.stages)[-1] == "head"
    staged = Counter(
        id(parameter)
        for modules in model.stages.values()
        for module in modules
        for parameter in module.parameters()
    )
    assert staged == Counter(id(parameter) for parameter in model.parameters())


@EVERY
def test_saved_weights_give_the_same_probabilities_in_a_new_network(name: str) -> None:
    spec = networks.SPECS[name]
    model, fresh = networks.settled(spec), networks.settled(spec, seed=1)
    batch = networks.batch_for(spec, (4, 6))
    with torch.no_grad():
        wanted = model(**batch).probabilities()
        assert not torch.allclose(fresh(**batch).probabilities(), wanted)
        fresh.load_state_dict(model.state_dict())
        assert torch.equal(fresh(**batch).probabilities(), wanted)


@EVERY
def test_the_feature_map_lies_on_the_way_to_the_logits(name: str) -> None:
    spec = networks.SPECS[name]
    output = networks.settled(spec)(**networks.batch_for(spec, (4, 16)))
    slope = torch.autograd.grad(output.decision_logits()[:, 0].sum(), output.features)[0]
    assert slope.shape == output.features.shape
    assert float(slope.abs().max()) > 0
    assert float(output.features.detach()[0, :, -1].abs().max()) == 0  # padding


def test_the_scale_of_training_is_the_scale_of_inference() -> None:
    spec = {"kind": "gaitbase", "classes": 3, "channels": 8, "scale": 20}
    model = networks.settled(spec)
    saved = model.state_dict()
    other = networks.settled({**spec, "scale": 1})
    other.load_state_dict(saved)
    batch = networks.batch_for(spec, (4,))
    with torch.no_grad():
        cosines = model(**batch).logits / 20
        assert float(cosines.abs().max()) <= 1
        assert torch.equal(other(**batch).logits, model(**batch).logits)
        sure = model(**batch).probabilities().max()
        flat = cosines.mean(-1).softmax(-1).max()
    # Without the scale three classes would never be farther apart than this.
    assert float(flat) < math.e**2 / (math.e**2 + 2)
    assert float(sure) > float(flat)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ([[True, True, False], [False, True, True]], "needs a real frame"),
        ([[True, False, True], [True, True, True]], "after the real frames"),
        ([[False, False, False], [True, True, True]], "needs a real frame"),
        ([[True, True], [True, True]], "shape"),
        ([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]], "bool"),
    ],
)
def test_a_mask_that_cannot_be_is_refused(mask: list[list[float]], message: str) -> None:
    model = networks.settled(networks.SPECS["gaitbase"])
    with pytest.raises(ValueError, match=message):
        model(torch.zeros(2, 1, 3, 64, 44), torch.tensor(mask))


def test_a_network_gets_an_asymmetry_vector_if_and_only_if_it_is_guided() -> None:
    for name, message in (("gaitbase", "is not guided"), ("drf", "needs the postural")):
        spec = networks.SPECS[name]
        batch = networks.batch_for(spec, (2,))
        pav = None if name == "drf" else torch.zeros(1, 24)
        with pytest.raises(ValueError, match=message):
            networks.settled(spec)(batch["x"], batch["mask"], pav)
