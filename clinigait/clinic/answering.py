"""Models after corrections: whose answer stands, whose does not, and asking these again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from clinigait.clinic.opening import corrected_walks, passes_of, protocol_of
from clinigait.core import (
    Assessment,
    BadInputError,
    Card,
    Measurement,
    Prediction,
    Protocol,
    SwapLegs,
    Walk,
)
from clinigait.io.assessment import read_assessment, write_assessment
from clinigait.io.bundle import Bundle, read_card
from clinigait.models.classifier import with_measured
from clinigait.pipeline import (
    MARKER,
    ask_models,
    open_models,
    with_findings,
    with_narration,
    with_saliency,
)
from clinigait.representations.inputs import WITHOUT_KEYPOINTS
from clinigait.representations.rgbd_pictures import RGBD

#: Stage that the worker tells.
_ASKING = "Asking the model"


def kept_answers(
    assessment: Assessment, walks: Sequence[Walk], protocol: Protocol
) -> tuple[Prediction, ...]:
    """Return the answers of models after corrections, without asking one.

    An answer stands where the corrections since change nothing that its model looks at: events
    change no walk, and exchanged legs no silhouette. What is measured beside it is put anew. All
    other answers stay as they were, and so belong to the walk as it was before.

    Parameters
    ----------
    assessment
        Measured anew, with all corrections in its review.
    walks
        As of :func:`clinigait.clinic.opening.corrected_walks`.
    protocol
        By which it was made.
    """
    measurement, said = assessment.measurement, assessment.predictions
    if measurement is None or len(said) != len(protocol.models):
        return said
    return tuple(
        _kept(one, _cards(place), assessment, walks, research=protocol.research)
        if assessment.answered_before(one)
        else one
        for one, place in zip(said, protocol.models, strict=True)
    )


def _kept(
    said: Prediction,
    cards: Sequence[Card],
    assessment: Assessment,
    walks: Sequence[Walk],
    *,
    research: bool,
) -> Prediction:
    corrections = assessment.review.corrections if assessment.review else ()
    swapped = any(isinstance(one, SwapLegs) for one in corrections[said.corrections :])
    own = next((card for card in cards if card.id == said.card_id), None)
    # Where it looked is told by the phases of the gait cycle, which are those of the events.
    if own is None or said.saliency is not None or assessment.measurement is None:
        return said
    if swapped and any(_sees_legs(card) for card in cards):
        return said
    renewed = with_measured(
        said, own, walks, assessment.subject, assessment.measurement, research=research
    )
    return replace(renewed, corrections=len(corrections), kept=True)


def _cards(place: str | Sequence[str]) -> tuple[Card, ...]:
    """Return the cards of a place of the protocol's list; none where one cannot be read."""
    try:
        return tuple(read_card(name) for name in ([place] if isinstance(place, str) else place))
    except BadInputError:
        return ()


def _sees_legs(card: Card) -> bool:
    return any(one.kind not in WITHOUT_KEYPOINTS for one in card.inputs)


def can_ask(assessment: Assessment, protocol: Protocol) -> bool:
    """Tell whether a model that answered before corrections can be asked of what is kept.

    Pictures of the walker are not kept with the walk: who looks at them is asked by assessing the
    recording again.
    """
    said, places = assessment.predictions, [_cards(place) for place in protocol.models]
    if not said:  # of a walk that was refused at first nobody was asked
        return any(_is_kept_of(cards) for cards in places)
    if len(said) != len(places):
        return False
    asked = zip(said, places, strict=True)
    return any(assessment.answered_before(one) and _is_kept_of(cards) for one, cards in asked)


def _is_kept_of(cards: Sequence[Card]) -> bool:
    """Tell whether all that models look at is kept."""
    return bool(cards) and not any(one.kind == RGBD for card in cards for one in card.inputs)


def ask_order(order: dict[str, Any], tell: Callable[[float, str], None]) -> dict[str, Any]:
    """Ask the models of a corrected assessment again and write it; the child calls it.

    Parameters
    ----------
    order
        ``assessment`` and ``files``, paths of what is kept, and ``out``, the folder to write.
    tell
        Called with the share of the work that is done, and the stage.
    """
    tell(0.0, _ASKING)
    assessment = read_assessment(Path(order["assessment"]))
    protocol = protocol_of(assessment)
    files = {name: Path(path) for name, path in order["files"].items()}
    corrections = assessment.review.corrections if assessment.review else ()
    walks = corrected_walks(passes_of(assessment, files), corrections)
    answers = _asked(assessment, walks, protocol, Path(order["out"]), tell)
    made = with_findings(replace(assessment, predictions=answers), protocol.parameters)
    write_assessment(with_narration(made, "template"), Path(order["out"]) / MARKER)
    return {"done": True}


def _asked(
    assessment: Assessment,
    walks: Sequence[Walk],
    protocol: Protocol,
    out: Path,
    tell: Callable[[float, str], None],
) -> tuple[Prediction, ...]:
    measurement, said = assessment.measurement, assessment.predictions
    if measurement is None:
        raise BadInputError("Nothing was measured that a model could be told.", "Film again.")
    n_corrections = len(assessment.review.corrections) if assessment.review else 0
    answers = []
    for index, place in enumerate(open_models(protocol)):
        before = said[index] if said else None
        is_kept = _is_kept_of([bundle.card for bundle in place])
        if is_kept and (before is None or assessment.answered_before(before)):
            tell(index / len(protocol.models), _ASKING)
            folder = out / str(index + 1)
            anew = _answer(place, walks, protocol, assessment, measurement, folder)
            answers.append(replace(anew, corrections=n_corrections))
        elif before is not None:
            answers.append(before)
    return tuple(answers)


def _answer(
    place: Sequence[Bundle],
    walks: Sequence[Walk],
    protocol: Protocol,
    assessment: Assessment,
    measurement: Measurement,
    folder: Path,
) -> Prediction:
    """Return the answer of one place of the list, with where it looked where that is asked for."""
    said = ask_models([place], walks, protocol, assessment.subject, measurement)
    if len(walks) == 1:  # of several recordings nobody asks where a model looked
        folder.mkdir()
        said = with_saliency(said, [place], walks[0], protocol, measurement, folder, lambda _: None)
        for picture in folder.glob("saliency-1.png"):
            picture.rename(folder.parent / f"saliency-{folder.name}.png")
        folder.rmdir()
    return said[0].prediction
