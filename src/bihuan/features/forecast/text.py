"""``forecasts/*.yaml`` of the applied package, read with every problem at once (docs/reference/forecasts.md).

forecast: 滚动预测        title, items, version, actual, budget, horizon, method, history, festival, blank, pool, where, band
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bihuan.engine.compiled import CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.forecast.methods import NAMES
from bihuan.features.forecast.model import Definition, NoSuchForecast, Up
from bihuan.features.modelling import queries as modelling
from bihuan.features.modelling.plain_yaml import line_of, plain_yaml
from bihuan.features.planning.cells import ref_of
from bihuan.kernel.errors import Problem, ProblemsFound
from bihuan.kernel.nearest import hint
from bihuan.store.unit_of_work import Reader, UnitOfWork

FOLDER = "forecasts/"
ROLE = "预测"
_KEYS = {"forecast", "title", "items", "version", "actual", "budget", "horizon", "method", "history", "festival", "blank",
         "pool", "where", "band"}  # fmt: skip
_VERSION_KEYS = {"code", "name", "role"}
Bad = Callable[[str, object, str], None]


def definitions(reader: Reader, model: str | int, revision: int | None = None) -> list[Definition]:
    """Every forecast of a model's package, with every problem of all of them at once."""
    found = modelling.find(reader, model)
    compiled = modelling.compiled(reader, found.id, revision)
    return read_all(compiled, modelling.package(reader, found.id, revision or found.revision))


def read_all(compiled: CompiledModel, texts: Mapping[str, str]) -> list[Definition]:
    """The forecasts of a package's texts; raises `ProblemsFound` with the problems of all of them."""
    problems: list[Problem] = []
    out: list[Definition] = []
    for file, text in sorted(texts.items()):
        if file.startswith(FOLDER) and file.endswith(".yaml"):
            try:
                out.append(read(compiled, file, text))
            except ProblemsFound as bad:
                problems += bad.problems
    for i, one in enumerate(out):
        for other in out[:i]:
            if one.code == other.code:
                problems.append(
                    Problem("bad_forecast", one.file, found=f"forecast: {one.code}", expected="每个代码只写一次")
                )
            elif one.version == other.version and (both := set(one.items) & set(other.items)):
                shared = f"items: {min(f'{ref.cube}!{ref.item}' for ref in both)}"
                expected = f"一个版本里一个指标只属于一个预测；{one.version} 里 {other.file} 已有它"
                problems.append(Problem("bad_forecast", one.file, found=shared, expected=expected))
    if problems:
        raise ProblemsFound(problems)
    return out


def definition(reader: Reader, model: str, code: str) -> Definition:
    """One forecast of a model; raises `NoSuchForecast`."""
    for found in definitions(reader, model):
        if found.code == code:
            return found
    raise NoSuchForecast(f"模型 {model} 没有预测 {code}", model=model, forecast=code)


class ForecastTexts:
    """Implements `modelling.model.RevisionListener`: a package whose forecasts cannot be read is refused as a whole."""

    def on_lock(self, uow: UnitOfWork, model_id: int) -> None:
        """Nothing is locked."""

    def on_revision(self, uow: UnitOfWork, actor: Principal, model_id: int, revision: int) -> None:  # noqa: ARG002
        """Reads them; raises `ProblemsFound`."""
        definitions(uow, model_id, revision)


def read(model: CompiledModel, file: str, text: str) -> Definition:
    """One file; scalars are read as text."""
    said = plain_yaml(text, file)
    if not isinstance(said, dict):
        raise ProblemsFound([Problem("bad_forecast", file, found="不是 键: 值", expected="键: 值")])
    problems: list[Problem] = []

    def bad(where: str, found: object, expected: str) -> None:
        line = line_of(text, where.split(" ", maxsplit=1)[0].rstrip(","))
        problems.append(Problem("bad_forecast", file, line, found=f"{where}: {found}", expected=expected))

    made = _definition(model, file, said, bad)
    if problems:
        raise ProblemsFound(problems)
    return made


