"""The HRNet part of ``benchmarks/perception.py``: ours beside mmpose's ``inference_topdown``.

The same HRNet-W32 256x192 (random weights, which cost as much as trained ones), the same crops, the
same number of threads, turn by turn in one process. Persons per CPU-second, so that what else the
machine does counts little.

``inference_topdown`` takes one picture and the boxes of the people in it. So there are two cases: a
walker alone in each of several pictures, as patients are filmed, and as many people in one picture,
whom mmpose takes as one batch. Ours gathers crops over pictures and does not tell them apart.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from clinigait.perception.hrnet.card import Card
from clinigait.perception.hrnet.checkpoints import CHECKPOINTS, Checkpoint
from clinigait.perception.hrnet.estimator import HrnetPose
from clinigait.perception.hrnet.export import export
from clinigait.perception.hrnet.network import cut, picture_network
from clinigait.perception.hrnet.precision import moved_px
from clinigait.perception.hrnet.stand_ins import import_mmpose
from clinigait.perception.runtime import (
    OpenVinoNetwork,
    Precision,
    cpu_has_bf16,
    cpu_name,
    openvino,
)

_NAME = "hrnet-w32-coco"
#: How mmpose is called, and how many people are in a picture then.
_CASES = {"one a picture": 1, "eight a picture": 8}
_WANTED = {"f32": 1.5, "bf16": 3.0}
_MATRIX = 2048
_PEAK_ROUNDS = 12


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and the boxes of the people in it."""

    picture: NDArray[np.uint8]
    boxes: NDArray[np.float64]


def main(*, threads: int, people: int, rounds: int) -> None:
    """Print speeds and ratios.

    Parameters
    ----------
    threads
        Threads of both sides.
    people
        Persons in every round.
    rounds
        Rounds; the best of each side counts.
    """
    torch.set_num_threads(threads)
    warnings.simplefilter("ignore")
    import_mmpose()
    precisions: tuple[Precision, ...] = ("f32", "bf16") if cpu_has_bf16() else ("f32",)
    print(f"{_NAME} on {cpu_name()}, {threads} thread(s), flip test off, {people} persons a round")
    with tempfile.TemporaryDirectory() as folder:
        checkpoint, file, model = random_checkpoint(CHECKPOINTS[_NAME], Path(folder))
        onnx = Path(folder) / "network.onnx"
        card = export(checkpoint, file, onnx)
        scene = _scene(people)
        sides: dict[str, Callable[[], None]] = {}
        for case, batch in _CASES.items():
            sides[f"mmpose, {case}"] = _mmpose(model, scene, batch)
        for precision in precisions:
            pose = HrnetPose(onnx, threads, precision=precision)
            sides[f"ours, {precision}"] = _ours(pose, scene)
        speeds = _persons_per_cpu_s(sides, people, rounds)
        _print_speeds(speeds)
        _print_share_of_peak(onnx, card, speeds, precisions, threads)
        if "bf16" in precisions:
            _print_error(onnx, card, scene)
        else:
            print("this processor does not multiply in bfloat16: that part is not measured here")


def random_checkpoint(checkpoint: Checkpoint, folder: Path) -> tuple[Checkpoint, Path, object]:
    """Write a checkpoint with random weights; return its entry, its file and mmpose's model."""
    import mmpose  # noqa: PLC0415  after its stand-ins
    from mmengine.config import Config  # noqa: PLC0415
    from mmpose.apis import init_model  # noqa: PLC0415

    config = Config.fromfile(Path(mmpose.__file__).parent / ".mim" / "configs" / checkpoint.config)
    torch.manual_seed(0)
    model = init_model(config, None, device="cpu")
    with torch.no_grad():
        for value in model.state_dict().values():
            if value.dim() == 4:
                value.normal_(0, (1.4 / value[0].numel()) ** 0.5)
        # Heatmaps from 0 to about 1, as trained ones have them.
        maps = model.head.forward(model.backbone(torch.randn(1, 3, 256, 192)))
        model.head.final_layer.weight /= 4 * maps.std()
        model.head.final_layer.bias.fill_(0.2)
    model.test_cfg["flip_test"] = False
    file = folder / "random.pth"
    torch.save({"state_dict": model.state_dict()}, file)
    return checkpoint, file, model


