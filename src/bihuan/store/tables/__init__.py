"""Declared tables, one module per feature, on one MetaData; constraints are named."""

import importlib
import pkgutil

from bihuan.store.tables._base import metadata

for _module in pkgutil.iter_modules(__path__):
    if not _module.name.startswith("_"):
        importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["metadata"]
