"""``forms/*.yaml``: one form a file. Read against the compiled model; every problem is told with its place.

form: 部门费用            title, note, cube, items: [金额], orgs: [G] (where it is used; none = everywhere)
rows: {dim: 科目, tree: "", root: 费用合计, depth: 3}
compare:
  - {code: 上年实际, title: "{年}实际", version: 实际, year: -2}      a version role, years from the form's year
  - {code: 本年预计, title: "{年}预计", version: 预计, year: -1}      actuals to the business date, the plan after it
  - {code: 同比, title: 同比, change_from: 本年预计}                how much the form's year is above it
fill: {from: 本年预计, factor: 1.05}                               what 按上年填 starts from
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bihuan.engine.compiled import CompiledModel
from bihuan.features.modelling.texts import Problems, Yaml, report_unknown, yaml_of
from bihuan.features.planning.estimate import ESTIMATE
from bihuan.kernel.nearest import hint

_KEYS = ("form", "title", "note", "cube", "items", "orgs", "rows", "compare", "fill")
_ROWS = ("dim", "tree", "root", "depth")
_COMPARE = ("code", "title", "version", "year", "change_from")
_FILL = ("from", "factor")
FACTOR_MAX = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Compare:
    """A column beside the form: a version role (or 预计) some years away, or the change from another such column."""

    code: str
    title: str
    version: str = ""
    year: int = 0
    change_from: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """``dim`` "" = one row per item. ``fill_from`` is a comparison's code, "" = this form is not filled from one."""

    code: str
    title: str
    note: str
    cube: str
    items: tuple[str, ...]
    orgs: tuple[str, ...]
    dim: str
    tree: str
    root: str | None
    depth: int | None
    compare: tuple[Compare, ...]
    fill_from: str
    factor: Decimal


def read_forms(model: CompiledModel, files: Mapping[str, str], problems: Problems) -> Iterator[Form]:
    """The forms of these files; problems are added, a form with a problem is left out."""
    seen: dict[str, str] = {}
    for file, text in files.items():
        before = len(problems)
        root = yaml_of(text, file, problems)
        form = _Reader(model, problems).form(root) if root is not None else None
        if form is not None and form.code in seen and root is not None:
            message = f"填报表“{form.code}”已在 {seen[form.code]} 定义"
            problems.at("duplicate_form", root.place, message, found=form.code)
        if form is not None and len(problems) == before:
            seen[form.code] = file
            yield form


