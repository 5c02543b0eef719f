"""What may stand behind a made person besides a room: pictures from packages, and drawn ones.

The pictures are those that published packages carry under licences that allow any use. None of
them shows a person: a person in the background who is not labelled would teach the wrong thing.
Nothing is fetched: what is installed, or lies unpacked in a folder that the user names, is taken,
and the rest is drawn.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.synthesis.backdrop import linear

Floats = NDArray[np.float32]
#: Larger pictures are made so small: a crop needs no more.
_MOST_SIDE_PX = 1024
#: The middle grey of a panorama, as an amount of light.
_MIDDLE = 0.18
#: Panoramas as the package holds them, and as :func:`keep_panoramas` writes them.
_SCRIPT, _PLAIN = ".exr.js", ".hdr"


@dataclass(frozen=True)
class PictureSource:
    """Pictures in a published package.

    Parameters
    ----------
    package
        Registry, name and version in which they were seen.
    module
        The Python package that they lie in where it is installed; None for npm.
    files
        Their paths: in the Python package, or in the unpacked npm package.
    licence, by
        What they may be used for, and who made them.
    panorama
        Whether they show all directions.
    """

    package: str
    module: str | None
    files: tuple[str, ...]
    licence: str
    by: str
    panorama: bool = False


_PLACES = (
    "apartment", "bridge", "city", "dawn", "esplanade", "forest", "hall", "lab", "lobby", "night",
    "park", "sky", "studio", "sunrise", "sunset", "venice", "warehouse", "workshop",
)  # fmt: skip
_SKIMAGE, _SKLEARN = "PyPI scikit-image 0.26.0", "PyPI scikit-learn 1.9.1"

#: Which there are.
SOURCES = (
    PictureSource(
        _SKIMAGE, "skimage", ("data/brick.png", "data/grass.png", "data/gravel.png"),
        "CC0", "CC0Textures",
    ),
    PictureSource(_SKIMAGE, "skimage", ("data/coffee.png",), "CC0", "Rachel Michetti"),
    PictureSource(_SKIMAGE, "skimage", ("data/chelsea.png",), "CC0", "Stéfan van der Walt"),
    PictureSource(_SKIMAGE, "skimage", ("data/rocket.jpg",), "public domain", "SpaceX"),
    PictureSource(
        _SKIMAGE, "skimage", ("data/hubble_deep_field.jpg",), "public domain", "NASA"
    ),
    PictureSource(
        _SKLEARN, "sklearn", ("datasets/images/china.jpg",), "CC-BY-2.0", "danielbuechele"
    ),
    PictureSource(_SKLEARN, "sklearn", ("datasets/images/flower.jpg",), "CC-BY-2.0", "vultilion"),
    PictureSource(
        "npm @pmndrs/assets 1.7.0", None, tuple(f"hdri/{name}.exr.js" for name in _PLACES),
        "CC0", "Poly Haven", panorama=True,
    ),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Background:
    """A picture that can stand behind somebody.

    Parameters
    ----------
    light
        (H, W, 3) float32 amounts of light, about 0 to 1.
    source
        Where it is from.
    name
        Of its file.
    """

    light: Floats
    source: PictureSource
    name: str


@dataclass(frozen=True, eq=False)
class Backgrounds:
    """All that was found.

    Parameters
    ----------
    pictures
        Perhaps none: then all backgrounds are drawn.
    """

    pictures: tuple[Background, ...] = ()

    @cached_property
    def sources(self) -> tuple[PictureSource, ...]:
        """Whence they come, each once."""
        return tuple(dict.fromkeys(picture.source for picture in self.pictures))

    def drawn(self, rng: np.random.Generator, size_px: tuple[int, int]) -> Floats:
        """Return (H, W, 3) float32 light of something, (width, height) in size."""
        if self.pictures and rng.random() < 0.65:
            one = self.pictures[int(rng.integers(len(self.pictures)))]
            part = _looked_at if one.source.panorama else _part
            light = part(rng, one.light, size_px)
        else:
            light = _made_up(rng, size_px)
        if rng.random() < 0.35:
            light = np.asarray(cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.6, 4))))
        gain = np.exp(rng.normal(0, 0.35)) * np.exp(rng.normal(0, 0.12, 3))
        return np.asarray(np.clip(light * gain, 0, 1.5), np.float32)


def keep_panoramas(backgrounds: Backgrounds, folder: Path) -> None:
    """Write panoramas so that OpenCV alone reads them: for machines that lack PyAV.

    Parameters
    ----------
    backgrounds
        As found.
    folder
        Where they will be found again; it is made.
    """
    place = folder / "hdri"
    place.mkdir(parents=True, exist_ok=True)
    for picture in backgrounds.pictures:
        if picture.source.panorama:
            name = picture.name.removesuffix(_SCRIPT).removesuffix(_PLAIN)
            cv2.imwrite(str(place / f"{name}{_PLAIN}"), picture.light[:, :, ::-1])


def found_backgrounds(folders: Sequence[Path] = ()) -> Backgrounds:
    """Return the pictures of :data:`SOURCES` that are here.

    Parameters
    ----------
    folders
        Where packages lie unpacked: the folder above ``skimage`` or ``sklearn`` of a wheel,
        ``package`` of an npm package, or what :func:`keep_panoramas` wrote.
    """
    return Backgrounds(tuple(_found(folders)))


def _found(folders: Sequence[Path]) -> Iterator[Background]:
    for source in SOURCES:
        for name in source.files:
            place = next((p for p in _places(source, name, folders) if p.is_file()), None)
            light = None if place is None else _read(place, source)
            if light is not None:
                # By the same name wherever it lay.
                yield Background(light, source, Path(name).name)


def _places(source: PictureSource, name: str, folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield folder / (source.module or "") / name
        if source.panorama:
            yield (folder / name).with_name(Path(name).name.replace(_SCRIPT, _PLAIN))
    spec = find_spec(source.module) if source.module else None
    for home in (spec and spec.submodule_search_locations) or ():
        yield Path(home) / name


def _read(path: Path, source: PictureSource) -> Floats | None:
    """Return a picture as light; None where it cannot be read."""
    light = _panorama(path) if source.panorama else _photograph(path)
    if light is None:
        return None
    shrink = _MOST_SIDE_PX / max(light.shape[:2])
    if shrink < 1:
        light = np.asarray(cv2.resize(light, None, fx=shrink, fy=shrink))
    return np.ascontiguousarray(light, np.float32)


def _photograph(path: Path) -> Floats | None:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        return None
    return linear(np.asarray(picture[:, :, ::-1], np.float64) / 255).astype(np.float32)


def _panorama(path: Path) -> Floats | None:
    """Return a panorama that lies in a script as text of base 64; the middle of it is grey."""
    if path.suffix == _PLAIN:
        plain = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        return None if plain is None else np.asarray(plain[:, :, ::-1], np.float32)
    try:
        import av  # noqa: PLC0415  only these files need it
        import av.error  # noqa: PLC0415
    except ImportError:
        return None
    _, _, text = path.read_text("ascii", errors="replace").partition(";base64,")
    try:
        content = base64.b64decode(text.split("'")[0].split('"')[0], validate=True)
        with av.open(io.BytesIO(content), "r", format="exr_pipe") as file:
            frame = next(file.decode(video=0))
            planes = [np.frombuffer(bytes(plane), np.float16) for plane in frame.planes[:3]]
            rows = [plane.reshape(frame.height, -1)[:, : frame.width] for plane in planes]
    except (binascii.Error, av.error.FFmpegError, StopIteration, ValueError):
        return None
    green, blue, red = (np.nan_to_num(plane.astype(np.float32)) for plane in rows)
    light = np.stack([red, green, blue], axis=-1)
    return np.asarray(light * (_MIDDLE / max(float(np.median(light)), 1e-6)), np.float32).clip(0, 4)


# ---------------------------------------------------------------- parts of pictures


def _part(rng: np.random.Generator, light: Floats, size_px: tuple[int, int]) -> Floats:
    """Return some part of a picture, stretched a little, perhaps mirrored."""
    height, width = light.shape[:2]
    high = height * float(rng.uniform(0.3, 1.0))
    wide = min(width, high * size_px[0] / size_px[1] * float(np.exp(rng.normal(0, 0.15))))
    x, y = rng.uniform(0, width - wide), rng.uniform(0, height - high)
    part = light[int(y) : int(y) + max(int(high), 2), int(x) : int(x) + max(int(wide), 2)]
    resized = np.asarray(cv2.resize(part, size_px, interpolation=cv2.INTER_AREA), np.float32)
    return resized[:, ::-1] if rng.random() < 0.5 else resized


def _looked_at(rng: np.random.Generator, light: Floats, size_px: tuple[int, int]) -> Floats:
    """Return what a camera sees of a panorama, looking about level."""
    height, width = light.shape[:2]
    turn, tilt = rng.uniform(0, 2 * np.pi), np.radians(rng.normal(-6, 9))
    reach = np.tan(np.radians(rng.uniform(25, 70) / 2))
    rows, columns = np.meshgrid(
        np.linspace(-reach, reach, size_px[1]),
        np.linspace(-reach, reach, size_px[0]) * size_px[0] / size_px[1],
        indexing="ij",
    )
    ahead = np.cos(tilt) + rows * np.sin(tilt)
    down = rows * np.cos(tilt) - np.sin(tilt)
    around = (np.arctan2(columns, ahead) + turn) / (2 * np.pi) % 1.0
    below = np.arctan2(down, np.hypot(ahead, columns)) / np.pi + 0.5
    x = (around * width - 0.5).astype(np.float32)
    y = (below * height - 0.5).astype(np.float32)
    return np.asarray(cv2.remap(light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP))


# ---------------------------------------------------------------- drawn


def _made_up(rng: np.random.Generator, size_px: tuple[int, int]) -> Floats:
    """Return clouds of colour, with shapes and stripes over them."""
    width, height = size_px
    light = np.full((height, width, 3), linear(rng.random(3)), np.float32)
    for cells in rng.choice([2, 3, 5, 8, 16, 32, 64], size=int(rng.integers(1, 5))):
        rough = rng.normal(0, rng.uniform(0.02, 0.22), (int(cells * 4 / 3) + 1, int(cells), 3))
        if rng.random() < 0.5:
            rough[:] = rough[:, :, :1]
        cloud = cv2.resize(rough.astype(np.float32), size_px, interpolation=cv2.INTER_CUBIC)
        light = light + np.asarray(cloud, np.float32)
    light = np.ascontiguousarray(light, np.float32)
    for _ in range(int(rng.integers(0, 14))):
        _draw_shape(rng, light)
    if rng.random() < 0.25:
        _stripe(rng, light)
    return np.clip(light, 0, 1)


def _draw_shape(rng: np.random.Generator, light: Floats) -> None:
    height, width = light.shape[:2]
    size = np.array([width, height])
    colour = [float(part) for part in linear(rng.random(3))]
    at = (rng.uniform(-0.2, 1.2, 2) * size).astype(int)
    reach = (rng.uniform(0.02, 0.6, 2) * size).astype(int) + 1
    kind = int(rng.integers(4))
    thick = -1 if rng.random() < 0.6 else int(rng.integers(1, 6))
    if kind == 0:
        cv2.rectangle(light, at.tolist(), (at + reach).tolist(), colour, thick)
    elif kind == 1:
        angle = float(rng.uniform(0, 180))
        cv2.ellipse(light, at.tolist(), (reach // 2 + 1).tolist(), angle, 0, 360, colour, thick)
    elif kind == 2:
        # Long limbs that are nobody's.
        end = (rng.uniform(-0.2, 1.2, 2) * size).astype(int)
        cv2.line(light, at.tolist(), end.tolist(), colour, int(rng.integers(1, 16)))
    else:
        corners = (rng.uniform(-0.2, 1.2, (int(rng.integers(3, 6)), 2)) * size).astype(np.int32)
        cv2.fillPoly(light, [corners], colour)


def _stripe(rng: np.random.Generator, light: Floats) -> None:
    """Lay stripes of any direction over a part of a picture."""
    height, width = light.shape[:2]
    y, x = np.mgrid[:height, :width]
    angle, period = rng.uniform(0, np.pi), rng.uniform(4, 40)
    phase = (x * np.cos(angle) + y * np.sin(angle)) / period % 1.0 < rng.uniform(0.2, 0.8)
    rows = slice(0, height) if rng.random() < 0.5 else slice(int(height * rng.random()), height)
    light[rows] *= np.where(phase[rows, :, None], 1.0, rng.uniform(0.2, 0.9)).astype(np.float32)
