"""Networks of colour and depth begin with the encoder that a user brought, or say why not."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from safetensors.torch import save_file  # noqa: E402

from clinigait.core import BadInputError  # noqa: E402
from clinigait.nn.yolo11 import Yolo11  # noqa: E402
from clinigait.training.encoder_start import encoder_start  # noqa: E402
from clinigait.training.plan import NetworkPlan  # noqa: E402


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "mine.safetensors"
    torch.manual_seed(3)
    save_file(Yolo11("n").state_dict(), path, {"sppf_cv1_act": "silu"})
    return path


def _network(**spec) -> NetworkPlan:
    return NetworkPlan({"kind": "rgbd_fusion", "encoder": "n", **spec})


def test_both_encoders_begin_with_it_and_nothing_else_is_given(weights) -> None:
    arrays, given = encoder_start(_network(), weights, 2)
    assert {key.split(".")[1] for key in arrays} == {"colour", "depth"}
    assert all(".encoder." in key for key in arrays)
    first = next(a for k, a in arrays.items() if k.endswith("0.conv.weight") and "colour" in k)
    assert np.array_equal(first, given.state["model.0.conv.weight"].numpy())
    assert given.sha256 in given.note


def test_what_does_not_fit_is_refused_with_what_would(weights, tmp_path) -> None:
    with pytest.raises(BadInputError, match="width: 1 and encoder: n"):
        encoder_start(_network(width=0.5), weights, 2)
    with pytest.raises(BadInputError, match="they are of scale n, not s"):
        encoder_start(_network(encoder="s"), weights, 2)
    with pytest.raises(BadInputError, match="gaitbase has no encoder of YOLO11"):
        encoder_start(NetworkPlan({"kind": "gaitbase"}), weights, 2)
    with pytest.raises(BadInputError, match="no file"):
        encoder_start(_network(), tmp_path / "nothing.safetensors", 2)
