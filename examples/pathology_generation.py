"""Ask what walks of a learned generator are worth, beside plain augmentation.

    python examples/pathology_generation.py DATA --out pathology_generation.md --keep FITS
    python examples/pathology_generation.py DATA --bundle clinigait/bundles/pathology_generator

DATA is the folder of the Pathological Gait Dataset. After arXiv:2603.14409: a conditional
auto-encoder, trained against a discriminator, learns walks of six acted gaits; GRU, LSTM and CNN
then learn to tell the gaits from people, from made walks, from both, and, which the paper leaves
out, from people with plain changes (noise, tempo, bent time, mirror image). Everybody of subjects 1
to 5 is judged by networks that never saw them, and the generator and the limits of its gates are
learned anew inside of each fold, by seed. All classifiers take the same number of steps; in mixed
diets half of every batch is real. Also told: a classifier of people judging made walks; who passes
the gates; distances between made and real walks in the features of the fold's CNN of people; how
near a made walk comes to one that was learned from, against how near walks of another person come.

With ``--keep`` what a fit said is kept in a folder, and the same command goes on after it was
stopped. ``--bundle`` fits one generator on everybody and writes it as ``clinigait synthesize``
reads it. ``--pictures`` draws PCA and t-SNE. ``--quick`` shows the road, not the answer.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from clinigait._version import __version__
from clinigait.core import BadInputError, DataUse
from clinigait.datasets.pathological_gait import GAITS, LICENCE, NAME, SOURCE
from clinigait.datasets.registry import open_study
from clinigait.models.generator_card import GeneratorCard, write_generator
from clinigait.models.walk_sampler import WalkSampler
from clinigait.nn.walk_classifiers import KINDS
from clinigait.nn.walk_gan import build_decoder
from clinigait.stats.bootstrap import Estimate, bootstrap_estimate
from clinigait.stats.embedding import neighbour_embedding, principal_components
from clinigait.stats.two_samples import (
    diversity,
    frechet_distance,
    maximum_mean_discrepancy,
    nearest_distances,
)
from clinigait.stats.weighted import weighted_mean
from clinigait.synthesis.acted_windows import SIDE, ActedWindows, acted_windows
from clinigait.synthesis.gait_gates import passes
from clinigait.synthesis.generated import GatedDraws
from clinigait.training.fit import set_threads
from clinigait.training.folds import Fold, folds_by_person
from clinigait.training.walk_classifiers import (
    ClassifierPlan,
    Pool,
    features_of,
    fit_classifier,
    said_of,
)
from clinigait.training.walk_generator import GeneratorLesson, GeneratorPlan, fit_generator

DIETS = {
    "real": "people",
    "made": "made walks only",
    "both": "people + made walks",
    "plain": "people + plain changes",
}
#: Differences that are asked: of the first, less the second.
PAIRS = (("both", "real"), ("plain", "real"), ("both", "plain"), ("made", "real"))
#: Walks of each kind in a picture.
_SHOWN = 300
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Sizes:
    """How much is done.

    Parameters
    ----------
    seeds, subjects
        Seeds, and people as the command takes them.
    generator, classifier
        Plans of the fits.
    made
        Walks of every class that a generator makes in a fold.
    draws
        How often one is drawn at most.
    few
        Sequences of each person and gait that are read; None for all.
    """

    seeds: int = 3
    subjects: str = "1-5"
    generator: GeneratorPlan = field(default_factory=GeneratorPlan)
    classifier: ClassifierPlan = field(default_factory=ClassifierPlan)
    made: int = 80
    draws: int = 10
    few: int | None = None


QUICK = Sizes(
    seeds=1, subjects="1-2", generator=GeneratorPlan(channels=8, latent=8, steps=4, batch=12),
    classifier=ClassifierPlan(steps=4, batch=12), made=3, draws=2, few=2,
)  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """What fits on these walks said: kept here, and in a folder where there is one."""

    folder: Path | None
    walks: str
    said: dict[str, Arrays] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path | None, walks: ActedWindows) -> Kept:
        """Open the folder for walks: other walks, other fits."""
        digest = sha256(" ".join([*walks.sequences, *map(str, walks.labels)]).encode())
        digest.update(np.ascontiguousarray(walks.windows).data)
        return cls(folder, digest.hexdigest())

    def path(self, fit: object) -> Path | None:
        """Return where a fit is kept, without an ending."""
        if self.folder is None:
            return None
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / self._name(fit)

    def _name(self, fit: object) -> str:
        return sha256(repr((self.walks, fit)).encode()).hexdigest()[:20]

    def arrays(self, fit: object, asked: Callable[[], Arrays]) -> Arrays:
        """Return what a fit said, or ask and keep it."""
        name, place = self._name(fit), self.path(fit)
        if name not in self.said and place is not None and place.with_suffix(".npz").exists():
            with np.load(place.with_suffix(".npz")) as kept:
                self.said[name] = {key: kept[key] for key in kept.files}
        if name not in self.said:
            self.said[name] = asked()
            if place is not None:
                half = place.with_suffix(".half.npz")  # numpy wants the ending
                np.savez(half, **self.said[name])
                half.replace(place.with_suffix(".npz"))
        return self.said[name]


@dataclass(frozen=True, eq=False)
class Round:
    """One fold under one seed, with what its generator made."""

    walks: ActedWindows
    sizes: Sizes
    fold: Fold
    seed: int
    kept: Kept

    def made(self) -> Arrays:
        """Return what the fold's generator makes: windows, labels, draws, passed."""
        return self.kept.arrays(("made", self._key()), self._made)

    def said(self, kind: str, diet: str) -> Arrays:
        """Return what a classifier says of the people left out, and of what was made."""
        key = (kind, diet, self.sizes.classifier, self._key())
        return self.kept.arrays(key, lambda: self._said(kind, diet))

    def _key(self) -> tuple[object, ...]:
        sizes = self.sizes
        return sizes.generator, sizes.made, sizes.draws, self.fold.train, self.seed

    def _made(self) -> Arrays:
        rows = self.walks.of(self.fold.train)
        lesson = GeneratorLesson(
            self.sizes.generator, self.walks.windows[rows], self.walks.labels[rows], GAITS,
            self.seed,
        )  # fmt: skip
        place = self.kept.path(("state", self._key()))
        state = place.with_suffix(".state") if place is not None else None
        gates = self.walks.gates(self.fold.train)
        made = made_walks(
            sampler_of(lesson, state), gates, self.walks.sizes_m[rows], self.sizes, self.seed
        )
        if state is not None:
            state.unlink(missing_ok=True)
        return made

    def _said(self, kind: str, diet: str) -> Arrays:
        walks, rows = self.walks, self.walks.of(self.fold.train)
        made = self.made()
        people = Pool(walks.windows[rows], walks.labels[rows])
        synthetic = Pool(made["windows"], made["labels"])
        pool = {
            "real": people, "made": synthetic, "both": replace(people, beside=synthetic),
            "plain": replace(people, changed=True),
        }[diet]  # fmt: skip
        network = fit_classifier(kind, pool, len(GAITS), self.sizes.classifier, self.seed)
        found = {"test": said_of(network, walks.windows[~rows])}
        if diet == "real":
            found["made"] = said_of(network, made["windows"])
            found["features_made"] = features_of(network, made["windows"])
            found["features"] = features_of(network, walks.windows)
        return found


