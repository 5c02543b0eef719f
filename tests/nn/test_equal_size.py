"""Networks that are compared have about the same number of parameters."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
nn = pytest.importorskip("clinigait.nn")
equal_size = pytest.importorskip("clinigait.nn.equal_size")

_SPEC = {"kind": "rgbd_fusion", "classes": 2}


def test_parameters_are_counted_without_making_them() -> None:
    made = nn.build_network({**_SPEC, "width": 0.25})
    counted = equal_size.parameter_count({**_SPEC, "width": 0.25})
    assert counted == sum(parameter.numel() for parameter in made.parameters())


@pytest.mark.parametrize("fusion", ["neck", "early", "colour", "depth"])
@pytest.mark.parametrize("mlge", [True, False])
def test_every_variant_can_be_had_at_the_size_of_the_whole(fusion: str, mlge: bool) -> None:
    # The smaller, the coarser the steps.
    wanted = equal_size.parameter_count({**_SPEC, "width": 0.5})
    spec = equal_size.of_size({**_SPEC, "fusion": fusion, "mlge": mlge}, wanted)
    found = equal_size.parameter_count(spec)
    assert found == pytest.approx(wanted, rel=0.05), spec


def test_a_size_that_cannot_be_had_is_named() -> None:
    with pytest.raises(ValueError, match="no width gives about 1000 parameters"):
        equal_size.of_size(_SPEC, 1000)
