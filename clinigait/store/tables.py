"""The tables. Times are milliseconds since 1970 in UTC; ids are random and tell nothing."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, get_args

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Role = Literal["viewer", "clinician", "admin", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)
#: How a user wants the pages: light, dark, or as the system says.
Appearance = Literal["light", "dark", "system"]
APPEARANCES: tuple[Appearance, ...] = get_args(Appearance)
JobStatus = Literal["queued", "running", "done", "failed", "cancelled"]
JOB_STATUSES: tuple[JobStatus, ...] = get_args(JobStatus)

Id = Annotated[str, "id"]
Hash = Annotated[str, "hash"]
Short = Annotated[str, "short"]
Ms = Annotated[int, "ms"]
Facts = dict[str, Any]


class JsonText(TypeDecorator[Any]):
    """JSON as ASCII text in one form: the same bytes in every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002
        """Write the value as text; NaN is no JSON."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002
        """Read the text."""
        return None if value is None else json.loads(value)


def canonical(value: object) -> str:
    """Return JSON in the one form that hashes are taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Base(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's own way
        Id: String(32),
        Hash: String(64),
        Short: String(64),
        Ms: BigInteger,
        Facts: JsonText,
        list[Facts]: JsonText,
        str: Text,
    }


class User(Base):
    """Somebody who may sign in. Never deleted: the audit names the ids."""

    __tablename__ = "users"
    __table_args__ = (_one_of("role", ROLES),)
    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[Short] = mapped_column(unique=True)
    role: Mapped[Short]
    all_patients: Mapped[bool]
    enabled: Mapped[bool]
    password_hash: Mapped[str]
    failures: Mapped[int]
    locked_until_ms: Mapped[Ms]
    created_ms: Mapped[Ms]
    totp_secret: Mapped[str | None]
    totp_confirmed: Mapped[bool]
    totp_last: Mapped[Ms]
    appearance: Mapped[Short | None]


class Attempts(Base):
    """Wrong passwords from one address, whoever they were for; the address itself is not kept."""

    __tablename__ = "attempts"
    address_sha256: Mapped[Hash] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_ms: Mapped[Ms]


class SignIn(Base):
    """A user who is signed in; the token itself is only with the user."""

    __tablename__ = "sign_ins"
    token_sha256: Mapped[Hash] = mapped_column(primary_key=True)
    user_id: Mapped[Id] = mapped_column(ForeignKey("users.id"), index=True)
    created_ms: Mapped[Ms]
    seen_ms: Mapped[Ms]


class Patient(Base):
    """A patient under a pseudonymous code, never a name."""

    __tablename__ = "patients"
    id: Mapped[Id] = mapped_column(primary_key=True)
    code: Mapped[Short] = mapped_column(unique=True)
    created_by: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    created_ms: Mapped[Ms]


class PatientScope(Base):
    """That a user may see a patient; until a moment, with the reason, in an emergency."""

    __tablename__ = "patient_scopes"
    user_id: Mapped[Id] = mapped_column(ForeignKey("users.id"), primary_key=True)
    patient_id: Mapped[Id] = mapped_column(ForeignKey("patients.id"), primary_key=True, index=True)
    until_ms: Mapped[Ms | None]
    reason: Mapped[str | None]


class Visit(Base):
    """A patient's visit; ``facts`` is what the clinician says of it (height, scales, notes)."""

    __tablename__ = "visits"
    id: Mapped[Id] = mapped_column(primary_key=True)
    patient_id: Mapped[Id] = mapped_column(ForeignKey("patients.id"), index=True)
    day: Mapped[str] = mapped_column(String(10))
    facts: Mapped[Facts]
    created_by: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    created_ms: Mapped[Ms]


