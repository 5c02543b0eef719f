"""Walks that a learned generator makes, in the folder of a study of the virtual clinic.

They are points that move over the floor, of nobody: there is no body, no film, and no commanded
truth beside them. A draw that does not show what its pathology is known by is drawn again, a
bounded number of times; a walker whose last draw does not show it either stays, and says so in
``cohort.csv`` (``gates_passed``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from clinigait._version import __version__
from clinigait.core import SYNTHETIC, BadInputError, Progress, Side, Subject, marked
from clinigait.io.protocol import load_data
from clinigait.io.walk import write_walk
from clinigait.models.generator_card import Gate, GeneratorCard
from clinigait.representations.skeletons import RATE_HZ
from clinigait.representations.walk_windows import mirrored_windows, skeleton_of, walk_of
from clinigait.synthesis.clinic import WALKERS, NewStudy, Outcome, fill, write_rows
from clinigait.synthesis.gait_gates import NORMAL, measured_signs, passes
from clinigait.synthesis.people import check_numbers

KIND = "generator"
ROOM, WALK_FILE = "room", "walk_3d.npz"
_STRICT: dict[str, str | bool] = {"extra": "forbid", "allow_inf_nan": False}
_EXAMPLE = "protocols/pathology_generator.yaml is an example"

#: From (N,) class numbers and chance to (N, 53, 64) windows.
Draw = Callable[[NDArray[np.integer], np.random.Generator], NDArray[np.float32]]


@dataclass(frozen=True)
class GeneratorProtocol:
    """Which generator makes walkers, and how many of each kind.

    Parameters
    ----------
    name, version, kind, title
        Identity of the protocol.
    generator
        The bundle: name of a shipped one, or a folder.
    shares
        Of the walkers, by label, against each other.
    walks
        Walks of each walker.
    draws
        How often a walk is drawn at most.
    left_share
        Share of the walkers whose left side is the affected one.
    sha256
        Hash of the file.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    name: str
    version: str
    kind: Literal["generator"]
    title: str
    generator: str
    shares: dict[str, float] = field(default_factory=dict)
    walks: int = 1
    draws: int = 10
    left_share: float = 0.5
    sha256: str = ""

    def __post_init__(self) -> None:
        if not sum(self.shares.values()) > 0 or min(self.shares.values()) < 0:
            raise ValueError("shares: none is below 0, and one is above it")
        if not (1 <= self.walks <= 20 and 1 <= self.draws <= 1000):
            raise ValueError("walks: 1 to 20; draws: 1 to 1000")
        if not 0 <= self.left_share <= 1:
            raise ValueError("left_share: 0 to 1")


def generator_protocol(name_or_path: str) -> GeneratorProtocol | None:
    """Load a protocol of a generator; None where the protocol is of another kind.

    Raises
    ------
    BadInputError
        If there is no such protocol, or it is one of a generator and has a fault.
    """
    content, data, name = load_data(name_or_path, kind="population")
    if not isinstance(data, dict) or data.get("kind") != KIND:
        return None
    try:
        protocol = TypeAdapter(GeneratorProtocol).validate_python(data)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])[:120] or "the file"
        what = fault["msg"].removeprefix("Value error, ")[:200]
        raise BadInputError(
            f"{name} is not a valid protocol of a generator: {where}: {what}.",
            f"Correct it; {_EXAMPLE}.",
        ) from error
    return replace(protocol, sha256=hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, eq=False)
