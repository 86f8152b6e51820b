"""Alembic wants this file; everything runs through ``runner.migrate`` with a connection of its own."""
