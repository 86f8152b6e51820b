"""Pure computation on arrays: panels, roll-up, formulas, sheets. Arrays in, arrays out; never asks the outside."""
