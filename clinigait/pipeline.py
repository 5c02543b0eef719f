"""The road, composed: a film or keypoints go in, an assessment and its files come out."""

from __future__ import annotations

import platform
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from clinigait._version import __version__
from clinigait.core import (
    Assessment,
    BadInputError,
    Measurement,
    PerceptionFacts,
    Progress,
    Protocol,
    ProtocolFacts,
    Provenance,
    Recording,
    RecordingFacts,
    RefusedError,
    Space,
    StoredFrame,
    Subject,
    Walk,
    WalkEmbedding,
    is_synthetic,
)
from clinigait.filmed import FilmRoad, film_of
from clinigait.findings import findings_of
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.filtering import mean_rate_hz
from clinigait.gait.measure import check_names, measure
from clinigait.io.assessment import write_assessment
from clinigait.io.bundle import Bundle
from clinigait.io.hashes import sha256_of, sha256_of_all
from clinigait.io.keypoints import is_keypoint_file, read_keypoints
from clinigait.io.output import workplace
from clinigait.io.protocol import load_protocol
from clinigait.io.rgbd import is_rgbd_folder, open_rgbd
from clinigait.io.video import open_recording
from clinigait.io.walk import write_walk
from clinigait.models.classifier import Answer, answer, open_model, saw_the_walk
from clinigait.models.pictures import cut_for, with_pictures
from clinigait.perception.depict import Films, depict, film_alone
from clinigait.perception.stick_figure import draw_stick_figures
from clinigait.request import Request, StageProgress, Stopwatch

#: Packages whose versions shape the numbers.
_PACKAGES = ("numpy", "scipy", "av", "opencv-python-headless", "openvino", "ai-edge-litert")
#: Protocols where none is asked for: of a film or picture keypoints, of points in space.
_USUAL_FOR_FILMS, _USUAL_IN_SPACE = "walk_sagittal", "walk_spatial"
#: The file that every assessment writes.
MARKER = "assessment.json"
#: Everything that an assessment writes: what an earlier one left is not mixed with it.
OUTPUTS = (
    MARKER,
    "parameters.csv",
    "events.csv",
    "strides.csv",
    "walk.npz",
    "frames/[1-9].jpg",
    "frames/person-[1-9]*.jpg",
    "report.pdf",
    "fhir.json",
    "overlay.mp4",
    "film.mp4",
    "film.webm",
    "saliency-[1-9]*.png",
)
#: Frames that lie this share of their usual distance apart are still evenly timed.
_EVEN_CLOCK = 0.1
_READING = "Reading the keypoints"
_MEASURING = "Measuring"
_CUTTING = "Cutting out the walker"
_ASKING = "Asking the model"
_EXPLAINING = "Explaining the model"
_DRAWING = "Drawing the overlay"
_WRITING = "Writing the report"


def assess(
    video: str | Path,
    out: str | Path,
    request: Request | None = None,
    *,
    progress: StageProgress | None = None,
    stopwatch: Stopwatch | None = None,
) -> Assessment:
    """Assess a walk and write everything that comes of it into a folder.

    Parameters
    ----------
    video
        The recording: a film, a folder of colour and depth, a file of keypoints or markers, or a
        folder of OpenPose frames.
    out
        The folder; it is made if need be. All files of an earlier assessment in it are replaced,
        at the end and together; other files in it are left alone.
    request
        What is asked; by default the sagittal walk with nothing known of the person.
    progress
        Called while the work goes on.
    stopwatch
        Takes the time of every stage.

    Returns
    -------
    Assessment
        With status ``assessed``, or ``refused`` where no honest measurement could be made.

    Raises
    ------
    BadInputError
        If the recording, an argument or the folder cannot be used; nothing is left behind.
    """
    request = request or Request()
    progress = progress or _quiet
    stopwatch = stopwatch or Stopwatch()
    asked = request.protocol
    with_depth = is_rgbd_folder(Path(video))
    usual = _USUAL_IN_SPACE if with_depth else _USUAL_FOR_FILMS
    named = usual if asked is None else asked
    protocol = named if isinstance(named, Protocol) else load_protocol(named)
    check_names(protocol)
    check_subject(request.subject)
    models = open_models(protocol) if request.bundles is None else request.bundles
    with workplace(Path(out), OUTPUTS, MARKER) as folder:
        _keep_the_input(Path(video), Path(out))
        if not with_depth and is_keypoint_file(Path(video)):
            return _assess_keypoints_into(
                folder, Path(video), protocol, models, request, progress, stopwatch
            )
        recording = (open_rgbd if with_depth else open_recording)(Path(video))
        return _assess_into(folder, recording, protocol, models, request, progress, stopwatch)


