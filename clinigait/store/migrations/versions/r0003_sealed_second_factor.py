"""Secrets of second factors are sealed with a key outside the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from clinigait.store import sealing

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Seal what lies open; the key is made where there is none and something to seal."""
    users = sa.table("users", sa.column("id"), sa.column("totp_secret"))
    key_file = context.config.attributes["key_file"]
    connection = op.get_bind()
    having = sa.select(users.c.id, users.c.totp_secret).where(users.c.totp_secret.is_not(None))
    for user_id, secret in connection.execute(having).all():
        sealing.make(key_file)
        sealed = sealing.seal(key_file, secret, f"totp:{user_id}")
        connection.execute(sa.update(users).where(users.c.id == user_id).values(totp_secret=sealed))
