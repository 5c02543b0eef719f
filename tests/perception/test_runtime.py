"""Networks in the background: the right output to everybody, on whatever runs them."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.perception import runtime
from clinigait.perception.runtime import (
    OnnxRuntimeNetwork,
    OpenVinoNetwork,
    PictureNetwork,
    background_network,
)

MEAN, STD = (10.0, 20.0, 30.0), (2.0, 4.0, 5.0)


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> PictureNetwork:
    """Return a network that gives back the mean of each colour of its input."""
    onnx = pytest.importorskip("onnx", reason="onnx writes the network: `make setup` brings it")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    shape = ["batch", 3, 8, 6]
    graph = helper.make_graph(
        [helper.make_node("GlobalAveragePool", ["crops"], ["means"])],
        "means",
        [helper.make_tensor_value_info("crops", kind, shape)],
        [helper.make_tensor_value_info("means", kind, ["batch", 3, 1, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    path = tmp_path_factory.mktemp("runtime") / "means.onnx"
    onnx.save(model, str(path))
    return PictureNetwork(path, (6, 8), MEAN, STD)


def on_onnx_runtime(network: PictureNetwork) -> OnnxRuntimeNetwork:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: the extra `gpu`")
    return OnnxRuntimeNetwork(network, threads=1, providers=("CPUExecutionProvider",))


RUNTIMES = {
    "openvino": lambda network: OpenVinoNetwork(network, threads=2, precision="f32"),
    "onnxruntime": on_onnx_runtime,
}


def pictures(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 8, 6, 3), np.uint8)


def scaled(some: np.ndarray) -> np.ndarray:
    return ((some - np.array(MEAN)) / STD).mean(axis=(1, 2))[:, :, None, None]


@pytest.mark.parametrize("name", RUNTIMES)
def test_everybody_gets_what_is_theirs(network, name) -> None:
    runs = RUNTIMES[name](network)
    assert (runs.device, runs.precision) == ("CPU", "f32")
    runs.wait()  # nothing was handed in
    numbers = [1, 2, 4, 3, 1, 1, 2, 4, 4, 1] * 8
    found: dict[int, np.ndarray] = {}
    for seed, n in enumerate(numbers):
        runs.start(pictures(n, seed), lambda out, seed=seed: found.update({seed: out}))
        if seed == 33:
            runs.wait()
            assert len(found) == 34
    runs.wait()
    assert len(found) == len(numbers)
    for seed, n in enumerate(numbers):
        assert found[seed] == pytest.approx(scaled(pictures(n, seed)), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", RUNTIMES)
def test_an_output_may_be_kept(network, name) -> None:
    runs = RUNTIMES[name](network)
    kept: list[np.ndarray] = []
    for seed in range(20):
        runs.start(pictures(1, seed), kept.append)
        runs.wait()
    for seed, out in enumerate(kept):
        assert out == pytest.approx(scaled(pictures(1, seed)), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_fault_comes_out_where_one_waits(network, name) -> None:
    runs = RUNTIMES[name](network)

    def fail(_output: np.ndarray) -> None:
        raise ValueError("a defect")

    runs.start(pictures(1, 0), fail)
    with pytest.raises((ValueError, RuntimeError), match="a defect"):
        runs.wait()


def test_without_an_nvidia_gpu_the_cpu_is_used(network) -> None:
    runs = background_network(network, threads=1, precision="f32")
    assert runs.device == "CPU" or runtime.find_spec("onnxruntime")


def test_the_precision_is_the_one_that_is_used(network) -> None:
    asked = OpenVinoNetwork(network, threads=1, precision="bf16")
    assert asked.precision == ("bf16" if runtime.cpu_has_bf16() else "f32")


def test_both_runtimes_agree(network) -> None:
    outputs = []
    for make in RUNTIMES.values():
        runs, found = make(network), []
        runs.start(pictures(3, 1), found.append)
        runs.wait()
        outputs.append(found[0])
    assert outputs[0] == pytest.approx(outputs[1], rel=1e-5, abs=1e-5)


def test_the_processor_has_a_name() -> None:
    assert runtime.cpu_name()
    assert isinstance(runtime.cpu_has_bf16(), bool)


def test_what_is_no_network_is_named(tmp_path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(b"\x08\x07garbage" * 100)
    network = PictureNetwork(file, (192, 256), (0, 0, 0), (1, 1, 1))
    with pytest.raises(BadInputError, match="no network for pictures of 192 x 256 pixels"):
        OpenVinoNetwork(network, threads=1, precision="f32")