def _scene(people: int) -> Scene:
    """Return a full-HD picture of coloured blobs, and boxes as people have them."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (34, 60, 3), np.uint8)
    picture = cv2.resize(coarse, (1920, 1080), interpolation=cv2.INTER_CUBIC)
    corner = rng.uniform([0, 0], [1600, 500], (people, 2))
    return Scene(
        picture, np.hstack([corner, corner + rng.uniform([120, 350], [250, 550], (people, 2))])
    )


def _mmpose(model: object, scene: Scene, batch: int) -> Callable[[], None]:
    from mmpose.apis import inference_topdown  # noqa: PLC0415  after its stand-ins

    picture = np.ascontiguousarray(scene.picture[..., ::-1])

    def run() -> None:
        for start in range(0, len(scene.boxes), batch):
            inference_topdown(model, picture, scene.boxes[start : start + batch])

    return run


def _ours(pose: HrnetPose, scene: Scene) -> Callable[[], None]:
    def run() -> None:
        for key, box in enumerate(scene.boxes):
            pose.submit(key, scene.picture, box)
        pose.results()

    return run


def _persons_per_cpu_s(
    sides: dict[str, Callable[[], None]], people: int, rounds: int
) -> dict[str, float]:
    """Return the best speed of each side; the sides take turns."""
    best_s = dict.fromkeys(sides, np.inf)
    for run in sides.values():
        run()  # what is done only once is done
    for _ in range(rounds):
        for name, run in sides.items():
            begin = time.process_time()
            run()
            best_s[name] = min(best_s[name], time.process_time() - begin)
    return {name: people / seconds for name, seconds in best_s.items()}


def _print_speeds(speeds: dict[str, float]) -> None:
    for name, speed in speeds.items():
        print(f"  {name:<24}{speed:7.2f} persons per CPU-second")
        if not name.startswith("ours"):
            continue
        wanted = _WANTED[name.rpartition(" ")[2]]
        for case in _CASES:
            ratio = speed / speeds[f"mmpose, {case}"]
            verdict = "ok" if ratio >= wanted else "too slow"
            print(f"    {ratio:.2f} x mmpose with {case} (aim {wanted:g} x: {verdict})")


def _print_share_of_peak(
    onnx: Path,
    card: Card,
    speeds: dict[str, float],
    precisions: tuple[Precision, ...],
    threads: int,
) -> None:
    gflop = _gflop(onnx, card)
    for precision in precisions:
        peak = _matmul_gflop_per_cpu_s(precision, threads)
        used = gflop * speeds[f"ours, {precision}"]
        print(
            f"  {precision}: {gflop:.1f} GFLOP per person, {used:.0f} GFLOP per CPU-second, "
            f"{used / peak:.0%} of the {peak:.0f} that a {_MATRIX} x {_MATRIX} matrix product gets"
        )


def _gflop(onnx: Path, card: Card) -> float:
    """Count the multiplications and additions of all convolutions, in 10^9."""
    model = openvino().Core().read_model(str(onnx))
    width, height = card.input_size_px
    model.reshape([1, 3, height, width])
    total = 0
    for node in model.get_ordered_ops():
        if node.get_type_name() == "Convolution":
            _, *kernel = node.input(1).get_shape()
            total += 2 * int(np.prod(node.output(0).get_shape())) * int(np.prod(kernel))
    return total / 1e9


def _matmul_gflop_per_cpu_s(precision: Precision, threads: int) -> float:
    """Measure the speed of one large matrix product: the runtime's own, or torch's if faster."""
    ov = openvino()
    opset = ov.opset13
    left = opset.parameter([_MATRIX, _MATRIX], ov.Type.f32)
    right = opset.constant(np.random.default_rng(0).normal(size=(_MATRIX, _MATRIX)).astype("f"))
    compiled = ov.Core().compile_model(
        ov.Model([opset.matmul(left, right, False, False)], [left]),
        "CPU",
        {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": str(threads)},
    )
    given = np.ones((_MATRIX, _MATRIX), np.float32)
    request = compiled.create_infer_request()
    best_s = np.inf
    for _ in range(_PEAK_ROUNDS):
        begin = time.process_time()
        request.infer({0: given})
        best_s = min(best_s, time.process_time() - begin)
    factor = torch.ones(
        _MATRIX, _MATRIX, dtype=torch.float32 if precision == "f32" else torch.bfloat16
    )
    for _ in range(_PEAK_ROUNDS):
        begin = time.process_time()
        factor @ factor
        best_s = min(best_s, time.process_time() - begin)
    return float(2 * _MATRIX**3 / 1e9 / best_s)


def _print_error(onnx: Path, card: Card, scene: Scene) -> None:
    maps = []
    for precision in ("f32", "bf16"):
        network = OpenVinoNetwork(picture_network(onnx, card), threads=1, precision=precision)
        found: list[NDArray[np.float32]] = []
        for box in scene.boxes:
            network.start(cut(scene.picture, box, card)[0], found.append)
            network.wait()
        maps.append(np.concatenate(found))
    distance_px = moved_px(maps[0], maps[1], card)
    print(
        f"  bf16 moves keypoints by {np.median(distance_px):.3f} px of the crop in the median, "
        f"{distance_px.max():.2f} at most (random weights: their peaks are not those of people)"
    )
