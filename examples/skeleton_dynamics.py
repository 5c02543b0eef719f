"""Ask what the wavelet stream and inferred loads add to networks of skeletons.

    python examples/skeleton_dynamics.py PATHOLOGICAL_GAIT --out skeleton_dynamics.md --keep FITS

The claims of arXiv:2604.03002 (time and frequency beside a backbone, most under a coat or with a
bag) and arXiv:2512.20451 (forces of the joints), asked of six acted gaits of five people: three
backbones (GaitMixer, GaitFormer, GaitGraph), each alone, with the Wavelet Feature Stream, and with
the loads of the joints as a second stream, joined by concatenation; on GaitGraph, which that way
harms, also by a gate and by cross-attention. All learn the same steps from the same walks, put on
other bodies in the same way, and have about as many parameters. Each person is judged by networks
that never saw them, three times over (seeds), on walks as they were recorded and as a camera might
have seen them under a coat and with a bag (``covered``; nobody learns from those).

A walk has two sensors: "per sequence" counts every record, "per walk" their mean. Intervals are
over people, of whom there are five: they are rough. Differences are paired.

165 fits take hours of a core: with ``--keep`` what a fit said is kept in a folder, and the same
command goes on after it was stopped; ``--backbones`` shares the work out to several processes.
``--quick`` has few steps, people and walks: it shows the road, not the answer.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from clinigait.core import BadInputError, InputSpec
from clinigait.datasets.study import Study
from clinigait.representations.joint_loads import JOINT_LOADS
from clinigait.representations.joints import JOINTS
from clinigait.representations.skeletons import BODY_17, PARENTS
from clinigait.synthesis.covered import covered_study
from clinigait.training.acted_gaits import RATE_HZ, STEPS, head_of, prepared_for, recipe, study_of
from clinigait.training.fit import set_threads
from clinigait.training.kept import Kept
from clinigait.training.left_out import Judged, Seen, accuracy_table, gain_table, judge
from clinigait.training.plan import TrainingPlan, Variations

SEEDS = 3
CONDITIONS = ("as recorded", "coat and bag")
STREAMS = ("alone", "wavelet", "loads", "loads by gate", "loads by attention")

_EDGES = [[joint, PARENTS[joint]] for joint in range(1, len(BODY_17))]
#: About 72 000 parameters each: what a stream costs, a backbone without it has in its embedding.
_WAVELET = {"rate_hz": RATE_HZ, "coordinates": 3, "channels": 6, "embedding": 32, "hop": 2}
_GRAPH_WITH_LOADS = {"channels": 26, "embedding": 64, "edges": _EDGES}
SPECS: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "gaitmixer": {
        "alone": {"channels": 16, "embedding": 256},
        "wavelet": {"channels": 16, "embedding": 64, "wavelet": _WAVELET},
        "loads": {"channels": 16, "embedding": 184},
    },
    "gaitformer": {
        "alone": {"channels": 16, "embedding": 192},
        "wavelet": {"channels": 16, "embedding": 80, "wavelet": _WAVELET},
        "loads": {"channels": 16, "embedding": 156},
    },
    "gaitgraph": {
        "alone": {"channels": 28, "embedding": 88, "edges": _EDGES},
        "wavelet": {"channels": 22, "embedding": 64, "edges": _EDGES, "wavelet": _WAVELET},
        "loads": _GRAPH_WITH_LOADS,
        "loads by gate": {**_GRAPH_WITH_LOADS, "load_fusion": "gate"},
        "loads by attention": {**_GRAPH_WITH_LOADS, "load_fusion": "attention"},
    },
}


def network_of(backbone: str, stream: str) -> dict[str, Any]:
    """Return the specification of a network, without the number of classes."""
    channels = {"in_channels": 9, "loads": 3} if _has_loads(stream) else {"in_channels": 6}
    own = SPECS[backbone][stream]
    return {"kind": backbone, "joints": len(BODY_17), **channels, **own}


def plan_of(plan: TrainingPlan, backbone: str, stream: str) -> TrainingPlan:
    """Return how a network learns; but for what it sees, all alike."""
    kind = JOINT_LOADS if _has_loads(stream) else JOINTS
    return replace(
        plan, inputs=(InputSpec(kind, {"rate_hz": RATE_HZ}),),
        networks=(replace(plan.networks[0], spec=network_of(backbone, stream)),),
    )  # fmt: skip


def seen_by(plan: TrainingPlan, study: Study, folder: Path | None) -> Seen:
    """Prepare walks as recorded, from which is learned, and covered, which only judge."""
    people = prepared_for(plan, study)
    hidden = prepared_for(plan, covered_study(study), Variations())
    return Seen(people, dict(zip(CONDITIONS, (people, hidden), strict=True)),
                Kept.of(folder, hidden))  # fmt: skip


def table_of(found: Mapping[tuple[str, str], Judged]) -> list[str]:
    """Return accuracies, and what either stream adds."""
    rows = {_title(*key): judged for key, judged in found.items()}
    pairs = [
        (_title(backbone, stream), judged, found[backbone, "alone"])
        for (backbone, stream), judged in found.items()
        if stream != "alone"
    ]
    return [
        "Accuracy (95 % over people):", "", *accuracy_table("network", rows), "",
        "What a stream adds to the accuracy of the backbone alone, paired:", "",
        *gain_table("network", pairs),
    ]  # fmt: skip


def _has_loads(stream: str) -> bool:
    return stream.startswith("loads")


def _title(backbone: str, stream: str) -> str:
    return backbone if stream == "alone" else f"{backbone} + {stream}"


def tell(what: str) -> None:
    """Say how far it is."""
    print(what, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data", type=Path)
    options.add_argument("--out", type=Path, help="file that the table is written to as well")
    options.add_argument("--steps", type=int, default=STEPS)
    options.add_argument("--seeds", type=int, default=SEEDS)
    options.add_argument("--keep", type=Path, help="folder that keeps what every fit said")
    options.add_argument("--backbones", default=",".join(SPECS), help="which, with commas between")
    options.add_argument("--streams", default=",".join(STREAMS), help="which, alone first")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--quick", action="store_true")
    return options.parse_args()


def main() -> int:
    """Prepare the walks, fit and judge every network, print the table."""
    asked = _options()
    set_threads(asked.threads)
    plan = recipe("skeleton_dynamics", 2 if asked.quick else asked.steps)
    seeds = 1 if asked.quick else asked.seeds
    backbones, streams = asked.backbones.split(","), asked.streams.split(",")
    if set(backbones) - set(SPECS) or set(streams) - set(STREAMS) or streams[0] != "alone":
        print("Give known backbones, and known streams with alone first.", file=sys.stderr)
        return 2
    try:
        study = study_of(asked.data, quick=asked.quick)
        seen: dict[bool, Seen] = {}
        found = {}
        for backbone in backbones:
            for stream in (name for name in streams if name in SPECS[backbone]):
                own, loads = plan_of(plan, backbone, stream), _has_loads(stream)
                if loads not in seen:
                    seen[loads] = seen_by(own, study, asked.keep)
                one = judge(own, seen[loads], seeds, tell)
                found[backbone, stream] = one
                tell(f"done: {_title(backbone, stream)}, {one.seconds:.0f} CPU s")
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    people = seen[False].people
    text = "\n".join([
        head_of(people, plan, seeds),
        "", *table_of(found),
    ]) + "\n"  # fmt: skip
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