def _quiet(stage: str, fraction: float) -> None:
    del stage, fraction


def open_models(protocol: Protocol) -> tuple[tuple[Bundle, ...], ...]:
    """Open the bundles that a protocol names: what is wrong with one is said before the work.

    Returns
    -------
    tuple of tuple of Bundle
        Each place of the list with the bundles that stand there, the first choice first.

    Raises
    ------
    BadInputError
        If one is missing, broken, or not made for this version.
    """
    places = ((each,) if isinstance(each, str) else each for each in protocol.models)
    return tuple(tuple(open_model(name) for name in names) for names in places)


def ask_models(
    models: Sequence[Sequence[Bundle]],
    walks: Sequence[Walk],
    protocol: Protocol,
    subject: Subject,
    measurement: Measurement,
) -> tuple[Answer, ...]:
    """Return what the models say of a walk, of which there may be several records.

    Where several stand in one place, the first that can see the walk speaks; if none can, the
    reason of the first choice counts. Where measured signs come before what one says, the fields
    of the protocol that only a clinician can enter come with them.
    """
    said = []
    for place in models:
        tried: list[Answer] = []
        for bundle in place:
            tried.append(
                answer(
                    bundle, walks, subject, measurement,
                    research=protocol.research, prevalence_pct=protocol.prevalence_pct,
                )
            )  # fmt: skip
            if saw_the_walk(tried[-1].prediction):
                break
        said.append(tried[-1] if saw_the_walk(tried[-1].prediction) else tried[0])
    to_enter = tuple(entry.title for entry in protocol.entries)
    return tuple(
        replace(one, prediction=replace(one.prediction, to_enter=to_enter))
        if one.prediction.signs else one
        for one in said
    )  # fmt: skip


def with_saliency(
    answers: Sequence[Answer],
    models: Sequence[Sequence[Bundle]],
    walk: Walk,
    protocol: Protocol,
    measurement: Measurement,
    folder: Path,
    progress: Progress,
) -> tuple[Answer, ...]:
    """Return answers with where the models looked, where the protocol asks for that.

    Parameters
    ----------
    answers, models
        As of :func:`ask_models`: what names no class is left as it is.
    walk
        The record that was judged.
    protocol
        It says by which method.
    measurement
        Of the walk: its events make the phases of the gait cycle.
    folder
        Where pictures with the attention on them are written, of models that look at pictures.
    progress
        Called with the fraction of the work done.
    """
    method = protocol.saliency
    if method == "none":
        return tuple(answers)
    from clinigait.explain.pictures import overlays_of  # noqa: PLC0415  PyTorch, when it is asked
    from clinigait.explain.walk import explain  # noqa: PLC0415
    from clinigait.report.saliency_figures import save_overlay  # noqa: PLC0415

    bundles = {bundle.card.id: bundle for place in models for bundle in place}
    found = []
    for number, one in enumerate(answers, 1):
        said = one.prediction
        if said.classes:
            bundle = bundles[said.card_id]
            try:
                why = explain(
                    bundle, walk, measurement.events, measurement.near_side, method, progress
                )
                said = replace(said, saliency=why.saliency)
                if (overlay := overlays_of(why)) is not None:
                    save_overlay(*overlay, folder / f"saliency-{number}.png")
            except RefusedError as error:
                said = replace(said, saliency_refused=error.refused)
        found.append(replace(one, prediction=said))
    return tuple(found)


def with_embedding(walk: Walk, answers: Sequence[Answer]) -> Walk:
    """Return a walk with what the first network made of it that sees regions of the body."""
    found = (one.embedding for one in answers if one.embedding is not None)
    return replace(walk, embedding=next(found, None))


def _assess_into(
    folder: Path,
    recording: Recording,
    protocol: Protocol,
    models: Sequence[Sequence[Bundle]],
    request: Request,
    progress: StageProgress,
    stopwatch: Stopwatch,
) -> Assessment:
    draft = _Draft(request.subject, protocol, recording.synthetic)
    road = FilmRoad(folder, recording, protocol, request, progress, stopwatch)
    try:
        seen = road.measured()
    except RefusedError as error:
        draft.recording, draft.perception = road.facts, road.perception
        if request.keep_refused and road.followed is not None:
            found, walk = road.followed
            write_walk(walk, folder / "walk.npz")
            if request.film:
                with stopwatch.stage(_DRAWING, progress) as tell:
                    film_alone(folder, found, walk.pictured(), request.threads, tell)
        refused = draft.refused(error)
        write_assessment(refused, folder / MARKER)
        return refused
    draft.recording, draft.perception = road.facts, road.perception
    walk, measurement = seen.walk, seen.measurement
    asked = walk
    cut = cut_for(s for place in models for bundle in place for s in bundle.card.inputs)
    if cut is not None:
        with stopwatch.stage(_CUTTING, progress) as tell:
            asked = with_pictures(walk, recording, cut, tell)
    judge = _Judge(folder, protocol, models, progress, stopwatch)
    answers = judge.asked(asked, request.subject, measurement)
    frames: tuple[StoredFrame, ...] = ()
    if request.documents or request.film:
        with stopwatch.stage(_DRAWING, progress) as tell:
            films = Films(request.documents and request.overlay, request.film, request.threads)
            frames = depict(folder, seen.found, walk.pictured(), measurement, films, tell)
    with stopwatch.stage(_WRITING, progress):
        assessment = draft.assessed(measurement, frames, answers)
        _write_files(folder, assessment, with_embedding(walk, answers), request.documents)
    return assessment


