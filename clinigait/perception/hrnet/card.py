"""The card of an exported network: how its input is made and its output read, as data.

Plain, DARK and UDP share one network and differ in crop and decoding only, so a network without
its card is worth nothing, and one with another's card gives wrong keypoints that look right.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clinigait.core import LAYOUTS, BadInputError, KeypointLayout
from clinigait.io.hashes import sha256_of
from clinigait.io.output import replace_file
from clinigait.perception.hrnet.checkpoints import Decoding

_MOST_CARD_BYTES = 100_000
_FETCH = "Fetch the weights again with `clinigait weights fetch NAME`."

_Sha256 = Annotated[str, Field(pattern=re.compile("^[0-9a-f]{64}$"))]
_Side = Annotated[int, Field(ge=32, le=2048)]
_Positive = Annotated[float, Field(gt=0)]
_Share = Annotated[float, Field(ge=0, le=1)]


class Source(BaseModel):
    """Something that a network learned from.

    Parameters
    ----------
    name, licence, origin
        What it is, what it may be used for, and where it comes from.
    share
        Of the pictures that were learned from it shows so many; None where it was a background.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    licence: str
    origin: str
    share: _Share | None = None


class Learning(BaseModel):
    """How a network of our own came to be.

    Parameters
    ----------
    learned_from
        In a sentence.
    synthetic_share
        Of the pictures, how many were made.
    sources
        Pictures, labels and backgrounds.
    confidence
        What the maximum of a heatmap means.
    metrics
        Numbers by name: what was measured on people who were left out, in percent of the stature
        and so on; the names say the unit.
    training
        How it learned: steps, batch, seed and so on.
    limits
        What it cannot do, a sentence each.
    storage
        In what its weights lie in the file; they are multiplied in single precision.
    rounding_px
        How far that moves believed points, in pixels of the crop: 99 of 100 by less.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    learned_from: str
    synthetic_share: _Share
    sources: tuple[Source, ...]
    confidence: str
    metrics: dict[str, float]
    training: dict[str, str | float]
    limits: tuple[str, ...]
    storage: Literal["f32", "f16"] = "f32"
    rounding_px: Annotated[float, Field(ge=0)] = 0.0


class Card(BaseModel):
    """What travels with an exported network.

    Parameters
    ----------
    schema_version
        Version of this form.
    name
        Name of the checkpoint.
    decoding
        ``plain``, ``dark`` or ``udp``: crop and decoding.
    input_size_px, heatmap_size_px
        Width and height of the crop and of the heatmaps.
    layout
        Name of the keypoint layout; heatmap k is its point k.
    flip_indices
        Index of every point's partner on the other side, for the flip test.
    flip_shift
        Whether the flip test moves the mirrored heatmaps by one column.
    mean, std
        Of the crop's red, green and blue in 0..255: the input is (crop - mean) / std.
    padding
        The crop is this much larger than the person's box.
    blur_kernel_px
        Side of the Gaussian that smooths heatmaps before DARK and UDP decoding; 0 for plain.
    checkpoint_sha256, onnx_sha256, onnx_size_bytes
        The files.
    export_error
        Greatest difference of a heatmap between the exported network and mmpose.
    licence
        What is known of the weights' licence.
    versions
        Of the packages that exported it.
    learning
        How it came to be, where it is one of our own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(pattern=re.compile("^[a-z0-9-]{1,64}$"))]
    decoding: Decoding
    input_size_px: tuple[_Side, _Side]
    heatmap_size_px: tuple[Annotated[int, Field(ge=8)], Annotated[int, Field(ge=8)]]
    layout: str
    flip_indices: tuple[int, ...]
    flip_shift: bool
    mean: tuple[float, float, float]
    std: tuple[_Positive, _Positive, _Positive]
    padding: Annotated[float, Field(ge=1, le=2)]
    blur_kernel_px: Annotated[int, Field(ge=0, le=31)]
    checkpoint_sha256: _Sha256
    onnx_sha256: _Sha256
    onnx_size_bytes: Annotated[int, Field(gt=0)]
    export_error: Annotated[float, Field(ge=0)]
    licence: str
    versions: dict[str, str]
    learning: Learning | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Card:
        layout = LAYOUTS.get(self.layout)
        if layout is None or layout.mirrored() != self.flip_indices:
            raise ValueError("its keypoints are not those of a known layout")
        if (self.blur_kernel_px > 0) == (self.decoding == "plain"):
            raise ValueError("its blur does not fit its decoding")
        if self.blur_kernel_px and self.blur_kernel_px % 2 == 0:
            raise ValueError("its blur has no middle")
        return self

    def text(self) -> bytes:
        """Return the content of its file; what it does not say is left out."""
        return self.model_dump_json(indent=2, exclude_none=True).encode()

    @property
    def keypoints(self) -> KeypointLayout:
        """Names of the keypoints."""
        return LAYOUTS[self.layout]


def card_of(onnx: Path) -> Path:
    """Return the place of the card of an exported network: beside it."""
    return onnx.with_suffix(".json")


def write_network(onnx: Path, content: bytes, card: Card) -> None:
    """Write a network and its card beside it.

    Raises
    ------
    BadInputError
        If they cannot be written.
    """
    # In this order: an interruption leaves a network without its card, which nobody uses.
    card_of(onnx).unlink(missing_ok=True)
    replace_file(onnx, content)
    replace_file(card_of(onnx), card.text())


def read_card(onnx: Path, *, check_hash: bool = True, remedy: str = _FETCH) -> Card:
    """Read the card of an exported network, and check that it is this network's card.

    Parameters
    ----------
    onnx
        The network; the card lies beside it as ``.json``.
    check_hash
        Compare the SHA-256 too, not only the size.
    remedy
        What to do about a damaged file.

    Raises
    ------
    BadInputError
        If there is no card or no network, the card is damaged, or it is of another network.
    """
    path = card_of(onnx)
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_CARD_BYTES)
        size_bytes = onnx.stat().st_size
    except OSError as error:
        missing = path.name if not path.is_file() else onnx.name
        raise BadInputError(
            f"{missing} cannot be read ({error.strerror or error}).",
            "A network and its card have to lie side by side, as NAME.onnx and NAME.json.",
        ) from error
    try:
        card = Card.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"])) or "all of it"
        raise BadInputError(
            f"{path.name} is no card of a network ({where}: {fault['msg'][:200]}).", remedy
        ) from error
    if size_bytes != card.onnx_size_bytes or (check_hash and sha256_of(onnx) != card.onnx_sha256):
        raise BadInputError(f"{onnx.name} is not the network of its card {path.name}.", remedy)
    return card
