"""How a user wants the pages to look."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is chosen; nobody has chosen yet."""
    op.add_column("users", sa.Column("appearance", sa.String(length=64), nullable=True))
