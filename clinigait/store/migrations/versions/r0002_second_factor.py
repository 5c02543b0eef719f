"""A second factor for users, and wrong passwords counted by address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is needed; nobody has a second factor yet."""
    nobody, never = sa.text("false"), sa.text("0")
    if op.get_bind().dialect.name == "sqlite":
        nobody = sa.text("0")
    for column in (
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_confirmed", sa.Boolean(), nullable=False, server_default=nobody),
        sa.Column("totp_last", sa.BigInteger(), nullable=False, server_default=never),
    ):
        op.add_column("users", column)
    op.create_table(
        "attempts",
        sa.Column("address_sha256", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address_sha256", name="pk_attempts"),
    )
