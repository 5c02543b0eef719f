"""Alembic's folder: one file under ``versions`` for each change of the tables."""
