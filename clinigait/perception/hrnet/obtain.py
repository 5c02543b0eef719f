"""From the name of an HRNet to a network that runs on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clinigait.core import BadInputError
from clinigait.io.fetch import Progress, fetch, folder_of, is_valid, path_of
from clinigait.perception.hrnet.card import Card, card_of, read_card, write_network
from clinigait.perception.hrnet.checkpoints import Checkpoint
from clinigait.perception.hrnet.estimator import HrnetPose
from clinigait.perception.hrnet.precision import Verdict, judge


def onnx_of(checkpoint: Checkpoint) -> Path:
    """Return where the exported network of a checkpoint lies, or would lie."""
    return folder_of(checkpoint.asset) / f"{checkpoint.name}.onnx"


@dataclass(frozen=True)
class HrnetStatus:
    """Where one HRNet stands.

    Parameters
    ----------
    checkpoint
        Which.
    fetched
        The checkpoint is here.
    exported
        The network is here with its card: it can be used.
    """

    checkpoint: Checkpoint
    fetched: bool
    exported: bool

    @property
    def word(self) -> str:
        """``present``, ``export needed`` or ``missing``."""
        return "present" if self.exported else "export needed" if self.fetched else "missing"


def status_of(checkpoint: Checkpoint) -> HrnetStatus:
    """Return where an HRNet stands, by what lies there; hashes are not computed."""
    try:
        _belonging_card(onnx_of(checkpoint), checkpoint, check_hash=False)
    except BadInputError:
        exported = False
    else:
        exported = True
    return HrnetStatus(checkpoint, path_of(checkpoint.asset) is not None, exported)


def require_network(checkpoint: Checkpoint, *, check_hash: bool = True) -> tuple[Path, Card]:
    """Return the exported network of a checkpoint and its card.

    Parameters
    ----------
    checkpoint
        Which.
    check_hash
        Compare the network's SHA-256 with the card's now, not only its size.

    Raises
    ------
    BadInputError
        If it is not on this machine, damaged, or not the network of its card.
    """
    onnx = onnx_of(checkpoint)
    command = f"Run `clinigait weights fetch {checkpoint.name}`."
    if not onnx.is_file() and not card_of(onnx).is_file():
        raise BadInputError(f"{checkpoint.name} is not on this machine.", command)
    try:
        return onnx, _belonging_card(onnx, checkpoint, check_hash=check_hash)
    except BadInputError as error:
        raise BadInputError(f"{checkpoint.name} is damaged: {error.message}", command) from error


def obtain(checkpoint: Checkpoint, *, from_file: Path | None, say: Progress) -> Path:
    """Make an HRNet usable on this machine: fetch it, export it, judge bfloat16.

    Parameters
    ----------
    checkpoint
        Which.
    from_file
        Take the checkpoint from here; or, if it ends in ``.onnx``, the network that another machine
        exported, with its card beside it.
    say
        Is told in a line what is being done.

    Returns
    -------
    Path
        The network.

    Raises
    ------
    FetchError
        If no source gives the checkpoint.
    BadInputError
        If it cannot be exported here, or a file is not what it should be.
    """
    onnx = onnx_of(checkpoint)
    if from_file is not None and from_file.suffix.lower() == ".onnx":
        _take_over(from_file, checkpoint, onnx)
    elif from_file is None and _is_good(onnx, checkpoint):
        say(f"{checkpoint.name}: present, as its card says")
        return onnx
    else:
        _need_the_tools(checkpoint)
        weights = fetch(checkpoint.asset, from_file=from_file, progress=say)
        say(f"{checkpoint.name}: exporting to ONNX (once)")
        from clinigait.perception.hrnet.export import export  # noqa: PLC0415  needs torch

        card = export(checkpoint, weights, onnx)
        say(f"{checkpoint.name}: differs from mmpose by {card.export_error:.1e} at most")
    HrnetPose(onnx, threads=1, precision="f32")  # whatever cannot run is found now, not in a film
    verdict = judge(onnx, _belonging_card(onnx, checkpoint))
    say(f"{checkpoint.name}: {_told(verdict)}")
    return onnx


def _told(verdict: Verdict) -> str:
    return (
        f"bfloat16 is {'used' if verdict.bf16 else 'not used'} on {verdict.cpu}: {verdict.reason}"
    )


def _need_the_tools(checkpoint: Checkpoint) -> None:
    from clinigait.perception.hrnet.stand_ins import is_installed  # noqa: PLC0415

    if not is_installed():
        raise BadInputError(
            f"{checkpoint.name} has to be exported once, and torch and mmpose are not installed.",
            "Run `make setup`, or bring the .onnx and .json files that another machine exported: "
            f"clinigait weights fetch {checkpoint.name} --from {checkpoint.name}.onnx.",
        )


def _take_over(file: Path, checkpoint: Checkpoint, onnx: Path) -> None:
    """Copy a network that another machine exported, with its card."""
    card = _belonging_card(file, checkpoint)
    try:
        content = file.read_bytes()
        onnx.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(
            f"{file.name} cannot be taken over ({error.strerror or error}).",
            "Make room, or set CLINIGAIT_CACHE to a folder that can be written.",
        ) from error
    if file.resolve() != onnx.resolve():
        write_network(onnx, content, card)
        read_card(onnx)


def _is_good(onnx: Path, checkpoint: Checkpoint) -> bool:
    try:
        _belonging_card(onnx, checkpoint)
    except BadInputError:
        return False
    return True


def _belonging_card(onnx: Path, checkpoint: Checkpoint, *, check_hash: bool = True) -> Card:
    """Read a card, and check that network and card are of this checkpoint.

    Raises
    ------
    BadInputError
        If they are not.
    """
    card = read_card(onnx, check_hash=check_hash)
    known = (
        checkpoint.name,
        checkpoint.decoding,
        checkpoint.input_size_px,
        checkpoint.layout.name,
    )
    if (
        card.name,
        card.decoding,
        card.input_size_px,
        card.layout,
    ) != known or not card.checkpoint_sha256.startswith(checkpoint.asset.sha256):
        raise BadInputError(
            f"The card {card_of(onnx).name} is not of {checkpoint.name}.",
            f"Give {checkpoint.name}.onnx beside its own card {checkpoint.name}.json.",
        )
    return card


def is_damaged(checkpoint: Checkpoint) -> bool:
    """Tell whether a file of an HRNet that is here has another hash than the recorded one."""
    fetched = path_of(checkpoint.asset) is not None
    onnx = onnx_of(checkpoint)
    there = onnx.is_file() or card_of(onnx).is_file()
    return (fetched and not is_valid(checkpoint.asset)) or (
        there and not _is_good(onnx, checkpoint)
    )
