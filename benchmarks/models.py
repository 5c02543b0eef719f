"""How much faster a network answers than plain PyTorch, at equal decisions.

Run: ``python benchmarks/models.py [threads]`` (one thread without it). GaitBase of full width (64
channels, three classes) looks at 30 silhouettes of 64×44: once as one writes it down in PyTorch,
single precision, layer by layer, and once through ``clinigait.nn.precision.fast``, in what suits
this processor. Both take turns, and the ratio is that of the shortest CPU times (with several
threads, wall times), so that others on the machine matter little. Decisions and probabilities of
both are compared on walkers of many shapes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
os.environ["OMP_NUM_THREADS"] = str(THREADS)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch import Tensor
from torch.nn import functional

from clinigait.nn import GaitModel, build_network
from clinigait.nn.precision import Precision, best_precision, fast

_ROUNDS = 7
_WALKERS = 24
_FRAMES = 30
_WANTED = 3.0


def _silhouettes(walkers: int) -> Tensor:
    """Return drawn walkers of many shapes, (N, 1, T, 64, 44), 0 or 1."""
    rows, columns = torch.arange(64.0)[:, None], torch.arange(44.0)
    times = torch.arange(float(_FRAMES))
    films = []
    for walker in range(walkers):
        width, swing = 4 + walker % 6, 3 + 1.5 * (walker % 5)
        lean, rate = 0.06 * (walker % 7 - 3), 0.15 + 0.03 * (walker % 4)
        pictures = []
        for angle in torch.sin(rate * times + walker):
            middle = 22 + lean * (32 - rows)
            head = ((rows - 6) / 6) ** 2 + ((columns - middle) / 4) ** 2 < 1
            trunk = (rows > 11) & (rows < 36) & ((columns - middle).abs() < width)
            down = (rows - 35).clamp(min=0) / 29
            legs = [(columns - middle - side * swing * angle * down).abs() < 3 for side in (-1, 1)]
            pictures.append(head | trunk | ((legs[0] | legs[1]) & (rows > 34)))
        films.append(torch.stack(pictures))
    return torch.stack(films)[:, None].float()


def _network(films: Tensor) -> GaitModel:
    """Return a network that tells the walkers apart: its batch norms have seen them."""
    torch.manual_seed(0)
    model = build_network({"kind": "gaitbase", "classes": 3, "channels": 64})
    if not isinstance(model, GaitModel):
        raise TypeError
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        model.train()(films[:, :, ::10])
    return model.eval()


def _plain(model: GaitModel) -> Callable[[Tensor], Tensor]:
    """Return the same network, written down layer by layer: the logits of (1, 1, T, H, W)."""
    w = {name: value.clone() for name, value in model.state_dict().items()}

    def normed(x: Tensor, name: str) -> Tensor:
        mean, variance = w[f"{name}.running_mean"], w[f"{name}.running_var"]
        return functional.batch_norm(x, mean, variance, w[f"{name}.weight"], w[f"{name}.bias"])

    def conv(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = w[f"{name}.conv.weight"]
        y = functional.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)
        return normed(y, f"{name}.norm")

    def logits(x: Tensor) -> Tensor:
        y = functional.relu(conv(x[0].transpose(0, 1), "stem.conv"))
        for layer, stride in enumerate((1, 2, 2, 1), 1):
            name = f"backbone.layer{layer}.blocks.0"
            inner = functional.relu(conv(y, f"{name}.first", stride))
            short = conv(y, f"{name}.shortcut", stride) if layer > 1 else y
            y = functional.relu(conv(inner, f"{name}.second") + short)
        strips = y.amax(0).reshape(y.shape[1], 16, -1)
        parts = (strips.mean(-1) + strips.amax(-1))[None]
        parts = torch.einsum("ncp,pcd->ndp", parts, w["head.weight"])
        whole = normed(parts.flatten(1), "neck.norm.bn1d").view(parts.shape)
        ways = functional.normalize(w["neck.classifier.weight"], dim=1)
        cosines = torch.einsum("ncp,pck->nkp", functional.normalize(whole, dim=1), ways)
        return cosines * w["neck.classifier.scale"]

    return logits


def _shortest_s(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the shortest time of each; they take turns."""
    clock = time.process_time if THREADS == 1 else time.perf_counter
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(_ROUNDS + 1):
        for name, run in runs.items():
            start = clock()
            run()
            times[name].append(clock() - start)
    return {name: min(of[1:]) for name, of in times.items()}  # the first warms up


def main() -> None:
    """Print times, their ratio, and whether the decisions are the same."""
    torch.set_num_threads(THREADS)
    films = _silhouettes(_WALKERS)
    model = _network(films)
    plain, chosen = _plain(model), best_precision()
    quick = {f"fast, {name}": fast(model, name) for name in _precisions(chosen)}
    one = films[:1]
    with torch.no_grad():
        runs: dict[str, Callable[[], object]] = {"plain": lambda: plain(one)}
        runs |= {name: lambda network=network: network(one) for name, network in quick.items()}
        times = _shortest_s(runs)
        wanted = torch.cat([plain(film[None]).mean(-1).softmax(-1) for film in films])
    print(f"{torch.backends.cpu.get_cpu_capability()}, {THREADS} thread(s), bf16 "
          f"{'native' if chosen == 'bf16' else 'not native'}; {_FRAMES} frames")  # fmt: skip
    print(f"{'plain PyTorch, f32':<20} {times['plain']:.3f} s")
    for name, network in quick.items():
        found = torch.cat([network(film[None]).probabilities() for film in films])
        same = int((found.argmax(1) == wanted.argmax(1)).sum())
        ratio = times["plain"] / times[name]
        print(f"{name:<20} {times[name]:.3f} s  {ratio:.2f} × "
              f"({'ok' if ratio >= _WANTED else f'below {_WANTED:g}'}); "
              f"{same} of {len(films)} decisions the same, probabilities to "
              f"{float((found - wanted).abs().max()):.1e}")  # fmt: skip
    shares = wanted.argmax(1).bincount(minlength=3).tolist()
    print(f"decisions of plain PyTorch: {shares[0]}, {shares[1]} and {shares[2]} walkers")


def _precisions(chosen: Precision) -> tuple[Precision, ...]:
    return ("f32", "bf16") if chosen == "bf16" else ("f32",)


if __name__ == "__main__":
    main()
