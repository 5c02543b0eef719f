"""Copies of films that browsers can play, and drafts of corrections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is needed; no film has a copy yet, and nobody a draft."""
    # In words that both databases know: SQLite takes a reference only with its column.
    op.execute(
        "ALTER TABLE recordings ADD COLUMN viewing_sha256 VARCHAR(64) "
        "CONSTRAINT fk_recordings_viewing_sha256 REFERENCES files (sha256)"
    )
    op.create_index("ix_recordings_viewing_sha256", "recordings", ["viewing_sha256"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("assessment_id", sa.String(length=32), nullable=False),
        sa.Column("corrections", sa.Text(), nullable=False),
        sa.Column("saved_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_drafts_user_id"),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessments.id"], name="fk_drafts_assessment_id"
        ),
        sa.PrimaryKeyConstraint("user_id", "assessment_id", name="pk_drafts"),
    )
    op.create_index("ix_drafts_assessment_id", "drafts", ["assessment_id"], unique=False)
