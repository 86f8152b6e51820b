"""Checks: what must hold before a plan unit is submitted."""