class StoredFile(Base):
    """A file's content; ``name`` is its random name on disk."""

    __tablename__ = "files"
    sha256: Mapped[Hash] = mapped_column(primary_key=True)
    name: Mapped[Id] = mapped_column(unique=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    created_ms: Mapped[Ms]


class Recording(Base):
    """What was filmed; ``sha256`` is empty once retention has removed the film.

    ``viewing_sha256`` is a copy of it that browsers can play, where they cannot play the film.
    """

    __tablename__ = "recordings"
    id: Mapped[Id] = mapped_column(primary_key=True)
    visit_id: Mapped[Id] = mapped_column(ForeignKey("visits.id"), index=True)
    sha256: Mapped[Hash | None] = mapped_column(ForeignKey("files.sha256"), index=True)
    viewing_sha256: Mapped[Hash | None] = mapped_column(ForeignKey("files.sha256"), index=True)
    facts: Mapped[Facts]
    created_by: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    created_ms: Mapped[Ms]
    removed_ms: Mapped[Ms | None]


class Job(Base):
    """Work for a worker: one lease at a time, the reasons of all attempts that came to nothing."""

    __tablename__ = "jobs"
    __table_args__ = (
        _one_of("status", JOB_STATUSES),
        Index("ix_jobs_status", "status", "created_ms"),
    )
    id: Mapped[Id] = mapped_column(primary_key=True)
    visit_id: Mapped[Id] = mapped_column(ForeignKey("visits.id"), index=True)
    kind: Mapped[Short]
    request: Mapped[Facts]
    status: Mapped[Short]
    attempts: Mapped[int]
    max_attempts: Mapped[int]
    lease_token: Mapped[Id | None]
    lease_until_ms: Mapped[Ms | None]
    worker: Mapped[Short | None]
    progress: Mapped[float]
    stage: Mapped[Short]
    reasons: Mapped[list[Facts]]
    created_by: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    created_ms: Mapped[Ms]
    finished_ms: Mapped[Ms | None]


class StoredAssessment(Base):
    """One version of a visit's assessment as JSON; a version never changes, the next one does."""

    __tablename__ = "assessments"
    __table_args__ = (UniqueConstraint("visit_id", "version"),)
    id: Mapped[Id] = mapped_column(primary_key=True)
    visit_id: Mapped[Id] = mapped_column(ForeignKey("visits.id"))
    version: Mapped[int]
    job_id: Mapped[Id | None] = mapped_column(ForeignKey("jobs.id"), unique=True)
    schema_version: Mapped[Short]
    content: Mapped[str]
    content_sha256: Mapped[Hash]
    created_by: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    created_ms: Mapped[Ms]


class Artefact(Base):
    """A file of an assessment: its walk, overlay, pictures."""

    __tablename__ = "artefacts"
    assessment_id: Mapped[Id] = mapped_column(ForeignKey("assessments.id"), primary_key=True)
    name: Mapped[Short] = mapped_column(primary_key=True)
    sha256: Mapped[Hash] = mapped_column(ForeignKey("files.sha256"), index=True)


class Edit(Base):
    """A correction of an assessment: who, when, before, after. Never changed."""

    __tablename__ = "edits"
    __table_args__ = (UniqueConstraint("assessment_id", "number"),)
    id: Mapped[Id] = mapped_column(primary_key=True)
    assessment_id: Mapped[Id] = mapped_column(ForeignKey("assessments.id"))
    number: Mapped[int]
    kind: Mapped[Short]
    before: Mapped[Facts]
    after: Mapped[Facts]
    made_by: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    made_ms: Mapped[Ms]


class Draft(Base):
    """Corrections that a user tries out on a version and has not kept: one draft for each."""

    __tablename__ = "drafts"
    user_id: Mapped[Id] = mapped_column(ForeignKey("users.id"), primary_key=True)
    assessment_id: Mapped[Id] = mapped_column(
        ForeignKey("assessments.id"), primary_key=True, index=True
    )
    corrections: Mapped[list[Facts]]
    saved_ms: Mapped[Ms]


class Signature(Base):
    """A signed report. Never changed: an amendment is a further signature that names it."""

    __tablename__ = "signatures"
    id: Mapped[Id] = mapped_column(primary_key=True)
    assessment_id: Mapped[Id] = mapped_column(ForeignKey("assessments.id"), unique=True)
    content_sha256: Mapped[Hash]
    report_sha256: Mapped[Hash] = mapped_column(ForeignKey("files.sha256"), index=True)
    amends_id: Mapped[Id | None] = mapped_column(
        ForeignKey("signatures.id", deferrable=True, initially="DEFERRED"), unique=True
    )
    reason: Mapped[str | None]
    signed_by: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    signed_ms: Mapped[Ms]


class AuditEntry(Base):
    """A link of the audit chain. Holds ids and codes only, so that erasure may leave it alone."""

    __tablename__ = "audit_entries"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at_ms: Mapped[Ms]
    user_id: Mapped[Id | None]
    action: Mapped[Short]
    kind: Mapped[Short | None]
    object_id: Mapped[Id | None] = mapped_column(index=True)
    detail: Mapped[str]
    previous_hash: Mapped[Hash]
    hash: Mapped[Hash]


class AuditHead(Base):
    """The end of the chain, one row: whoever writes the next link locks it."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[Hash]


#: Tables whose rows are never updated; triggers hold it, whoever writes.
FROZEN = ("assessments", "edits", "signatures", "audit_entries")
#: Tables that a backup leaves out: nobody stays signed in across a restore.
FLEETING = ("attempts", "sign_ins")
