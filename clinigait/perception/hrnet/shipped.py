"""The compact HRNet that this project trained: where it lies, and whether it is here."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from clinigait.core import BadInputError
from clinigait.perception.hrnet.card import Card, card_of, read_card

#: Its name on the command line, and that of its file; its folder is the same with an underscore.
COMPACT = "hrnet-compact"
#: Whether an assessment takes it where nothing is asked for and no official HRNet is here. Not
#: before it is as good as BlazePose on people whom nobody rendered.
COMPACT_BY_DEFAULT = False
_REMEDY = (
    "Choose --pose blazepose; or train it with `python examples/compact_hrnet.py --out "
    "clinigait/bundles/hrnet_compact`."
)


def compact_onnx() -> Path:
    """Return where the network lies, or would lie."""
    folder = Path(str(files("clinigait.bundles"))) / COMPACT.replace("-", "_")
    return folder / f"{COMPACT}.onnx"


def compact_is_here() -> bool:
    """Tell whether network and card are here; the hash is not computed."""
    try:
        require_compact(check_hash=False)
    except BadInputError:
        return False
    return True


def compact_word() -> str:
    """Return ``present``, ``damaged`` or ``missing``."""
    onnx = compact_onnx()
    if not onnx.is_file() and not card_of(onnx).is_file():
        return "missing"
    return "present" if compact_is_here() else "damaged"


def require_compact(*, check_hash: bool = True) -> tuple[Path, Card]:
    """Return the network and its card.

    Parameters
    ----------
    check_hash
        Compare the network's SHA-256 with the card's now, not only its size.

    Raises
    ------
    BadInputError
        If it does not come with this clinigait, or is damaged.
    """
    onnx = compact_onnx()
    if not onnx.is_file() and not card_of(onnx).is_file():
        raise BadInputError(f"{COMPACT} does not come with this clinigait.", _REMEDY)
    card = read_card(onnx, check_hash=check_hash, remedy="Install clinigait again.")
    if card.name != COMPACT:
        raise BadInputError(
            f"The card {card_of(onnx).name} is not of {COMPACT}.", "Install clinigait again."
        )
    return onnx, card
