"""Settings of the installation that live in the database, such as the business date."""

from sqlalchemy import Column, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from bihuan.store.tables._base import metadata

setting = Table("setting", metadata, Column("name", Text, primary_key=True), Column("value", JSONB, nullable=False))