def _assess_keypoints_into(
    folder: Path,
    path: Path,
    protocol: Protocol,
    models: Sequence[Sequence[Bundle]],
    request: Request,
    progress: StageProgress,
    stopwatch: Stopwatch,
) -> Assessment:
    """Assess a walk whose keypoints were found elsewhere: there is no film to draw on."""
    draft = _Draft(request.subject, protocol)
    with stopwatch.stage(_READING, progress):
        walk = read_keypoints(path, replace(request.hints, person=request.person))
        subject = _known_of(request.subject, walk.subject)
        check_subject(subject)
        walk = replace(walk, subject=subject)
        if request.protocol is None and walk.space is not Space.IMAGE_PX:
            protocol = load_protocol(_USUAL_IN_SPACE)
        draft = _Draft(subject, protocol, is_synthetic(walk))
        draft.recording = facts = _keypoint_facts(path, walk)
    try:
        with stopwatch.stage(_MEASURING, progress):
            measurement = measure(walk, protocol, film_of(facts, walk), request.known_length)
    except RefusedError as error:
        if request.keep_refused:
            write_walk(walk, folder / "walk.npz")
        refused = draft.refused(error)
        write_assessment(refused, folder / MARKER)
        return refused
    judge = _Judge(folder, protocol, models, progress, stopwatch)
    answers = judge.asked(walk, subject, measurement)
    with stopwatch.stage(_WRITING, progress):
        drawn = request.documents or request.film
        frames = draw_stick_figures(folder, walk, measurement) if drawn else ()
        assessment = draft.assessed(measurement, frames, answers)
        _write_files(folder, assessment, with_embedding(walk, answers), request.documents)
    return assessment


def _known_of(asked: Subject, stored: Subject) -> Subject:
    """Return what is known of the person: what was asked goes before what a file says."""
    given = {name: value for name, value in asdict(asked).items() if value is not None}
    return replace(stored, **given)


def _keypoint_facts(path: Path, walk: Walk) -> RecordingFacts:
    size = walk.image_size_px or (None, None)
    steps_s = np.diff(walk.time_s)
    varies = bool(len(steps_s) and np.ptp(steps_s) > _EVEN_CLOCK * np.median(steps_s))
    return RecordingFacts(
        file_name=path.name,
        sha256=_sha256(path),
        n_frames=len(walk),
        duration_s=walk.duration_s,
        rate_hz=mean_rate_hz(walk.time_s),
        variable_rate=varies,
        width_px=size[0],
        height_px=size[1],
        source="keypoints",
        layout=walk.layout.name,
    )


def _sha256(path: Path) -> str:
    """Return the hash of a file; of a folder, that of the hashes of its files by name."""
    return sha256_of(path) if path.is_file() else sha256_of_all(path.glob("*.json"), path)


def write_documents(assessment: Assessment, folder: Path) -> None:
    """Write the tables, the report and the FHIR bundle of an assessment into its folder."""
    from clinigait.documents import write_pdf  # noqa: PLC0415  slow to import
    from clinigait.report.fhir import write_fhir  # noqa: PLC0415  slow to import
    from clinigait.report.tables import write_tables  # noqa: PLC0415

    write_tables(assessment, folder)
    write_pdf(assessment, folder, folder / "report.pdf")
    write_fhir(assessment, folder / "fhir.json", CATALOGUE)


