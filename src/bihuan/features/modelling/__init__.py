"""The model as text: packages, dimensions, items, formulas, revisions; check, apply, test, export."""