def sampler_of(lesson: GeneratorLesson, state: Path | None) -> WalkSampler:
    """Fit a generator and return it at work."""
    decoder = build_decoder(lesson.spec)
    arrays = fit_generator(lesson, state).arrays
    decoder.load_state_dict({key: torch.from_numpy(value) for key, value in arrays.items()})
    return WalkSampler(decoder)


def made_walks(
    sampler: WalkSampler, gates: Mapping[str, Any], sizes_m: np.ndarray, sizes: Sizes, seed: int
) -> Arrays:
    """Return as many walks of every class, drawn as ``clinigait synthesize`` draws."""
    gated = GatedDraws(sampler.draw, GAITS, gates, SIDE, sizes.draws)
    rng = np.random.default_rng([seed, 0x3A7E])
    labels = np.repeat(np.arange(len(GAITS)), sizes.made)
    drawn = [
        gated.drawn(GAITS[k], float(rng.uniform(sizes_m.min(), sizes_m.max())), rng) for k in labels
    ]
    windows, draws, passed = (np.array(column) for column in zip(*drawn, strict=True))
    return {"windows": windows, "labels": labels, "draws": draws, "passed": passed}


# ---------------------------------------------------------------- the tables


def judged(rounds: list[Round], by: str) -> dict[tuple[str, str], np.ndarray]:
    """Return whether each sequence or walk was told rightly, by classifier and diet.

    Rows are those of `unit_people`, in the same order for all.
    """
    found: dict[tuple[str, str], np.ndarray] = {}
    for kind in KINDS:
        for diet in DIETS:
            rows = []
            for each in rounds:
                said = each.said(kind, diet)["test"]
                units, labels, index = _units(each, by)
                sums = np.zeros((len(units), len(GAITS)))
                np.add.at(sums, index, said)
                rows.append(sums.argmax(1) == labels)
            found[kind, diet] = np.concatenate(rows).astype(float)
    return found