def _write_files(folder: Path, assessment: Assessment, walk: Walk, documents: bool) -> None:
    write_assessment(assessment, folder / MARKER)
    write_walk(walk, folder / "walk.npz")
    if documents:
        write_documents(assessment, folder)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Asks the models of a walk, and where they looked if the protocol wants to know that."""

    folder: Path
    protocol: Protocol
    models: Sequence[Sequence[Bundle]]
    progress: StageProgress
    stopwatch: Stopwatch

    def asked(self, walk: Walk, subject: Subject, measurement: Measurement) -> tuple[Answer, ...]:
        if not self.models:
            return ()
        with self.stopwatch.stage(_ASKING, self.progress):
            said = ask_models(self.models, [walk], self.protocol, subject, measurement)
        if self.protocol.saliency == "none":
            return said
        with self.stopwatch.stage(_EXPLAINING, self.progress) as tell:
            return with_saliency(
                said, self.models, walk, self.protocol, measurement, self.folder, tell
            )


class _Draft:
    """Gathers the facts of an assessment while the work goes on."""

    def __init__(self, subject: Subject, protocol: Protocol, synthetic: bool = False) -> None:
        self._subject = subject
        self._synthetic = synthetic
        self._reported = protocol.parameters
        self._narration = protocol.narration
        self._protocol = ProtocolFacts(
            protocol.name, protocol.version, protocol.title, protocol.sha256
        )
        self.recording: RecordingFacts | None = None
        self.perception: PerceptionFacts | None = None

    def assessed(
        self,
        measurement: Measurement,
        frames: tuple[StoredFrame, ...],
        answers: Sequence[Answer],
    ) -> Assessment:
        assessment = Assessment(
            status="assessed",
            subject=self._subject,
            protocol=self._protocol,
            provenance=provenance(self._synthetic),
            recording=self.recording,
            perception=self.perception,
            measurement=measurement,
            frames=frames,
            predictions=tuple(one.prediction for one in answers),
        )
        found = with_findings(assessment, self._reported)
        embedding = next((one.embedding for one in answers if one.embedding is not None), None)
        return with_narration(found, self._narration, embedding)

    def refused(self, error: RefusedError) -> Assessment:
        assessment = Assessment(
            status="refused",
            subject=self._subject,
            protocol=self._protocol,
            provenance=provenance(self._synthetic),
            recording=self.recording,
            perception=self.perception,
            code=error.refused.code,
            message=error.refused.message,
            remedy=error.refused.remedy,
        )
        return with_narration(with_findings(assessment, self._reported), self._narration)


def with_findings(assessment: Assessment, reported: Collection[str]) -> Assessment:
    """Return an assessment with what its numbers say, as far as the protocol asks for it."""
    return replace(assessment, findings=findings_of(assessment, CATALOGUE, reported))


def with_narration(
    assessment: Assessment, asked: str, embedding: WalkEmbedding | None = None
) -> Assessment:
    """Return an assessment with its findings in sentences, by template or by the language model."""
    from clinigait.explain.narration.narrator import narration_of  # noqa: PLC0415

    return replace(
        assessment, narration=narration_of(assessment.findings, asked, embedding=embedding)
    )


def provenance(synthetic: bool = False) -> Provenance:
    """Return what is running: versions of the program and of what shapes its numbers."""
    packages = {}
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "unknown"
    return Provenance(
        created_at=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        clinigait_version=__version__,
        python_version=platform.python_version(),
        packages=packages,
        synthetic=synthetic,
    )


def _keep_the_input(video: Path, out: Path) -> None:
    """Refuse an input that lies where an output will: it would be replaced."""
    if video.is_dir() and out.exists() and video.samefile(out):
        raise BadInputError(
            f"The output folder is the recording {video.name} itself.", "Choose another --out."
        )
    taken = (file for pattern in OUTPUTS for file in out.glob(pattern))
    if video.exists() and any(file.exists() and file.samefile(video) for file in taken):
        raise BadInputError(
            f"The input {video.name} lies where an output of the assessment will be written.",
            "Choose another --out.",
        )


def check_subject(subject: Subject) -> None:
    """Refuse impossible facts: most often the wrong unit.

    Raises
    ------
    BadInputError
        If there is one.
    """
    for title, text, longest in (
        ("subject code", subject.code, 64),
        ("condition", subject.condition, 300),
    ):
        if text is not None and (len(text) > longest or not text.isprintable()):
            raise BadInputError(
                f"The {title} is longer than {longest} letters or holds control characters.",
                "Give a short, plain text.",
            )
    limits = {
        "height_m": (0.4, 2.6, "body height", "m", "Give metres, for example --height-m 1.72."),
        "mass_kg": (2, 400, "body mass", "kg", "Give kilograms, for example --mass-kg 68."),
        "age_y": (0, 125, "age", "years", "Give years, for example --age-y 71."),
    }
    for name, (low, high, title, unit, remedy) in limits.items():
        value = getattr(subject, name)
        if value is not None and not low <= value <= high:
            raise BadInputError(f"The {title} of {value:g} {unit} is impossible.", remedy)
