"""Bodies, clothes and scenes that tests of pictures share; they skip where no shapes are."""

from __future__ import annotations

from functools import cache

from clinigait.synthesis.bodies import Body
from clinigait.synthesis.cameras import Lens, Placement, sagittal
from clinigait.synthesis.figure import Figure, naked
from clinigait.synthesis.motion import Motion
from clinigait.synthesis.scene import Scene, Shot
from support.swinging import swinging
from support.walkers import body

LENS = Lens((160, 200), 230.0)


def adult() -> Body:
    """Return a woman of 1.65 m."""
    return body(45, "female", 1.65, 62.0)


@cache
def swung() -> Motion:
    """Return a few frames of her."""
    return swinging(adult(), duration_s=0.3, rate_hz=20)


def scene_of(figure: Figure | None = None) -> Scene:
    """Return her, naked where nothing else is said, from the left."""
    return Scene(figure or naked(adult()), sagittal(LENS, Placement(3.0, 0.9)))


def shot_of(figure: Figure | None = None, frame: int = 3) -> Shot:
    """Return one moment."""
    return list(scene_of(figure).shots([swung()]))[frame]
