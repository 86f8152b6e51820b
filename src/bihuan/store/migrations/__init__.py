"""Alembic revisions, forward only; a test proves that all of them give the declared tables."""
