"""Reading ``cycles/*.yaml``: every problem at once, with place, found and expected. An apply with problems is refused."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import yaml

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.definition import Place
from bihuan.features.access.model import Principal
from bihuan.features.entry.cycle import (
    ORG,
    Comparison,
    NoSuchTemplate,
    Round,
    Targets,
    Template,
    Units,
    unit_orgs,
    year_code,
)
from bihuan.features.modelling import queries as modelling
from bihuan.features.modelling.texts import Problems, Yaml, report_unknown, yaml_of
from bihuan.features.planning.cells import ref_of
from bihuan.kernel.errors import ProblemsFound
from bihuan.kernel.nearest import hint
from bihuan.store.unit_of_work import Reader, UnitOfWork

FOLDER = "cycles/"
_KEYS = (
    "cycle", "title", "fiscal_year", "version", "units", "rounds", "flow", "forms", "remind_days", "targets", "compare", "policies",
)  # fmt: skip
_VERSION_KEYS = ("code", "name", "role", "bind")
_UNIT_KEYS = ("level", "leaves", "where", "under", "except", "own")
_ROUND_KEYS = ("code", "due")
_TARGET_KEYS = ("item", "reserve", "measure", "by", "keys", "rule", "tolerance", "step")
_COMPARE_KEYS = ("title", "version", "year")


class CycleTexts:
    """Implements `modelling.model.RevisionListener`: a package whose cycle texts are wrong is not applied."""

    def on_lock(self, uow: UnitOfWork, model_id: int) -> None:
        """Nothing to lock."""

    def on_revision(self, uow: UnitOfWork, actor: Principal, model_id: int, revision: int) -> None:  # noqa: ARG002 - protocol
        """Reads them all."""
        read_templates(modelling.compiled(uow, model_id, revision), modelling.package(uow, model_id, revision))


def templates_of(reader: Reader, model: str) -> dict[str, Template]:
    """The templates of a model's applied package, by code."""
    found = modelling.find(reader, model)
    return read_templates(modelling.compiled(reader, model), modelling.package(reader, found.id, found.revision))


def template_of(reader: Reader, model: str, code: str) -> Template:
    """One template; raises `NoSuchTemplate`, naming those there are."""
    found = templates_of(reader, model)
    if code not in found:
        known = "、".join(found) or "一个也没有"
        raise NoSuchTemplate(f"模型包里没有周期模板“{code}”（已有：{known}）。", template=code)
    return found[code]


def read_templates(model: CompiledModel, files: Mapping[str, str]) -> dict[str, Template]:
    """Every ``cycles/*.yaml``; raises `ProblemsFound` with the problems of all of them."""
    problems = Problems()
    out: dict[str, Template] = {}
    flows = _flow_codes(files)
    for file, text in sorted(files.items()):
        if file.startswith(FOLDER) and file.endswith(".yaml"):
            root = yaml_of(text, file, problems)
            template = None if root is None else _Reading(model, flows, file, problems).template(root)
            if template is None:
                continue
            if template.code in out:
                problems.at("duplicate_cycle", Place(file), f"周期“{template.code}”写了两次", found=template.code)
            out[template.code] = template
    if problems:
        raise ProblemsFound(problems)
    return out


def _flow_codes(files: Mapping[str, str]) -> list[str]:
    """The flows the package brings; what is wrong with their texts their own reader says."""
    out = []
    for file, text in sorted(files.items()):
        if file.startswith("flows/") and file.endswith(".yaml"):
            keys = root.mapping("flow") if (root := yaml_of(text, file, Problems())) else {}
            out += [keys["code"].text("code")] if "code" in keys else []
    return out


