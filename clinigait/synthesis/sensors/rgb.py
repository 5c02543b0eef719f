"""Colour pictures: shaded, with shadows, noise, blur and darkness."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.synthesis.backdrop import Backdrop, seen
from clinigait.synthesis.compiled import compiled
from clinigait.synthesis.rasteriser import projected, rasterise
from clinigait.synthesis.scene import Shot, Surface
from clinigait.synthesis.shading import (
    Light,
    Sun,
    contact_map,
    figure_colours,
    light_map,
    look_of,
    mesh_of,
    room_colours,
)

#: Samples of a pixel along each side.
FINE = 2
_STEPS = 4096


@dataclass(frozen=True)
class Lighting:
    """Light of one direction, and light from everywhere.

    Parameters
    ----------
    azimuth_deg, elevation_deg
        Where it comes from: about the vertical from x towards y, and above the floor.
    strength, ambient
        Of the light from there, and of that from everywhere; about 1 together.
    tint
        Colour of the light.
    """

    azimuth_deg: float = 60.0
    elevation_deg: float = 55.0
    strength: float = 0.65
    ambient: float = 0.45
    tint: tuple[float, float, float] = (1.0, 0.98, 0.94)

    def light(self) -> Light:
        """Return it as the shading wants it."""
        azimuth, up = np.radians(self.azimuth_deg), np.radians(self.elevation_deg)
        way = [np.cos(up) * np.cos(azimuth), np.cos(up) * np.sin(azimuth), np.sin(up)]
        return Light(np.array(way), self.strength, self.ambient, np.array(self.tint))


@dataclass(frozen=True)
class Rgb:
    """(H, W, 3) uint8 pictures, red first.

    Parameters
    ----------
    lighting
        Light.
    backdrop
        The room, where the scene has none of its own.
    noise
        Standard deviation of the sensor's noise in grey levels of 255.
    blur_px
        Standard deviation of a blur by the lens.
    exposure_share, n_exposures
        Share of the time between two frames in which light is gathered, and of how many moments
        the picture is the mean; 1 for none.
    darkness
        None, or 0.2 to 0.5: values are raised to 1 / darkness, as the field makes dark pictures.
    """

    lighting: Lighting = field(default_factory=Lighting)
    backdrop: Backdrop = field(default_factory=Backdrop)
    noise: float = 2.0
    blur_px: float = 0.0
    exposure_share: float = 0.3
    n_exposures: int = 1
    darkness: float | None = None
    name: str = "rgb"

    def __post_init__(self) -> None:
        if not (self.noise >= 0 and self.blur_px >= 0 and self.n_exposures >= 1):
            raise BadInputError(
                "Noise and blur of a picture are 0 or more, and it has an exposure.",
                "Correct noise, blur_px or n_exposures.",
            )
        if self.darkness is not None and not 0.05 <= self.darkness <= 1:
            raise BadInputError(
                "The darkness of a picture is 0.05 to 1.", "Give 0.2 to 0.5, or leave it out."
            )

    def take(self, shot: Shot, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return the picture of one moment."""
        light = self._light(shot)
        if self.blur_px > 0:
            light = np.asarray(cv2.GaussianBlur(light, (0, 0), self.blur_px), np.float32)
        noise = np.zeros(light.shape, np.float32)
        if self.noise > 0:
            noise = rng.standard_normal(light.shape, dtype=np.float32) * np.float32(self.noise)
        out = np.empty(light.shape, np.uint8)
        _developed(light, noise, _curve(self.darkness), out)
        return out

    def _light(self, shot: Shot) -> NDArray[np.float32]:
        if self.n_exposures == 1:
            return self._exposed(shot, shot.surface)
        shares = self.exposure_share * (
            (np.arange(self.n_exposures) + 0.5) / self.n_exposures - 0.5
        )
        total = np.zeros((*shot.raster.triangle.shape, 3), np.float32)
        for share in shares:
            total += self._exposed(shot, shot.surface_at(float(share)))
        return np.asarray(total / self.n_exposures, np.float32)

    def _exposed(self, shot: Shot, surface: Surface) -> NDArray[np.float32]:
        """Return (H, W, 3) light of one moment."""
        figure, light = shot.figure, self.lighting.light()
        sun = Sun(light, light_map(surface, light), contact_map(figure, surface))
        view = seen(shot.backdrop or self.backdrop, shot.lens, shot.place)
        room = room_colours(view, sun)
        width, height = shot.lens.size_px
        fine = shot.lens.scaled_to((FINE * width, FINE * height))
        pixels = projected(surface.points_m, fine, shot.place)
        raster = rasterise(pixels, surface.faces, surface.n_closed, fine.size_px)
        mesh = mesh_of(figure, surface, pixels)
        colours = figure_colours(raster, mesh, look_of(figure).paint, sun)
        compose(room, view.depth_m, raster.inverse_m, colours, np.array(raster.box))
        return room


