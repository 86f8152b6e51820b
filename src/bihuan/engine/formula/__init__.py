"""The one expression language: parse -> bind (types, units, dimensions) -> order -> evaluate, one module each."""