class GeneratorOrder:
    """What is asked of a generator.

    Parameters
    ----------
    protocol, card
        Who walks, and what makes it.
    draw
        The generator at work.
    out
        The folder.
    walkers, seed
        How many people; another seed has other people.
    """

    protocol: GeneratorProtocol
    card: GeneratorCard
    draw: Draw
    out: Path
    walkers: int
    seed: int

    def content(self) -> dict[str, Any]:
        """Return what ``study.json`` says.

        Raises
        ------
        BadInputError
            If a number or a label is impossible.
        """
        check_numbers(self.walkers, self.seed)
        strangers = set(self.protocol.shares) - set(self.card.classes)
        if strangers:
            raise BadInputError(
                f"The generator {self.card.name} makes no {min(strangers)[:40]}.",
                f"Choose of: {', '.join(self.card.classes)}.",
            )
        protocol = self.protocol
        return {
            SYNTHETIC: True,
            "note": "Synthetic walkers, not patients: a generator made them.",
            "schema": "clinigait-study-1",
            "clinigait_version": __version__,
            "population": protocol.name,
            "population_version": protocol.version,
            "title": protocol.title,
            "sha256": protocol.sha256,
            "generator": self.card.id,
            "learned_from": self.card.learned_from,
            "seed": self.seed,
            "sensors": ["keypoints"],
            "views": [ROOM],
            "rate_hz": RATE_HZ,
            "shares": dict(protocol.shares),
        }


def generate(order: GeneratorOrder, progress: Progress = lambda _: None) -> Outcome:
    """Make all walkers that are not there yet; the same order gives the same bytes.

    Raises
    ------
    BadInputError
        If the order is impossible, the folder holds another study or cannot be written.
    """
    study = NewStudy(order.out, order.walkers, order.content())
    return fill(study, lambda index, folder: _walker(order, index, folder), progress)


@dataclass(frozen=True, eq=False)
class GatedDraws:
    """A generator whose draws have to show what their class is known by.

    Parameters
    ----------
    draw
        The generator.
    classes, gates
        Its classes in order, and what is asked of each.
    side
        On which it makes one-sided gaits.
    most
        How often a walk is drawn at most.
    """

    draw: Draw
    classes: tuple[str, ...]
    gates: Mapping[str, Gate]
    side: Side
    most: int

    def drawn(
        self, label: str, size_m: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], int, bool]:
        """Return a (53, 64) window of a label, how often it was drawn, and whether it passes."""
        number = np.array([self.classes.index(label)])
        for count in range(1, self.most + 1):
            window = self.draw(number, rng)[0]
            walk = walk_of(skeleton_of(window, size_m))
            if passes(self.gates, label, measured_signs(walk, self.side)):
                return window, count, True
        return window, self.most, False


def _walker(order: GeneratorOrder, index: int, folder: Path) -> None:
    """Write all walks of one walker."""
    protocol, card = order.protocol, order.card
    own: Side = "left" if card.affected_side == "left" else "right"
    gated = GatedDraws(order.draw, card.classes, card.gates, own, protocol.draws)
    rng = np.random.default_rng([order.seed, index, 0x6E7])
    labels, shares = zip(*sorted(protocol.shares.items()), strict=True)
    label = str(rng.choice(labels, p=np.array(shares) / sum(shares)))
    side: Side = "left" if rng.random() < protocol.left_share else "right"
    size_m = float(rng.uniform(*card.sizes_m))
    code, rows = f"P{index + 1:05d}", []
    redrawn = failed = 0
    for number in range(1, protocol.walks + 1):
        window, draws, passed = gated.drawn(label, size_m, rng)
        if side != own:
            window = mirrored_windows(window[None])[0]
        place = folder / "visit_1" / f"walk_{number}"
        place.mkdir(parents=True)
        body = skeleton_of(window, size_m)
        walk = walk_of(body, Subject(code=code, condition=label), _provenance(order))
        write_walk(walk, place / WALK_FILE)
        redrawn, failed = redrawn + draws - 1, failed + (not passed)
        rows.append({
            "subject": code, "visit": "1", "walk": str(number), "view": ROOM,
            "file": f"{WALKERS}/{code}/visit_1/walk_{number}/{WALK_FILE}",
            "label": label, "group": label, SYNTHETIC: "true",
            "affected_side": "none" if label == NORMAL else side,
            "body_size_m": round(size_m, 4), "draws": draws, "gates_passed": str(passed).lower(),
        })  # fmt: skip
    write_rows(folder, rows, redrawn, failed)


def _provenance(order: GeneratorOrder) -> dict[str, str]:
    return marked({
        "source": f"clinigait {__version__} synthesize", "view": "world", "keypoints": "generated",
        "population": order.protocol.name, "generator": order.card.id, "seed": str(order.seed),
    })  # fmt: skip