@lru_cache(maxsize=8)
def _curve(darkness: float | None) -> NDArray[np.float32]:
    """Return what grey level, 0 to 255, a screen needs for steps of light from 0 to 1."""
    value = np.linspace(0, 1, _STEPS) ** (1 / 2.2)
    return (255 * value ** (1.0 if darkness is None else 1 / darkness)).astype(np.float32)


@compiled
def compose(
    room: NDArray[np.float32],
    depth: NDArray[np.float32],
    inverse: NDArray[np.float32],
    colours: NDArray[np.float32],
    box: NDArray[np.int64],
) -> None:
    """Put fine samples of the figure over the room where they are nearer."""
    samples = FINE * FINE
    for row in range(box[1] // FINE, (box[3] + FINE - 1) // FINE):
        for column in range(box[0] // FINE, (box[2] + FINE - 1) // FINE):
            red, green, blue, count = 0.0, 0.0, 0.0, 0
            for y in range(FINE * row, FINE * row + FINE):
                for x in range(FINE * column, FINE * column + FINE):
                    if inverse[y, x] * depth[row, column] > 1:
                        red += colours[y, x, 0]
                        green += colours[y, x, 1]
                        blue += colours[y, x, 2]
                        count += 1
            if count:
                rest = (samples - count) / samples
                room[row, column, 0] = rest * room[row, column, 0] + red / samples
                room[row, column, 1] = rest * room[row, column, 1] + green / samples
                room[row, column, 2] = rest * room[row, column, 2] + blue / samples


@compiled
def _developed(
    light: NDArray[np.float32],
    noise: NDArray[np.float32],
    curve: NDArray[np.float32],
    out: NDArray[np.uint8],
) -> None:
    last = curve.shape[0] - 1
    for row in range(light.shape[0]):
        for column in range(light.shape[1]):
            for k in range(3):
                step = min(max(light[row, column, k], np.float32(0)), np.float32(1)) * last
                value = curve[int(step)] + noise[row, column, k]
                out[row, column, k] = int(min(max(value, np.float32(0)), np.float32(255)) + 0.5)


def drawn_rgb(rng: np.random.Generator, backdrop: Backdrop, camera_azimuth_deg: float) -> Rgb:
    """Draw light, noise and blur; the light comes rather from the side of the camera."""
    strength = float(rng.uniform(0.25, 0.8))
    warm = float(rng.normal(0, 0.05))
    return Rgb(
        lighting=Lighting(
            azimuth_deg=float(camera_azimuth_deg + rng.normal(0, 50)),
            elevation_deg=float(rng.uniform(40, 75)),
            strength=strength,
            ambient=float(np.clip(1.05 - strength + rng.normal(0, 0.08), 0.2, 0.9)),
            tint=(1.0 + warm, 1.0, 1.0 - warm),
        ),
        backdrop=backdrop,
        noise=float(rng.uniform(0.8, 3.5)),
        blur_px=float(rng.choice([0.0, 0.0, 0.4, 0.6])),
    )