def _definition(model: CompiledModel, file: str, said: Mapping[str, Any], bad: Bad) -> Definition:
    _known_keys(said, _KEYS, "", bad)
    code = str(said.get("forecast") or "")
    if not code:
        bad("forecast", "没有写", "代码")
    version = said.get("version") or {}
    if isinstance(version, str):
        version = {"code": version}
    _known_keys(version, _VERSION_KEYS, "version ", bad)
    role = version.get("role", ROLE)
    if role not in model.definition.versions:
        bad("version role", role, "、".join(model.definition.versions))
    if not version.get("code"):
        bad("version code", "没有写", "写到哪个版本，如 {year}预测")
    items = [ref_of(str(i)) for i in said.get("items") or ()]
    if not items:
        bad("items", "没有写", "[预算表!指标]")
    for ref in items:
        _check_item(model, f"{ref.cube}!{ref.item}", bad)
    dims = list(dict.fromkeys(d for ref in items if ref in model.items for d in model.items[ref].dims))
    pool = _pool(said.get("pool"), [d for d in dims if d != "org"], bad)
    where = {str(d): [str(m) for m in members] for d, members in (said.get("where") or {}).items()}
    for dim in [*pool, *where]:
        if dim not in dims:
            bad("pool, where", dim, "指标的维度：" + "、".join(sorted(dims)))
    for dim, members in where.items():
        for member in members:
            if dim in model.dimensions and member not in model.dimensions[dim].by_code:
                bad(f"where {dim}", member, "已有的成员" + hint(member, model.dimensions[dim].by_code))
    return Definition(
        code=code,
        title=str(said.get("title") or code),
        file=file,
        items=tuple(items),
        version=str(version.get("code", "")),
        version_name=str(version.get("name") or version.get("code", "")),
        role=str(role),
        actual=str(said.get("actual", "实际")),
        budget=str(said.get("budget", "预算")),
        horizon=_number(said, "horizon", {"rest-of-year": 0}, (1, 36), "rest-of-year", bad),
        method=_one_of(said, "method", ("auto", *NAMES), "auto", bad),
        least=_number(said, "history", {}, (1, 120), "0", bad),
        festival=_one_of(said, "festival", ("spring-festival", "none"), "spring-festival", bad) != "none",
        quiet=_one_of(said, "blank", ("missing", "nothing-happened"), "missing", bad) == "nothing-happened",
        pool=pool,
        where=where,
        band=_number(said, "band", {}, (50, 99), "80", bad) / 100,
    )


def _pool(said: Any, usual: Sequence[str], bad: Bad) -> dict[str, Up]:
    """A list of dimensions, or dimension -> leaf or parent; without one, every dimension but the organisations."""
    if not isinstance(said, dict):
        return dict.fromkeys(map(str, usual if said is None else said), "leaf")
    out: dict[str, Up] = {}
    for dim, up in said.items():
        if up not in ("leaf", "parent"):
            bad(f"pool {dim}", up, "leaf 或 parent")
        out[str(dim)] = "parent" if up == "parent" else "leaf"
    return out


def _known_keys(said: Mapping[str, Any], known: set[str], where: str, bad: Bad) -> None:
    for key in said.keys() - known:
        bad(f"{where}{key}", "没有这一项", "、".join(sorted(known)) + hint(key, known))


def _check_item(model: CompiledModel, code: str, bad: Bad) -> None:
    item = model.items.get(ref_of(code))
    if item is None:
        known = [f"{ref.cube}!{ref.item}" for ref in model.items]
        bad("items", code, "预算表!指标" + hint(code, known))
    elif item.type != "number" or item.grain != "base" or item.total.kind != "sum":
        bad("items", code, "按最细期间存、合计为相加的数")
    elif not item.is_input and item.always_formula and not item.definition.override:
        bad("items", code, "可以填的指标；这一个由公式算，预测它的来源")


def _one_of(said: Mapping[str, Any], key: str, known: tuple[str, ...], default: str, bad: Bad) -> str:
    found = str(said.get(key, default))
    if found not in known:
        bad(key, found, "、".join(known) + hint(found, known))
    return found


def _number(  # noqa: PLR0917 - a line of the table of keys above
    said: Mapping[str, Any], key: str, words: Mapping[str, int], bounds: tuple[int, int], default: str, bad: Bad
) -> int:
    """A whole number within bounds, or one of some words; the default may lie outside."""
    found = str(said.get(key, default))
    if found in words:
        return words[found]
    low, high = bounds
    if found == default and key not in said:
        return int(found)
    if not found.isdigit() or not low <= int(found) <= high:
        bad(key, found, " 或 ".join([*words, f"{low} 到 {high} 的整数"]))
        return low
    return int(found)