def unit_people(rounds: list[Round], by: str) -> np.ndarray:
    """Return the person of every row of `judged`."""
    return np.concatenate([[each.fold.test[0]] * len(_units(each, by)[0]) for each in rounds])


def _units(each: Round, by: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return names and labels of the sequences or walks left out, and which window is of which."""
    rows = ~each.walks.of(each.fold.train)
    names, first, index = np.unique(
        getattr(each.walks, by)[rows], return_index=True, return_inverse=True
    )
    return names, each.walks.labels[rows][first], index


def accuracy_tables(rounds: list[Round]) -> list[str]:
    """Return accuracies and paired differences, per sequence and per walk."""
    lines = []
    for by, title in (("sequences", "sequence (one sensor)"), ("walks", "walk (both sensors)")):
        right, people = judged(rounds, by), unit_people(rounds, by)
        lines += [f"Share that is told rightly, per {title} (95 % over people):", ""]
        lines += _head("learned from")
        for diet, name in DIETS.items():
            cells = [_mean(right[kind, diet], people).text() for kind in KINDS]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines += ["", "Differences, paired:", "", *_head("difference")]
        for more, less in PAIRS:
            cells = [
                _mean(right[kind, more] - right[kind, less], people).text("+.3f") for kind in KINDS
            ]
            lines.append(f"| {DIETS[more]}, less {DIETS[less]} | {' | '.join(cells)} |")
        lines.append("")
        if by == "sequences":
            lines += [*_verdict(right, people), ""]
    return lines


def _verdict(right: Mapping[tuple[str, str], np.ndarray], people: np.ndarray) -> list[str]:
    lines = []
    for kind in KINDS:
        gain = _mean(right[kind, "both"] - right[kind, "plain"], people)
        word = "does not differ from"
        if gain.low is not None and gain.high is not None and gain.low * gain.high > 0:
            word = "beats" if gain.low > 0 else "is worse than"
        lines.append(f"* {kind.upper()}: people + made walks {word} people + plain changes.")
    return lines


def made_judged(rounds: list[Round]) -> list[str]:
    """Return how well classifiers of people tell what was made (by fold, as of its person)."""
    lines = ["Made walks told rightly by classifiers that people taught:", "", *_head("")]
    people = np.concatenate([[e.fold.test[0]] * len(e.made()["labels"]) for e in rounds])
    cells = []
    for kind in KINDS:
        right = [e.said(kind, "real")["made"].argmax(1) == e.made()["labels"] for e in rounds]
        cells.append(_mean(np.concatenate(right) * 1.0, people).text())
    return [*lines, f"| made walks | {' | '.join(cells)} |", ""]


def gate_table(rounds: list[Round]) -> list[str]:
    """Return shares that pass the gates: people, first draws, and what is kept."""
    lines = [
        "Share that shows what its gait is known by; the limits are those of each fold's "
        "teaching people:", "",
        "| gait | people who teach | people left out | made, first draw | made, after redraws |"
        " draws a walk |", "|---" * 6 + "|",
    ]  # fmt: skip
    for k, label in enumerate(GAITS):
        cells: dict[str, list[float]] = {n: [] for n in ("train", "test", "first", "last", "n")}
        for each in rounds:
            gates, made, walks = each.walks.gates(each.fold.train), each.made(), each.walks
            own = made["labels"] == k
            left_out = np.flatnonzero(walks.of(each.fold.test) & (walks.labels == k))
            cells["train"].append(gates[label].people_share)
            cells["test"].append(np.mean([passes(gates, label, walks.signs[i]) for i in left_out]))
            cells["first"].append(np.mean(made["passed"][own] & (made["draws"][own] == 1)))
            cells["last"].append(np.mean(made["passed"][own]))
            cells["n"].append(np.mean(made["draws"][own]))
        shown = [f"{np.mean(values):.2f}" for values in cells.values()]
        lines.append(f"| {label} | {' | '.join(shown)} |")
    return [*lines, ""]


def distance_table(rounds: list[Round]) -> list[str]:
    """Return how far what was made lies from people, beside how far people lie from people."""
    rows = [distances(each) for each in rounds]
    titles = {
        "frechet": "Fréchet distance to the people left out",
        "mmd": "squared MMD to the people left out",
        "diversity": "diversity within a gait, of that of the teaching people",
        "nearest": "nearest teaching walk of the gait, median (root mean square in SD)",
        "copies": "nearer to a teaching walk than 95 % of the walks of people left out",
    }
    lines = [
        "In the features of each fold's CNN of people (the last two: in the standardised walks "
        "themselves); mean of folds and seeds:", "", "| | made | people |", "|---|---|---|",
    ]  # fmt: skip
    for name, title in titles.items():
        made, real = np.mean([row[name] for row in rows], axis=0)
        lines.append(f"| {title} | {made:.3f} | {real:.3f} |")
    return [*lines, ""]


def distances(each: Round) -> dict[str, tuple[float, float]]:
    """Return pairs of numbers: of what was made, and of people where the made walks stand."""
    walks, made = each.walks, each.made()
    said, own = each.said("cnn", "real"), walks.of(each.fold.train)
    rng = np.random.default_rng([each.seed, 0xD157])
    teaching, left_out = said["features"][own], said["features"][~own]
    count = min(len(teaching), len(left_out), len(said["features_made"]))
    some = [part[rng.permutation(len(part))[:count]]
            for part in (said["features_made"], teaching, left_out)]  # fmt: skip
    spread = [
        [diversity(features[labels == k]) for k in range(len(GAITS))]
        for features, labels in (
            (said["features_made"], made["labels"]), (teaching, walks.labels[own]),
        )
    ]  # fmt: skip
    near_made, near_real = _nearest(each)
    limit = np.quantile(near_real, 0.05)
    return {
        "frechet": (frechet_distance(some[0], some[2]), frechet_distance(some[1], some[2])),
        "mmd": (
            maximum_mean_discrepancy(some[0], some[2]),
            maximum_mean_discrepancy(some[1], some[2]),
        ),
        "diversity": (float(np.mean(np.divide(*spread))), 1.0),
        "nearest": (float(np.median(near_made)), float(np.median(near_real))),
        "copies": (float(np.mean(near_made < limit)), float(np.mean(near_real < limit))),
    }


def _nearest(each: Round) -> tuple[np.ndarray, np.ndarray]:
    """Return distances to the nearest teaching walk of the gait: made, and of people left out."""
    walks, made, own = each.walks, each.made(), each.walks.of(each.fold.train)
    spread = np.maximum(walks.windows[own].std((0, 2), keepdims=True), 1e-3)
    scaled = (walks.windows / spread).reshape(len(walks.windows), -1)
    made_scaled = (made["windows"] / spread).reshape(len(made["windows"]), -1)
    root = np.sqrt(scaled.shape[1])
    found: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for k in range(len(GAITS)):
        teaching = scaled[own & (walks.labels == k)]
        found[0].append(nearest_distances(made_scaled[made["labels"] == k], teaching) / root)
        left_out = scaled[~own & (walks.labels == k)]
        found[1].append(nearest_distances(left_out, teaching) / root)
    return np.concatenate(found[0]), np.concatenate(found[1])


def _head(first: str) -> list[str]:
    return [f"| {first} | {' | '.join(kind.upper() for kind in KINDS)} |", "|---" * 4 + "|"]


def _mean(values: np.ndarray, people: np.ndarray) -> Estimate:
    return bootstrap_estimate(weighted_mean, people, values, seed=0)


# ---------------------------------------------------------------- pictures and bundle


def draw_pictures(each: Round, folder: Path) -> None:
    """Draw where made walks lie among people's, by PCA and t-SNE, for one fold and seed."""
    import matplotlib.pyplot as plt

    walks, made, own = each.walks, each.made(), each.walks.of(each.fold.train)
    mean = walks.windows[own].mean((0, 2), keepdims=True)
    spread = np.maximum(walks.windows[own].std((0, 2), keepdims=True), 1e-3)
    sets = {
        "people who teach": (walks.windows[own], walks.labels[own], "."),
        "people left out": (walks.windows[~own], walks.labels[~own], "^"),
        "made": (made["windows"], made["labels"], "+"),
    }
    rng = np.random.default_rng(0)
    chosen = [np.sort(rng.permutation(len(part))[:_SHOWN]) for part, _, _ in sets.values()]
    parts = [part[rows] for (part, _, _), rows in zip(sets.values(), chosen, strict=True)]
    flat = ((np.concatenate(parts) - mean) / spread).reshape(sum(map(len, parts)), -1)
    reduced = principal_components(flat, 50)
    figure, axes = plt.subplots(1, 2, figsize=(12, 6.4), layout="constrained")
    ends = np.cumsum([0, *map(len, parts)])
    for axis, points, title in zip(
        axes, (reduced, neighbour_embedding(reduced, 30)), ("PCA", "t-SNE"), strict=True
    ):
        for number, ((_, labels, marker), rows) in enumerate(
            zip(sets.values(), chosen, strict=True)
        ):
            colours = [f"C{k}" for k in labels[rows]]
            place = points[ends[number] : ends[number + 1], :2]
            axis.scatter(*place.T, c=colours, marker=marker, alpha=0.7, s=24, linewidths=0.8)
        axis.set(title=title, xticks=[], yticks=[])
    handles = [
        plt.Line2D([], [], color=f"C{k}", marker="s", ls="", label=name.replace("_", "-"))
        for k, name in enumerate(GAITS)
    ]
    handles += [
        plt.Line2D([], [], color="0.3", marker=marker, ls="", label=name)
        for name, (_, _, marker) in sets.items()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "pathology_generation.png", dpi=110)
    plt.close(figure)


def write_bundle(walks: ActedWindows, sizes: Sizes, out: Path, keep: Path | None) -> None:
    """Fit one generator on everybody and write it with its card."""
    lesson = GeneratorLesson(sizes.generator, walks.windows, walks.labels, GAITS, 0)
    people = tuple(dict.fromkeys(walks.people.tolist()))
    gates = walks.gates(people)
    state = Kept.of(keep, walks).path(("bundle", sizes.generator))
    fit = fit_generator(lesson, state.with_suffix(".state") if state else None)
    decoder = build_decoder(lesson.spec)
    decoder.load_state_dict({k: torch.from_numpy(v) for k, v in fit.arrays.items()})
    made = made_walks(WalkSampler(decoder), gates, walks.sizes_m, sizes, seed=1)
    first = made["passed"] & (made["draws"] == 1)
    by_gait = {
        name: round(float(first[made["labels"] == k].mean()), 3) for k, name in enumerate(GAITS)
    }
    card = card_of(walks, sizes, gates, {
        "passed_at_first_draw": by_gait, "passed": round(float(made["passed"].mean()), 3),
        "draws_a_walk": round(float(made["draws"].mean()), 2),
    })  # fmt: skip
    bundle = write_generator(out, replace(card, spec=lesson.spec), fit.arrays)
    print(f"{bundle.card.id}: passed at first draw {by_gait}", file=sys.stderr)


def card_of(
    walks: ActedWindows, sizes: Sizes, gates: Mapping[str, Any], metrics: Mapping[str, Any]
) -> GeneratorCard:
    """Return the card of a generator that everybody taught; its specification is still missing."""
    count = len(set(walks.people.tolist()))
    return GeneratorCard(
        name="pathology_generator", version="1.0", title="Walks of six acted gaits",
        classes=GAITS, spec={"classes": len(GAITS)}, affected_side=SIDE,
        sizes_m=(round(float(walks.sizes_m.min()), 3), round(float(walks.sizes_m.max()), 3)),
        gates=gates,
        learned_from=f"{count} healthy adults who acted the gaits of the Pathological Gait Dataset "
        "before one kind of depth camera (two sensors)",
        data=(DataUse(
            NAME, SOURCE, LICENCE, "acted", count, len(set(walks.walks.tolist())),
            dict.fromkeys(GAITS, count),
        ),),
        training={
            "command": "python examples/pathology_generation.py DATA --bundle FOLDER",
            "plan": asdict(sizes.generator), "seed": 0,
            "versions": {"clinigait": __version__, "torch": torch.__version__},
        },
        metrics=metrics,
        limits=(
            "It learned from healthy adults who acted; no patient was among them.",
            "It knows five people: what it makes resembles them, and is no new evidence of how "
            "patients walk.",
            "All acted on the right; walkers affected on the left are mirror images.",
        ),
        intended_use="Trying out and augmenting programs that read walks as points in space.",
        out_of_scope=(
            "reference values of any gait", "evidence that a measurement or a model holds for "
            "patients", "testing on the Pathological Gait Dataset a model that it taught",
        ),
    )  # fmt: skip


def main() -> int:
    """Read the walks, fit and judge, print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data", type=Path)
    options.add_argument("--out", type=Path, help="file that the tables are written to as well")
    options.add_argument("--keep", type=Path, help="folder that keeps what every fit said")
    options.add_argument("--pictures", type=Path, help="folder of PCA and t-SNE")
    options.add_argument("--bundle", type=Path, help="write a generator of everybody; no tables")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--quick", action="store_true")
    asked = options.parse_args()
    set_threads(asked.threads)
    sizes = QUICK if asked.quick else Sizes()
    try:
        study = open_study(asked.data, subjects=sizes.subjects)
        walks = acted_windows(study, sizes.few)
        if asked.bundle:
            write_bundle(walks, sizes, asked.bundle, asked.keep)
            return 0
        rounds = rounds_of(walks, sizes, Kept.of(asked.keep, walks))
        text = "\n".join(report(rounds, sizes)) + "\n"
        if asked.pictures:
            draw_pictures(rounds[0], asked.pictures)
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    return 0


def rounds_of(walks: ActedWindows, sizes: Sizes, kept: Kept) -> list[Round]:
    """Return every person left out under every seed, with all fits done."""
    names = dict.fromkeys(walks.people.tolist())
    labels = {person: frozenset(GAITS) for person in names}
    rounds = []
    for seed in range(sizes.seeds):
        for fold in folds_by_person(labels, len(names), 0, GAITS):
            began, each = time.process_time(), Round(walks, sizes, fold, seed, kept)
            each.made()
            fitted = time.process_time() - began
            for kind in KINDS:
                for diet in DIETS:
                    each.said(kind, diet)
            whole = time.process_time() - began
            print(
                f"done: seed {seed}, without {fold.test[0]}: generator {fitted:.0f} s, all "
                f"{whole:.0f} s of CPU", file=sys.stderr, flush=True,
            )  # fmt: skip
            rounds.append(each)
    return rounds


def report(rounds: list[Round], sizes: Sizes) -> list[str]:
    """Return all tables as lines."""
    walks, plan = rounds[0].walks, sizes.generator
    people = len(set(walks.people.tolist()))
    head = (
        f"{people} people, {len(set(walks.sequences.tolist()))} sequences of "
        f"{len(set(walks.walks.tolist()))} walks; each person left out once, {sizes.seeds} "
        f"seed{'s' * (sizes.seeds > 1)}; generator {plan.steps} steps of {plan.batch}, "
        f"classifiers {sizes.classifier.steps} of {sizes.classifier.batch}; "
        f"{sizes.made} made walks of a gait and fold."
    )
    few = f"Only {people} people: intervals over them are wide, and still somewhat too narrow."
    return [
        head, few, "", *accuracy_tables(rounds), *made_judged(rounds), *gate_table(rounds),
        *distance_table(rounds),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
