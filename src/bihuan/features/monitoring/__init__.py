"""Variance, drill to lines, alerts, deviations and the cases that close them."""
