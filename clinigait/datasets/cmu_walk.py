"""CMU motion capture: a skeleton (ASF) and its angles (AMC), as joint positions.

Only what a walk needs is read: bones, their axes, the root's path. In the files y is up, angles
are in degrees about x, then y, then z in the frame of each bone, and lengths are inches over the
factor that the skeleton states. The CMU database is free to use (mocap.cs.cmu.edu).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from clinigait.core import BadInputError

NAME = "cmu-walk"
SOURCE = "CMU Graphics Lab Motion Capture Database, subject 02, walks 01 and 02"
RATE_HZ = 120.0
_INCH_M = 0.0254
_MAX_BYTES = 100_000_000


@dataclass(frozen=True)
class _Bone:
    name: str
    along: NDArray[np.float64]
    axis: Rotation
    dof: tuple[str, ...]
    parent: str


def read_positions(skeleton: Path, motion: Path) -> Mapping[str, NDArray[np.float64]]:
    """Return where each bone ends, (T, 3) in m, z up, by the bone's name; ``root`` is itself.

    Raises
    ------
    BadInputError
        If the files are not an ASF skeleton and an AMC motion of it.
    """
    broken = BadInputError(
        f"{motion.name} is not a motion of the skeleton {skeleton.name}.", "Fetch both again."
    )
    try:
        bones, unit_m = _skeleton(_text(skeleton))
        frames = _frames(_text(motion))
        return _positions(bones, unit_m, frames)
    except (OSError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise broken from error


def _text(path: Path) -> str:
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError
    return path.read_text(encoding="ascii")


def _skeleton(text: str) -> tuple[list[_Bone], float]:
    """Return the bones, parents first, and the unit of length in m."""
    unit_m = _INCH_M / float(re.search(r"length\s+([\d.]+)\s+angle", text)[1])  # type: ignore[index]
    tree, parents = text.split(":hierarchy")[1], {}
    for line in tree.splitlines():
        words = line.split()
        parents.update(dict.fromkeys(words[1:], words[0]) if len(words) > 1 else {})
    bones = {}
    for block in re.findall(
        r"begin(.*?)end", text.split(":bonedata")[1].split(":hierarchy", maxsplit=1)[0], re.S
    ):
        told = {w[0]: w[1:] for w in (line.split() for line in block.splitlines()) if w}
        name = told["name"][0]
        along = np.array(told["direction"], float) * float(told["length"][0])
        axis = Rotation.from_euler("xyz", np.array(told["axis"][:3], float), degrees=True)
        bones[name] = _Bone(name, along, axis, tuple(told.get("dof", ())), parents[name])
    ordered: list[_Bone] = []
    while len(ordered) < len(bones):
        known = {"root", *(bone.name for bone in ordered)}
        new = [b for b in bones.values() if b.parent in known and b.name not in known]
        if not new:
            raise ValueError
        ordered += new
    return ordered, unit_m


def _frames(text: str) -> dict[str, NDArray[np.float64]]:
    """Return (T, n) numbers by bone."""
    found: dict[str, list[list[float]]] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and not line.startswith((":", "#")):
            found.setdefault(words[0], []).append([float(word) for word in words[1:]])
    return {name: np.array(rows) for name, rows in found.items()}


def _positions(
    bones: list[_Bone], unit_m: float, frames: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    root = frames["root"]
    ends = {"root": root[:, :3] * unit_m}
    turns = {"root": Rotation.from_euler("xyz", root[:, 3:], degrees=True)}
    for bone in bones:
        angles = np.zeros((len(root), 3))
        for column, dof in enumerate(bone.dof):
            angles[:, "xyz".index(dof[1])] = frames[bone.name][:, column]
        own = bone.axis * Rotation.from_euler("xyz", angles, degrees=True) * bone.axis.inv()
        turns[bone.name] = turns[bone.parent] * own
        ends[bone.name] = ends[bone.parent] + turns[bone.name].apply(bone.along * unit_m)
    return {name: place[:, [2, 0, 1]] for name, place in ends.items()}
