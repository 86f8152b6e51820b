"""The budget after its release: carry-forward of a period, loans from later periods, exceptions for one document."""
