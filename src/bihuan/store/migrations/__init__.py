"""Alembic revisions, forward only; a test proves that all of them give the declared tables.

A new revision: declare the change in ``store/tables``, run ``make migration NAME=what_it_does``, read what was written.
"""

from bihuan.store.migrations.runner import head, migrate

__all__ = ["head", "migrate"]
