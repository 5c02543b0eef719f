"""Bodies of a wanted age, sex, stature and mass."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, Sex
from clinigait.representations.body_parts import PARTS
from clinigait.synthesis.body_model import BodyModel, body_model

#: Years of age, and where they lie on the body model's scale (measured on the model).
_AGE_Y = (0.0, 1.0, 4.0, 11.0, 16.0, 18.0, 64.0, 110.0)
_AGE = (0.0, 0.05, 0.215, 0.415, 0.67, 0.77, 0.83, 1.0)
AGE_LIMITS_Y = (5.0, 95.0)
#: Mass of a body by its volume, with the air that breathing leaves in the lungs.
DENSITY_KG_M3 = 985.0
#: A stature beyond the model's range is reached by scaling all of the body, up to this share.
_MOST_SCALING = 0.06
_MASS_TOLERANCE_KG = 0.01
_HEIGHT, _WEIGHT, _MUSCLE = 4, 3, 2


@dataclass(frozen=True)
class Build:
    """What is commanded of a body.

    Parameters
    ----------
    age_y, sex
        5 to 95 years.
    stature_m, mass_kg
        Met exactly, or refused. The stature is that of standing with straight legs.
    muscle, proportions
        0 to 1: from little to much muscle; from usual to unusual proportions.
    """

    age_y: float
    sex: Sex
    stature_m: float
    mass_kg: float
    muscle: float = 0.5
    proportions: float = 0.5


@dataclass(frozen=True, eq=False)
class Body:
    """A body at rest: standing with the arms held away, facing x, its left at +y, soles near z = 0.

    Parameters
    ----------
    build
        What was commanded.
    model
        Triangles, bones, and what moves which point.
    points_m
        (V, 3) float32 skin.
    heads_m
        (B, 3) float64 where the bones begin: the joint centres.
    """

    build: Build
    model: BodyModel
    points_m: NDArray[np.float32]
    heads_m: NDArray[np.float64]

    def bone(self, name: str) -> int:
        """Return the index of a bone, for example ``upperleg01.L``."""
        return self.model.bones.index(name)

    def head_m(self, name: str) -> NDArray[np.float64]:
        """Return (3,) where a bone begins."""
        return np.asarray(self.heads_m[self.bone(name)])

    @cached_property
    def part_of_point(self) -> NDArray[np.uint8]:
        """(V,) numbers of :data:`clinigait.representations.body_parts.PARTS`."""
        main = self.model.skin_bones[
            np.arange(len(self.points_m)), self.model.skin_weights.argmax(axis=1)
        ]
        return np.asarray(_parts_of_bones(self.model.bones)[main])

    @cached_property
    def part_of_face(self) -> NDArray[np.uint8]:
        """(F,) the part of each triangle: that of its first corner."""
        return self.part_of_point[self.model.faces[:, 0]]


#: First letters of a bone's name, and the part of the body that it carries.
_PART_OF_BONE = (
    ("neck", "head"), ("head", "head"), ("eye", "head"),
    ("root", "torso"), ("pelvis", "torso"), ("spine", "torso"), ("clavicle", "torso"),
    ("shoulder", "torso"), ("upperarm", "upper_arm"), ("lowerarm", "forearm"),
    ("wrist", "hand"), ("finger", "hand"), ("metacarpal", "hand"),
    ("upperleg", "thigh"), ("lowerleg", "shank"), ("foot", "foot"), ("toe", "foot"),
)  # fmt: skip


def _parts_of_bones(bones: tuple[str, ...]) -> NDArray[np.uint8]:
    return np.array([PARTS.index(_part_of_bone(bone)) for bone in bones], np.uint8)


def _part_of_bone(bone: str) -> str:
    part = next(part for start, part in _PART_OF_BONE if bone.startswith(start))
    if part in ("head", "torso"):
        return part
    return f"{'left' if bone.endswith('.L') else 'right'}_{part}"


def body_of(build: Build) -> Body:
    """Return the body that was commanded.

    Raises
    ------
    BadInputError
        If no body has this age, sex, stature and mass.
    """
    model = body_model()
    if not AGE_LIMITS_Y[0] <= build.age_y <= AGE_LIMITS_Y[1]:
        raise BadInputError(
            f"Synthetic bodies are {AGE_LIMITS_Y[0]:g} to {AGE_LIMITS_Y[1]:g} years old, "
            f"not {build.age_y:g}.",
            "Give an age in between.",
        )
    numbers = (build.stature_m, build.mass_kg, build.muscle, build.proportions)
    if not (np.isfinite(numbers).all() and build.stature_m > 0 and build.mass_kg > 0):
        raise BadInputError(
            f"A body of {build.stature_m:g} m and {build.mass_kg:g} kg is impossible.",
            "Give a stature in m and a mass in kg.",
        )
    if not (0 <= build.muscle <= 1 and 0 <= build.proportions <= 1):
        raise BadInputError(
            f"Muscle {build.muscle:g} and proportions {build.proportions:g} are no shares.",
            "Give 0 to 1 for each.",
        )
    fit = _Fit(model, build)
    coefficients, scale = fit.solve()
    points, heads = fit.points_m(coefficients), fit.heads_m(coefficients)
    floor = points[:, 2].min()
    lift = np.array([0.0, 0.0, floor])
    return Body(
        build=build,
        model=model,
        points_m=np.ascontiguousarray(((points - lift) * scale).astype(np.float32)),
        heads_m=(heads - lift) * scale,
    )


class _Fit:
    """Searches the phenotype that has the commanded stature and mass."""

    def __init__(self, model: BodyModel, build: Build) -> None:
        self._model, self._build = model, build
        self._phenotype = np.array(
            [
                0.0 if build.sex == "male" else 1.0,
                np.interp(build.age_y, _AGE_Y, _AGE),
                build.muscle,
                0.5,
                0.5,
                build.proportions,
            ]
        )

    def solve(self) -> tuple[NDArray[np.float64], float]:
        """Return the weights of the shapes and the factor for all of the body."""
        for muscle in np.unique([self._build.muscle, 0.25, 0.0])[::-1]:
            if muscle > self._build.muscle:
                continue
            self._phenotype[_MUSCLE] = muscle
            low, high = self._at_weight(0.0), self._at_weight(1.0)
            if low[2] <= self._build.mass_kg <= high[2]:
                return self._between(0.0, low[2], 1.0, high[2])
        raise BadInputError(
            f"No synthetic body of {self._build.age_y:g} years and {self._build.stature_m:.2f} m "
            f"weighs {self._build.mass_kg:g} kg.",
            f"Give a mass between {low[2]:.0f} and {high[2]:.0f} kg, or change the muscle.",
        )

    def _between(
        self, low: float, low_kg: float, high: float, high_kg: float
    ) -> tuple[NDArray[np.float64], float]:
        for _ in range(60):
            share = (self._build.mass_kg - low_kg) / max(high_kg - low_kg, 1e-9)
            weight = low + (high - low) * float(np.clip(share, 0.02, 0.98))
            coefficients, scale, kg = self._at_weight(weight)
            if abs(kg - self._build.mass_kg) < _MASS_TOLERANCE_KG:
                break
            if kg < self._build.mass_kg:
                low, low_kg = weight, kg
            else:
                high, high_kg = weight, kg
        return coefficients, scale

    def _at_weight(self, weight: float) -> tuple[NDArray[np.float64], float, float]:
        """Return coefficients and scale of the commanded stature at this weight, and the mass."""
        wanted = self._build.stature_m
        self._phenotype[_WEIGHT] = weight
        heights = np.array([0.0, 0.5, 1.0])
        statures = [self._stature_m(height) for height in heights]
        self._phenotype[_HEIGHT] = np.interp(wanted, statures, heights)
        coefficients = self._model.coefficients(self._phenotype)
        points = self.points_m(coefficients)
        scale = wanted / standing_height_m(points, self.heads_m(coefficients), self._model.bones)
        if abs(scale - 1) > _MOST_SCALING:
            raise BadInputError(
                f"No synthetic body of {self._build.age_y:g} years is {wanted:.2f} m tall.",
                f"Give {statures[0]:.2f} to {statures[-1]:.2f} m.",
            )
        return coefficients, scale, volume_m3(points * scale, self._model.faces) * DENSITY_KG_M3

    def _stature_m(self, height: float) -> float:
        self._phenotype[_HEIGHT] = height
        coefficients = self._model.coefficients(self._phenotype)
        points, heads = self.points_m(coefficients), self.heads_m(coefficients)
        return standing_height_m(points, heads, self._model.bones)

    def points_m(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        flat = self._model.shapes_m.reshape(len(coefficients), -1)
        added = (coefficients.astype(np.float32) @ flat).reshape(-1, 3)
        return np.asarray(self._model.template_m + added, dtype=np.float64)

    def heads_m(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        flat = self._model.head_shapes_m.reshape(len(coefficients), -1)
        return np.asarray(self._model.heads_m + (coefficients @ flat).reshape(-1, 3))


def standing_height_m(
    points_m: NDArray[np.floating], heads_m: NDArray[np.floating], bones: tuple[str, ...]
) -> float:
    """Return the stature of a body at rest once its legs stand straight and upright.

    At rest the legs are apart and a little bent; nothing else of the stature changes.
    """
    hip, knee, ankle = (
        heads_m[bones.index(f"{name}.L")] for name in ("upperleg01", "lowerleg01", "foot")
    )
    straight = np.linalg.norm(hip - knee) + np.linalg.norm(knee - ankle)
    return float(np.ptp(points_m[:, 2]) + straight - (hip[2] - ankle[2]))


def volume_m3(points_m: NDArray[np.floating], faces: NDArray[np.int32]) -> float:
    """Return the volume inside a closed surface (divergence theorem)."""
    a, b, c = (points_m[faces[:, corner]] for corner in range(3))
    return abs(float(np.einsum("ij,ij->", np.cross(a, b), c))) / 6
