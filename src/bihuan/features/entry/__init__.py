"""Forms, plan units, cycles and rounds, checks, Excel."""
