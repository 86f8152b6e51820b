"""Which approval flow a plan unit takes when nobody names one: the package's own for plan units."""

from typing import Any

from bihuan.features.entry.model import KIND
from bihuan.features.modelling import queries as modelling
from bihuan.features.modelling.plain_yaml import plain_yaml
from bihuan.kernel.errors import Invalid
from bihuan.store.unit_of_work import Reader


def default_flow(reader: Reader, model: str) -> str:
    """The code of the only flow in ``flows/*.yaml`` for plan units (``subject: plan_unit``, or without a subject)."""
    found = modelling.find(reader, model)
    files = modelling.package(reader, found.id, found.revision)
    said = [
        _read(text, path)
        for path, text in sorted(files.items())
        if path.startswith("flows/") and path.endswith(".yaml")
    ]
    named = [s for s in said if s.get("subject") == KIND]
    codes = [str(s["code"]) for s in named or said if s.get("subject", KIND) == KIND and s.get("code")]
    if len(codes) != 1:
        raise Invalid("请指定提交到哪个审批流。", model=model, found=codes, expected="一个 subject: plan_unit 的审批流")
    return codes[0]


def _read(text: str, path: str) -> dict[str, Any]:
    content = plain_yaml(text, path)
    return content if isinstance(content, dict) else {}