class _Reader:
    def __init__(self, model: CompiledModel, problems: Problems) -> None:
        self.model, self.problems = model, problems

    def form(self, root: Yaml) -> Form | None:
        said = root.mapping("填报表")
        report_unknown(said, _KEYS, "填报表")
        code = _text(said, "form")
        cube = _text(said, "cube")
        if not code:
            self.problems.at("missing", root.place, "填报表没有编码", expected="form: 编码")
        cubes = {c.code: c for c in self.model.definition.cubes}
        if cube not in cubes:
            node = said.get("cube", root)
            message = f"没有叫“{cube}”的预算表{hint(cube, cubes)}"
            self.problems.at("unknown_cube", node.place, message, found=cube, expected="、".join(cubes))
            return None
        items = self._items(said.get("items"), cube)
        dim, tree, top, depth = self._rows(said.get("rows"), cube, items)
        compare = tuple(self._compare(said.get("compare")))
        fill_from, factor = self._fill(said.get("fill"), compare)
        return Form(
            code=code,
            title=_text(said, "title") or cubes[cube].title or code,
            note=_text(said, "note"),
            cube=cube,
            items=items,
            orgs=self._members(said.get("orgs"), "org"),
            dim=dim,
            tree=tree,
            root=top,
            depth=depth,
            compare=compare,
            fill_from=fill_from,
            factor=factor,
        )

    def _items(self, node: Yaml | None, cube: str) -> tuple[str, ...]:
        known = [ref.item for ref in self.model.items if ref.cube == cube]
        asked = node.texts("items") if node is not None else ()
        for code in asked:
            if code not in known and node is not None:
                message = f"“{cube}”没有指标“{code}”{hint(code, known)}"
                self.problems.at("unknown_item", node.place, message, found=code, expected="、".join(known))
        return asked or tuple(known)

    def _rows(self, node: Yaml | None, cube: str, items: tuple[str, ...]) -> tuple[str, str, str | None, int | None]:
        said = node.mapping("rows") if node is not None else {}
        report_unknown(said, _ROWS, "rows")
        dim = _text(said, "dim")
        if node is None or not dim:
            return "", "", None, None
        found = {d for r, i in self.model.items.items() if r.cube == cube and r.item in items for d in i.dims}
        if dim not in found:
            message = f"这些指标没有维度“{dim}”{hint(dim, found)}"
            self.problems.at(
                "unknown_dimension", said["dim"].place, message, found=dim, expected="、".join(sorted(found))
            )
            return dim, "", None, None
        dimension, tree, top = self.model.dimensions[dim], _text(said, "tree"), _text(said, "root") or None
        if tree and tree not in dimension.trees:
            expected = "、".join(t for t in dimension.trees if t)
            self.problems.at(
                "unknown_tree", said["tree"].place, f"“{dim}”没有层级“{tree}”", found=tree, expected=expected
            )
        if top is not None and dimension.find(top) is None:
            self.problems.at("unknown_member", said["root"].place, f"“{dim}”里没有成员“{top}”", found=top)
        return dim, tree, top, said["depth"].whole("depth") if "depth" in said else None

    def _members(self, node: Yaml | None, dim: str) -> tuple[str, ...]:
        codes = node.texts("orgs") if node is not None else ()
        dimension = self.model.dimensions.get(dim)
        for code in codes:
            if node is not None and (dimension is None or code not in dimension.by_code):
                self.problems.at("unknown_member", node.place, f"没有组织“{code}”", found=code)
        return codes

    def _compare(self, node: Yaml | None) -> Iterator[Compare]:
        known: list[str] = []
        for one in node.each("compare") if node is not None else []:
            said = one.mapping("compare")
            report_unknown(said, _COMPARE, "compare")
            code, role, base = _text(said, "code"), _text(said, "version"), _text(said, "change_from")
            roles = [*self.model.definition.versions, ESTIMATE]
            if not code or code in known:
                self.problems.at("duplicate_compare", one.place, "每个对比列要有不同的 code", found=code or "（空）")
            if bool(role) == bool(base):
                self.problems.at("bad_value", one.place, "对比列写 version 或 change_from 之一", found=code)
            elif role and role not in roles:
                message = f"没有版本角色“{role}”{hint(role, roles)}"
                self.problems.at(
                    "unknown_version", said["version"].place, message, found=role, expected="、".join(roles)
                )
            elif base and base not in known:
                place = said["change_from"].place
                self.problems.at(
                    "unknown_compare", place, "change_from 要写前面的对比列", found=base, expected="、".join(known)
                )
            known.append(code)
            year = said["year"].whole("year") if "year" in said else 0
            yield Compare(code, _text(said, "title") or code, role, year, base)

    def _fill(self, node: Yaml | None, compare: tuple[Compare, ...]) -> tuple[str, Decimal]:
        said = node.mapping("fill") if node is not None else {}
        report_unknown(said, _FILL, "fill")
        columns = [c.code for c in compare if c.version]
        source = _text(said, "from")
        if said and source not in columns:
            place = (said.get("from") or node or said["factor"]).place
            self.problems.at(
                "unknown_compare", place, "fill.from 要写一个对比列", found=source, expected="、".join(columns)
            )
        factor = Decimal(1)
        if "factor" in said:
            try:
                factor = Decimal(said["factor"].text("factor").strip())
            except InvalidOperation:
                factor = Decimal(-1)
            if not factor.is_finite() or not 0 < factor <= FACTOR_MAX:
                said["factor"].wrong("factor", f"大于 0、不超过 {FACTOR_MAX} 的数")
                factor = Decimal(1)
        return source, factor


def _text(said: Mapping[str, Yaml], key: str) -> str:
    return said[key].text(key).strip() if key in said else ""