class _Reading:
    """One file against its model."""

    def __init__(self, model: CompiledModel, flows: Sequence[str], file: str, problems: Problems) -> None:
        self.model, self.flows, self.file, self.problems = model, flows, file, problems

    def template(self, root: Yaml) -> Template | None:
        """None when a part that the others need is missing."""
        before = len(self.problems)
        keys = root.mapping("周期")
        report_unknown(keys, _KEYS, "周期")
        for needed in ("cycle", "fiscal_year", "version", "units", "rounds", "flow"):
            if needed not in keys:
                self.problems.at("missing_key", root.place, f"周期没有写“{needed}”", expected=needed)
        if len(self.problems) > before and not {"cycle", "fiscal_year", "version", "units", "rounds"} <= keys.keys():
            return None
        year = keys["fiscal_year"].whole("fiscal_year")
        self._year(keys["fiscal_year"], year)
        version = self._version(keys["version"])
        flow = keys["flow"].text("flow") if "flow" in keys else ""
        if self.flows and flow not in self.flows:
            self._no_such(keys.get("flow", root), "审批流", flow, self.flows)
        code = keys["cycle"].text("cycle")
        return Template(
            code=code,
            title=keys["title"].text("title") if "title" in keys else code,
            fiscal_year=year,
            version=version["code"],
            version_name=version.get("name", version["code"]),
            role=version.get("role", "预算"),
            bind=version.get("bind", "no") in ("yes", "true", "是"),
            units=self._units(keys["units"]),
            rounds=self._rounds(keys["rounds"]),
            flow=flow,
            forms=keys["forms"].texts("forms") if "forms" in keys else (),
            remind_days=keys["remind_days"].whole("remind_days") if "remind_days" in keys else 3,
            targets=self._targets(keys["targets"]) if "targets" in keys else None,
            compare=tuple(self._compare(node, year) for node in self._list(keys, "compare")),
            policies=keys["policies"].texts("policies") if "policies" in keys else (),
        )

    def _version(self, node: Yaml) -> dict[str, str]:
        keys = node.mapping("version")
        report_unknown(keys, _VERSION_KEYS, "version ")
        said = {key: value.text(key) for key, value in keys.items()}
        if not said.get("code"):
            self.problems.at("missing_key", node.place, "version 没有写 code", expected="{code: …, role: …}")
        roles = self.model.definition.versions
        if roles and said.get("role", "预算") not in roles:
            self._no_such(keys.get("role", node), "版本角色", said.get("role", "预算"), roles)
        return {"code": "", **said}

    def _units(self, node: Yaml) -> Units:
        keys = node.mapping("units")
        report_unknown(keys, _UNIT_KEYS, "units ")
        orgs = self.model.dimensions[ORG].by_code if ORG in self.model.dimensions else {}
        where = {}
        for name, value in keys["where"].mapping("where").items() if "where" in keys else ():
            known = self.model.dimensions[ORG].properties
            if name not in known:
                self._no_such(value, "组织属性", name, known)
            where[name] = self._texts(value)
        under = keys["under"].text("under") if "under" in keys else ""
        exempt = keys["except"].texts("except") if "except" in keys else ()
        for key, code in (("under", under), *(("except", c) for c in exempt)):
            if code and code not in orgs:
                self._no_such(keys[key], "组织", code, orgs)
                return Units()
        level = keys["level"].whole("level") if "level" in keys else None
        own = "own" in keys and keys["own"].truth("own")
        units = Units(level, where, under, exempt, own)
        if not keys.keys() & {"level", "leaves", "where"}:
            self.problems.at("missing_key", node.place, "units 没有说哪些组织编预算", expected="level、leaves 或 where")
        elif not unit_orgs(self.model, units):
            self.problems.at("no_units", node.place, "没有一个组织符合 units", expected="至少一个组织")
        return units

    def _texts(self, node: Yaml) -> tuple[str, ...]:
        """A scalar, or a list of them."""
        return node.texts("值") if isinstance(node.node, yaml.SequenceNode) else (node.text("值"),)

    def _rounds(self, node: Yaml) -> tuple[Round, ...]:
        out = []
        for each in self._items(node, "rounds"):
            keys = each.mapping("轮次")
            report_unknown(keys, _ROUND_KEYS, "轮次")
            if missing := [k for k in _ROUND_KEYS if k not in keys]:
                self.problems.at("missing_key", each.place, f"轮次没有写 {missing[0]}", expected="{code: …, due: …}")
                continue
            due = keys["due"].text("due")
            if not due.isdigit() and not _is_day(due):
                keys["due"].wrong("due", "日期（2026-11-30）或开启后的天数")
                due = "0"
            out.append(Round(keys["code"].text("code"), due))
        if not out:
            self.problems.at("missing_key", node.place, "至少要有一轮", expected="[{code: …, due: …}]")
            out = [Round("一上", "0")]
        return tuple(out)

    def _targets(self, node: Yaml) -> Targets | None:
        keys = node.mapping("targets")
        report_unknown(keys, _TARGET_KEYS, "targets ")
        if missing := [k for k in ("item", "reserve", "measure", "by", "keys") if k not in keys]:
            self.problems.at(
                "missing_key", node.place, f"targets 没有写 {missing[0]}", expected="、".join(_TARGET_KEYS[:5])
            )
            return None
        before = len(self.problems)
        by = keys["by"].text("by")
        if by not in self.model.dimensions:
            self._no_such(keys["by"], "维度", by, self.model.dimensions)
            return None
        for name in ("item", "reserve", "measure"):
            self._item(keys[name], by, entered=name != "measure")
        members = self._keys(keys["keys"], by)
        rule = keys["rule"].text("rule") if "rule" in keys else "强制"
        if rule not in ("强制", "提示"):
            keys["rule"].wrong("rule", "强制 或 提示")
        numbers = {}
        for name, default in (("tolerance", "0"), ("step", "1")):
            numbers[name] = keys[name].text(name).strip().rstrip("%％") if name in keys else default
            if not numbers[name].replace(".", "", 1).isdigit():
                keys[name].wrong(name, "不小于 0 的数")
        if len(self.problems) > before:
            return None
        return Targets(
            item=keys["item"].text("item"),
            reserve=keys["reserve"].text("reserve"),
            measure=keys["measure"].text("measure"),
            by=by,
            keys=members,
            rule="提示" if rule == "提示" else "强制",
            **numbers,
        )

    def _item(self, node: Yaml, by: str, *, entered: bool) -> None:
        code = node.text("指标")
        item = self.model.items.get(ref_of(code))
        if item is None:
            self._no_such(node, "指标", code, [f"{r.cube}!{r.item}" for r in self.model.items])
            return
        if set(item.dims) != {ORG, by} or not item.grain:
            node.wrong(f"指标 {code} 的维度是 {'、'.join(item.dims)}，它", f"按期间、{ORG}、{by} 的指标")
        elif entered and not item.is_input:
            node.wrong(f"目标指标 {code} 由公式计算，它", "填报的指标，没有公式")
        elif entered and (item.total.kind, item.time.kind) != ("sum", "sum"):
            node.wrong(f"目标指标 {code}", "按组织和期间相加的指标（total: sum，time: sum）")

    def _keys(self, node: Yaml, by: str) -> tuple[str, ...]:
        dimension = self.model.dimensions[by]
        members = node.texts("keys")
        if not members:
            node.wrong("keys", f"[{by} 的成员, …]")
        for code in members:
            if code not in dimension.by_code:
                self._no_such(node, by, code, dimension.by_code)
                return members
        parents = dimension.trees[""].parent_of() if "" in dimension.trees else {}
        ids = {dimension.by_code[c].id for c in members}
        for code in members:
            at = dimension.by_code[code].id
            while at in parents:
                at = parents[at].parent
                if at in ids:
                    upper = dimension.by_id[at].code
                    node.wrong(f"“{code}”在“{upper}”之下，keys ", "互不重叠的成员：目标只能下在其中一级")
                    return members
        return members

    def _compare(self, node: Yaml, year: int) -> Comparison:
        keys = node.mapping("compare")
        report_unknown(keys, _COMPARE_KEYS, "compare ")
        if missing := [k for k in _COMPARE_KEYS if k not in keys]:
            self.problems.at(
                "missing_key", node.place, f"compare 没有写 {missing[0]}", expected="{title, version, year}"
            )
            return Comparison("", "", year)
        said = keys["year"].whole("year")
        wanted = said if said > 0 else year + said
        self._year(keys["year"], wanted)
        return Comparison(keys["title"].text("title"), keys["version"].text("version"), wanted)

    def _year(self, node: Yaml, year: int) -> None:
        if year_code(self.model, year) is None:
            known = "、".join(str(y) for y in sorted(set(self.model.calendar.years)))
            self.problems.at("unknown_year", node.place, "日历里没有这一年", found=str(year), expected=known)

    def _list(self, keys: Mapping[str, Yaml], key: str) -> list[Yaml]:
        return self._items(keys[key], key) if key in keys else []

    def _items(self, node: Yaml, what: str) -> list[Yaml]:
        if not isinstance(node.node, yaml.SequenceNode):
            node.wrong(what, "一个列表")
            return []
        return [Yaml(each, self.file, self.problems) for each in node.node.value]

    def _no_such(self, node: Yaml, what: str, code: str, known: Iterable[str]) -> None:
        codes = list(known)
        message = f"没有{what}“{code}”{hint(code, codes)}"
        self.problems.at("unknown_name", node.place, message, found=code, expected="、".join(codes[:12]))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
