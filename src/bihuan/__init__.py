"""Bihuan 闭环: a comprehensive-budgeting system; see docs/architecture.md for the map."""

__version__ = "0.1.0"
