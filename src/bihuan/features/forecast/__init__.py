"""Forecast versions and methods that read actuals."""
