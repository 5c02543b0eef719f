"""Passes of one visit: assessments of single recordings become one assessment."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clinigait.core import (
    Assessment,
    BadInputError,
    Measurement,
    PerceptionFacts,
    Protocol,
    RecordingFacts,
    Refused,
    RefusedError,
    StoredFrame,
    Walk,
)
from clinigait.filmed import film_of
from clinigait.gait.measure import FilmFacts, check_names
from clinigait.gait.merge import MergedPasses, left_out, measure_passes
from clinigait.io.assessment import read_assessment, write_assessment
from clinigait.io.bundle import Bundle
from clinigait.io.output import workplace
from clinigait.io.protocol import load_protocol
from clinigait.io.walk import read_walk
from clinigait.pipeline import (
    MARKER,
    OUTPUTS,
    ask_models,
    open_models,
    provenance,
    with_findings,
    with_narration,
    write_documents,
)

#: So many passes make one visit at most.
MOST_PASSES = 9


@dataclass(frozen=True, eq=False)
class Pass:
    """One assessed recording.

    Parameters
    ----------
    folder
        Where its assessment lies.
    assessment, walk
        What lies there.
    """

    folder: Path
    assessment: Assessment
    walk: Walk

    def film(self) -> FilmFacts:
        """Return what its film told of quality."""
        recording = self.assessment.recording
        if recording is None:
            return FilmFacts(from_film=False)
        return film_of(recording, self.walk, self.assessment.perception)


def merge_passes(
    folders: Sequence[str | Path],
    out: str | Path,
    protocol: str | Protocol | None = None,
    *,
    bundles: Sequence[Sequence[Bundle]] | None = None,
    documents: bool = True,
) -> Assessment:
    """Merge the assessments of several recordings of one visit into one.

    The strides of all passes are pooled; of each leg the angles come from the passes in which it
    was near the camera.

    Parameters
    ----------
    folders
        Folders of assessments, two to nine, in the order of the passes.
    out
        The folder to write; all files of an earlier assessment in it are replaced.
    protocol
        The protocol, its name or path; None takes the one that the passes were assessed by.
    bundles
        The protocol's models, where they are open already.
    documents
        Whether to write what people read, as in :class:`clinigait.request.Request`.

    Raises
    ------
    BadInputError
        If the passes do not belong together or a folder cannot be used; nothing is left behind.
    RefusedError
        If passes of different kinds are mixed, or all strides together are too few.
    """
    if not 2 <= len(folders) <= MOST_PASSES:
        raise BadInputError(
            f"Passes given: {len(folders)}.", f"Give two to {MOST_PASSES} folders of assessments."
        )
    passes = [_read(Path(folder)) for folder in folders]
    if any(p.folder.resolve() == Path(out).resolve() for p in passes):
        raise BadInputError("The output would replace one of the passes.", "Choose another --out.")
    names = {p.assessment.protocol.name for p in passes}
    if protocol is None and len(names) > 1:
        raise BadInputError(
            f"The passes were assessed by different protocols: {', '.join(sorted(names))}.",
            "Assess them by one protocol.",
        )
    asked = protocol or passes[0].assessment.protocol.name
    chosen = asked if isinstance(asked, Protocol) else load_protocol(asked)
    check_names(chosen)
    models = open_models(chosen) if bundles is None else bundles
    with workplace(Path(out), OUTPUTS, MARKER) as folder:
        merged = measure_passes([p.walk for p in passes], chosen, [p.film() for p in passes])
        frames = _frames(passes, merged, folder)
        assessment = replace(
            passes[0].assessment,
            protocol=replace(
                passes[0].assessment.protocol,
                name=chosen.name, version=chosen.version, title=chosen.title, sha256=chosen.sha256,
            ),
            provenance=provenance(any(p.assessment.synthetic for p in passes)),
            perception=_perception(passes),
            recording=_together([p.assessment.recording for p in passes]),
            measurement=merged.measurement,
            frames=frames,
            predictions=tuple(one.prediction for one in ask_models(
                models, [p.walk for p in passes], chosen, passes[0].assessment.subject,
                merged.measurement,
            )),
        )  # fmt: skip
        assessment = with_findings(assessment, chosen.parameters)
        assessment = with_narration(assessment, chosen.narration)
        write_assessment(assessment, folder / MARKER)
        if documents:
            write_documents(assessment, folder)
    return assessment


def with_left_out(measurement: Measurement, refused: Mapping[int, Refused]) -> Measurement:
    """Return a measurement with a warning for every recording that was refused before it.

    Parameters
    ----------
    measurement
        Of the other recordings.
    refused
        Why, by the number of the recording.
    """
    warnings = tuple(left_out(number, reason) for number, reason in refused.items())
    return replace(measurement, quality=(*measurement.quality, *warnings))


def refused_as_a_whole(first: Assessment, error: RefusedError) -> Assessment:
    """Return the assessment of passes that were measured one by one, but not together.

    Parameters
    ----------
    first
        That of the first pass: what was asked, and of whom.
    error
        Why they cannot be put together.
    """
    why = error.refused
    return replace(
        first, status="refused", measurement=None, predictions=(), findings=(), frames=(),
        narration=None, code=why.code, message=why.message, remedy=why.remedy,
    )  # fmt: skip


def _read(folder: Path) -> Pass:
    assessment = read_assessment(folder / MARKER)
    if assessment.measurement is None:
        raise BadInputError(
            f"The assessment in {folder.name} was refused: it has no strides to add.",
            "Leave it out.",
        )
    return Pass(folder, assessment, read_walk(folder / "walk.npz"))


def _frames(passes: list[Pass], merged: MergedPasses, folder: Path) -> tuple[StoredFrame, ...]:
    """Copy the first picture of every pass that is in the measurement."""
    found: list[StoredFrame] = []
    for one, taken in zip(passes, merged.passes, strict=True):
        stored = one.assessment.frames[:1]
        if taken.refused is not None or not stored:
            continue
        source = one.folder / stored[0].file
        if not source.is_file() or not source.resolve().is_relative_to(one.folder.resolve()):
            continue
        name = f"frames/{len(found) + 1}.jpg"
        (folder / "frames").mkdir(exist_ok=True)
        shutil.copyfile(source, folder / name)
        caption = f"Pass {taken.number}: {stored[0].caption}"
        found.append(StoredFrame(name, stored[0].time_s + taken.shift_s, caption))
    return tuple(found[:3])


def _perception(passes: Sequence[Pass]) -> PerceptionFacts | None:
    """Return that of the first pass, or of one that says that synthetic walkers taught its network.

    What is said of one pass is so said of the whole.
    """
    first = passes[0].assessment
    marked = next((p.assessment for p in passes if p.assessment.pose_synthetic), first)
    return marked.perception


def _together(recordings: list[RecordingFacts | None]) -> RecordingFacts | None:
    """Return the facts of all recordings as one: names listed, frames and times added up."""
    known = [r for r in recordings if r is not None]
    if len(known) < len(recordings):
        return None
    duration_s = sum(r.duration_s for r in known)
    return replace(
        known[0],
        file_name=", ".join(r.file_name for r in known),
        sha256=hashlib.sha256(" ".join(r.sha256 for r in known).encode()).hexdigest(),
        n_frames=sum(r.n_frames for r in known),
        duration_s=duration_s,
        rate_hz=min(r.rate_hz for r in known),
        variable_rate=any(r.variable_rate for r in known),
    )
