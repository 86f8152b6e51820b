"""Reads the scenario tables (*.md) of this folder and plays them against the real ledger.

A file holds scenarios: ``## id title``, one ``规则：`` line per rule, perhaps one ``税：`` line, then a table. A row is one
action in a transaction of its own; ``结果`` is what happens, ``可用`` what could then be requested at the row's first place and
period.
"""

import re
import threading
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from bihuan.features.access.model import Grant, Principal
from bihuan.features.control import commands, queries
from bihuan.features.control.checking import check
from bihuan.features.control.commands import standing, transfers
from bihuan.features.control.directory import Directory
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetCell, Request, RequestLine, VoucherLine
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import BucketKey, Policy, Trees
from bihuan.features.control.simulating import queries as simulating
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.features.modelling.plain_yaml import plain_yaml
from bihuan.kernel.errors import BihuanError
from bihuan.store.unit_of_work import Database, Reader, UnitOfWork

from .changing import MORE


def _year(code: str) -> YearPeriods:
    months = tuple(f"{code}-{m:02d}" for m in range(1, 13))
    return YearPeriods(code, months, tuple((f"{code}Q{q + 1}", months[3 * q : 3 * q + 3]) for q in range(4)))


CALENDAR = ControlCalendar((_year("2026"), _year("2027")))
LAST = {p: f"{p}-{monthrange(int(p[:4]), int(p[5:]))[1]}" for p in CALENDAR.periods}  # period -> its last day
TREES = Trees(
    {
        "org": {"集团": "", "研发": "集团", "销售": "集团", "研发一部": "研发", "研发二部": "研发"},
        "account": {"费用": "", "差旅费": "费用", "会议费": "费用", "培训费": "费用"},
        "item": {"费用!金额": "", "人力!人天": ""},
    }
)
CLERK = Principal(7, "zhang", "张三", grants=(Grant("control.*"),))
COLUMNS = {"部门": "org", "科目": "account", "指标": "item"}


@dataclass(frozen=True)
class Row:
    """One action; ``id`` is the scenario's id and the row's number."""

    id: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def moves(self) -> bool:
        return any("→" in said for column, said in self.cells.items() if column in {*COLUMNS, "期间"})

    @property
    def amount(self) -> Decimal:
        return Decimal(self["金额"])

    def ends(self) -> list[tuple[dict[str, str], str]]:
        """The place and period before each arrow and after it."""

        def end(column: str, at: int) -> str:
            parts = self[column].split("→")
            return parts[at if len(parts) > 1 else 0]

        dims = {column: dim for column, dim in COLUMNS.items() if column in self.cells}
        return [({dim: end(column, at) for column, dim in dims.items()}, end("期间", at)) for at in (0, 1)]

    def each(self, column: str, lines: int) -> list[str]:
        """What the column says of each line: one value is for all of them."""
        said = self[column].split("+")
        return said * lines if len(said) == 1 else said

    def places(self, separator: str) -> list[dict[str, str]]:
        """A coordinate per department named; a 指标 for each too, where several are named."""
        parts = self["部门"].split(separator)
        items = self.each("指标", len(parts))
        return [
            {
                dim: {"部门": part, "指标": items[no]}.get(column, self[column])
                for column, dim in COLUMNS.items()
                if column in self.cells
            }
            for no, part in enumerate(parts)
        ]


@dataclass(frozen=True)
class Scenario:
    """Rules and rows of one table; ``covers``: the ids of docs/reference/conformance.md that it shows."""

    id: str
    title: str
    rules: tuple[Mapping[str, Any], ...]
    rows: tuple[Row, ...]
    tax: Mapping[str, Any]
    policy: Mapping[str, Any]
    covers: tuple[str, ...]
    draft: tuple[Mapping[str, Any], ...] = ()  # other rules, to be tried on what has happened


def scenarios(folder: Path) -> Iterator[Scenario]:
    """Every scenario of the folder's tables."""
    for file in sorted(folder.glob("*.md")):
        for section in re.split(r"^## ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            yield _scenario(section)


def _scenario(section: str) -> Scenario:
    head, *lines = section.splitlines()
    ident, _, title = head.partition(" ")
    covers = tuple(i for line in lines if line.startswith("覆盖：") for i in line.removeprefix("覆盖：").split())
    assert covers, f"{ident}: what it covers is not said"
    rules = tuple(_rule(line.removeprefix("规则：")) for line in lines if line.startswith("规则："))
    table = [[c.strip() for c in line.strip().strip("|").split("|")] for line in lines if line.startswith("|")]
    assert rules, f"{ident}: no rule"
    assert len(table) > 2, f"{ident}: no rows"
    assert all(len(row) == len(table[0]) for row in table), f"{ident}: a row has another number of columns"
    rows = tuple(Row(f"{ident}.{row[0]}", dict(zip(table[0], row, strict=True))) for row in table[2:])
    tax = [_tax(line.removeprefix("税：")) for line in lines if line.startswith("税：")]
    standards = [_standard(line.removeprefix("标准：")) for line in lines if line.startswith("标准：")]
    policy = [_policy(line.removeprefix("方案：")) for line in lines if line.startswith("方案：")]
    mapped = [_mapped(line.removeprefix("对应：")) for line in lines if line.startswith("对应：")]
    said = {
        **(policy[0] if policy else {}),
        **({"standards": standards} if standards else {}),
        **({"documents": mapped} if mapped else {}),
    }
    draft = tuple(_rule(line.removeprefix("草案：")) for line in lines if line.startswith("草案："))
    return Scenario(ident, title, rules, rows, tax[0] if tax else {}, said, covers, draft)


def _policy(text: str) -> dict[str, Any]:
    """``无预算=unruled 零=none 免控=account:培训费 免控单据=紧急 调剂=… 下达=quarter,1``."""
    said = dict(part.split("=", 1) for part in text.split())
    assert not said.keys() - {"无预算", "零", "免控", "免控单据", "调剂", "下达"}, said
    found: dict[str, Any] = {
        key: said[word] for word, key in {"无预算": "unbudgeted", "零": "zero"}.items() if word in said
    }
    exempt: dict[str, Any] = {"code": "免控"}
    if "免控" in said:
        dimension, members = said["免控"].split(":")
        exempt["where"] = {dimension: members.split(",")}
    if "免控单据" in said:
        exempt["documents"] = said["免控单据"].split(",")
    if "调剂" in said:
        found["transfers"] = _moves(said["调剂"])
    if "下达" in said:
        found["issue"] = _issue(said["下达"])
    return {**found, "exempt": [exempt]} if len(exempt) > 1 else found


def _issue(text: str) -> dict[str, Any]:
    """``quarter,1``: by quarter, one period ahead; ``1:30;4:60;7:100``: steps."""
    if ":" in text:
        return {"steps": [dict(zip(("from", "percent"), step.split(":"), strict=True)) for step in text.split(";")]}
    by, _, ahead = text.partition(",")
    return {"by": by, "ahead": ahead or "0"}


def _mapped(text: str) -> dict[str, Any]:
    """``报销单 {line: {成本中心: text}, to: {org: [{from: 成本中心}]}}``: a document type with its field mapping."""
    code, _, mapping = text.partition(" ")
    return {"code": code, "flow": "审批", "mapping": plain_yaml(mapping, "对应")}


def _moves(text: str) -> dict[str, Any]:
    """``同:org:1;组:account:差旅会议:差旅费,会议费;禁:account:培训费;调出:20;调入:10;次数:2``."""
    found: dict[str, Any] = {}
    for part in text.split(";"):
        match part.split(":"):
            case ["同", dimension, level]:
                found["same"] = {dimension: level}
            case ["组", dimension, name, members]:
                found.setdefault("groups", {}).setdefault(dimension, {})[name] = members.split(",")
            case ["禁", dimension, members]:
                found["barred"] = {dimension: members.split(",")}
            case ["调出" | "调入" | "次数" as word, number]:
                found[{"调出": "gives_most", "调入": "takes_most", "次数": "times"}[word]] = number
            case _:
                raise AssertionError(part)
    return found


def _tax(text: str) -> dict[str, Any]:
    """``税率=0,6,13 可抵扣=account:会议费``."""
    said = dict(part.split("=", 1) for part in text.split())
    assert not said.keys() - {"税率", "可抵扣"}, said
    dimension, members = said["可抵扣"].split(":")
    return {"rates": said["税率"].split(","), "deductible": {dimension: members.split(",")}}


def _rule(text: str) -> dict[str, Any]:
    """``名称 窗口=month 按=org:leaf,account:0 范围=org:研发 池=account:名:甲,乙 强度=flexible 容差=5``."""
    code, *parts = text.split()
    said = dict(part.split("=", 1) for part in parts)
    unknown = said.keys() - {
        "窗口",
        "按",
        "范围",
        "池",
        "强度",
        "容差",
        "期数",
        "自",
        "至",
        "分级",
        "以收定支",
        "最低",
        "最高",
    }
    assert not unknown, f"rule {code}: {unknown}"
    rule: dict[str, Any] = {"code": code, "window": said["窗口"]}
    rule["by"] = dict(pair.split(":") for pair in said["按"].split(","))
    rule |= {key: said[word] for word, key in {"期数": "length", "自": "from", "至": "to"}.items() if word in said}
    if "范围" in said:
        dimension, members = said["范围"].split(":")
        rule["where"] = {dimension: members.split(",")}
    if "池" in said:
        dimension, name, members = said["池"].split(":")
        rule["pools"] = {dimension: {name: members.split(",")}}
    if "分级" in said:
        rule["bands"] = [_band(part) for part in said["分级"].split(",")]
    if "强度" in said:
        rule |= {"strength": said["强度"], "tolerance": said.get("容差")}
    if "以收定支" in said:
        bounds = {key: said[word] for word, key in {"最低": "least", "最高": "most"}.items() if word in said}
        rule["linked"] = {"item": "收入!金额", "percent": said["以收定支"], **bounds}
    return rule


def _standard(text: str) -> dict[str, Any]:
    """``住宿 单位=晚 范围=account:差旅费 问=城市:一线,其他 价=城市=一线:500;350 强度=rigid``."""
    code, *parts = text.split()
    said = dict(part.split("=", 1) for part in parts)
    unknown = said.keys() - {"单位", "范围", "问", "价", "强度", "容差", "分级"}
    assert not unknown, f"standard {code}: {unknown}"
    found: dict[str, Any] = {"code": code, "unit": said["单位"]}
    for word, key in {"范围": "where", "问": "ask"}.items():
        if word in said:
            name, members = said[word].split(":")
            found[key] = {name: members.split(",")}
    found["rates"] = [_rate(part) for part in said["价"].split(";")]
    found |= {key: said[word] for word, key in {"强度": "strength", "容差": "tolerance"}.items() if word in said}
    if "分级" in said:
        found["bands"] = [_band(part) for part in said["分级"].split(",")]
    return found


def _rate(text: str) -> dict[str, Any]:
    """``城市=一线,org=销售:600``; a price alone holds everywhere."""
    where, _, price = text.rpartition(":")
    pairs = dict(part.split("=") for part in where.split(",")) if where else {}
    return {"price": price, **({"where": {name: [member] for name, member in pairs.items()}} if pairs else {})}


def _band(text: str) -> dict[str, str]:
    """``80%:预警`` · ``+5000:柔性`` · ``105%+5000:柔性``, whichever is reached first."""
    where, measure = text.split(":")
    percent, _, amount = where.partition("%") if "%" in where else ("", "", where)
    words = {"无": "none", "预警": "notify", "提示": "confirm", "柔性": "exception", "刚性": "refuse"}
    said = {"percent": percent, "amount": amount.removeprefix("+")}
    return {"do": words[measure], **{k: v for k, v in said.items() if v}}


@dataclass
class Stage:
    """Where a scenario is played: a policy of its own in a database."""

    database: Database
    policy: PolicyInForce
    documents: dict[str, int] = field(default_factory=dict)
    transfers: dict[str, int] = field(default_factory=dict)
    exceptions: dict[str, int] = field(default_factory=dict)
    facts: dict[str, VoucherLine] = field(default_factory=dict)
    draft: Policy | None = None
    revenue: dict[tuple[str, str], Decimal] = field(default_factory=dict)  # by department and period

    @classmethod
    def set(cls, database: Database, scenario: Scenario) -> "Stage":
        directory = Directory(properties={"org": {"核算科目": {"研发一部": "差旅费"}}}, first="2026-01-01", last=LAST)
        text = {"policy": scenario.id, "rules": list(scenario.rules), "tax": scenario.tax or None, **scenario.policy}
        with database.writing() as uow:
            made = commands.put_policy(
                uow, CLERK, read_policy(text, calendar=CALENDAR, trees=TREES, directory=directory)
            )
        other = {**text, "rules": list(scenario.draft)}
        draft = read_policy(other, calendar=CALENDAR, trees=TREES) if scenario.draft else None
        return cls(database, made, draft=draft)

    @property
    def code(self) -> str:
        return self.policy.policy.code

    def play(self, row: Row) -> str:
        """Does the row's action; answers 通过, 提示, 部分通过, 超支入账 or 拒绝."""
        act: Mapping[str, Callable[[UnitOfWork, Row], str | None]] = {
            "下达": self.release,
            "申请": self.reserve,
            "占用": self.commit,
            "执行": self.execute,
            "入账": self.post,
            "释放": self.give_back,
            "退回": self.end("return"),
            "拒绝": self.end("reject"),
            "撤回": self.end("withdraw"),
            "再提交": self.again,
            "试算": self.check,
            "追加": self.supplement,
            "调剂申请": self.ask_transfer,
            "调剂批准": self.approve_transfer,
            "调剂退回": self.return_transfer,
            "接续": self.draw,
            "变更": self.amend,
            "关闭": self.close,
            "取消": self.cancel,
            "冲回": self.reverse,
            "到期": self.expire,
            "回放": self.simulate,
            "部分申请": self.reserve_partly,
            "同时申请": self.reserve_at_once,
            "查询": lambda _uow, _row: None,
            **{word: partial(more, self) for word, more in MORE.items()},
        }
        try:
            with self.database.writing() as uow:
                return act[row["动作"]](uow, row) or "通过"
        except BihuanError as refused:
            return "拒绝" if str(refused) else "拒绝而不说明原因"

    def available(self, row: Row) -> Decimal:
        """The most that could be requested at the row's first place: the tightest row says."""
        place, period = row.ends()[0] if row.moves else (row.places("+")[0], row["期间"])
        keys = self.policy.policy.touched(place, period)
        with self.database.reading() as reader:
            rooms = [b.available for k, b in self._rows(reader).items() if k in keys]
        return min(rooms) if len(rooms) == len(keys) else Decimal(0)

    def _rows(self, reader: Reader) -> dict[BucketKey, Any]:
        rows = queries.balances(reader, self.policy, limit=10_000)
        return {BucketKey(b.rule.code, b.key, b.window): b for b in rows}

    def release(self, uow: UnitOfWork, row: Row) -> None:
        cell = BudgetCell(row.places("+")[0], row["期间"], row.amount)
        commands.book_budget(uow, CLERK.login, self.policy, [cell]).write()

    def reserve(self, uow: UnitOfWork, row: Row) -> str | None:
        lines = self.lines(row)
        request = Request(f"{self.code}/{row['单据']}", row["单据"], lines, kind=row["类型"] or "用款申请")
        held = commands.reserve(uow, CLERK, policy=self.code, request=request)
        self.documents[row["单据"]] = held.document_id
        return "提示" if held.warnings else None

    def draw(self, uow: UnitOfWork, row: Row) -> str | None:
        """A later document whose first line takes over the first line of ``前序``."""
        (line,) = self.lines(row)
        drawn = replace(line, draws=(self.documents[row["前序"]], 1))
        stage = "committed" if row["阶段"] == "占用" else "reserved"
        request = Request(f"{self.code}/{row['单据']}", row["单据"], (drawn,), stage=stage)
        held = commands.reserve(uow, CLERK, policy=self.code, request=request)
        self.documents[row["单据"]] = held.document_id
        return "提示" if held.warnings else None

    def reserve_partly(self, uow: UnitOfWork, row: Row) -> str | None:
        """A line per department; those that fit are held."""
        request = Request(f"{self.code}/{row['单据']}", row["单据"], self.lines(row), partial=True)
        held = commands.reserve(uow, CLERK, policy=self.code, request=request)
        self.documents[row["单据"]] = held.document_id
        return "部分通过" if held.refused else None

    def reserve_at_once(self, _uow: UnitOfWork, row: Row) -> str:
        """``份数`` people submit the document at one moment, each a transaction; every other one writes the lines backwards."""
        people = int(row["份数"])
        barrier = threading.Barrier(people)

        def ask(n: int) -> str:
            key = f"{self.code}/{row['单据']}{n}"
            request = Request(key, f"{row['单据']}{n}", self.lines(row)[:: 1 if n % 2 else -1])
            barrier.wait(30)
            try:
                with self.database.writing() as uow:
                    commands.reserve(uow, CLERK, policy=self.code, request=request)
            except BihuanError:
                return "拒绝"
            return "通过"

        with ThreadPoolExecutor(people) as pool:
            said = Counter(pool.map(ask, range(people)))
        return "，".join(f"{word} {said[word]}" for word in ("通过", "拒绝") if said[word])

    def amend(self, uow: UnitOfWork, row: Row) -> str | None:
        """The whole document as the row says it is to be."""
        commands.amend(uow, CLERK, document_id=self.documents[row["单据"]], lines=self.lines(row), reason=row["说明"])
        return None

    def close(self, uow: UnitOfWork, row: Row) -> None:
        commands.close(uow, CLERK, document_id=self.documents[row["单据"]], reason=row["说明"])

    def cancel(self, uow: UnitOfWork, row: Row) -> None:
        commands.cancel(uow, CLERK, document_id=self.documents[row["单据"]], reason=row["说明"])

    def reverse(self, uow: UnitOfWork, row: Row) -> None:
        commands.reverse(uow, CLERK, policy=self.code, voucher=row["凭证"], reason=row["说明"])

    def expire(self, uow: UnitOfWork, row: Row) -> None:
        """The document's time has come, and the sweep comes by."""
        uow.run("control.document_expiry", id=self.documents[row["单据"]], expires_at=uow.now())
        commands.expire(uow, CLERK, document_id=self.documents[row["单据"]])

    def simulate(self, uow: UnitOfWork, row: Row) -> str:
        """The draft on everything so far: which documents it would have stopped, of how much together (``金额``)."""
        assert self.draft, "the scenario has no 草案"
        found = simulating.run(uow, CLERK, self.policy, self.draft)
        assert found["blocked"]["amount"] == row.amount, found["blocked"]
        stopped = sorted(d["number"] for d in found["listed"] if d["blocked"])
        warned = sorted(d["number"] for d in found["listed"] if not d["blocked"])
        said = [f"拦 {'、'.join(stopped)}"] if stopped else []
        said += [f"提示 {'、'.join(warned)}"] if warned else []
        return "；".join(said) or "通过"

    def lines(self, row: Row) -> tuple[RequestLine, ...]:
        """A line per department; ``期间`` and ``金额`` once for all or one per line, joined by +.

        ``数量`` and ``填``: for rate standards. ``字段`` (``成本中心:A;已分摊:是``): the line says these, and where it counts
        follows; the row's place and period are where that is, for ``可用``; its amount is said unless it is in brackets.
        ``税率`` in percent, ``口径`` 不含税 where the amount was entered without it; ``币种`` and ``汇率`` of a foreign amount.
        """
        rate, included = Decimal(row["税率"] or 0), row["口径"] != "不含税"
        currency, exchange = row["币种"], Decimal(row["汇率"] or 1)
        quantity = Decimal(row["数量"]) if row["数量"] else None
        said = dict(part.split(":") for part in row["填"].split(",") if part)
        places = row.places("+")
        if row["字段"]:
            fields = dict(part.split(":", 1) for part in row["字段"].split(";"))
            amount = Decimal("NaN") if row["金额"].startswith("(") else row.amount
            return (RequestLine({}, "", amount, "", rate, included, fields=fields),)
        return tuple(
            RequestLine(
                place, period, Decimal(amount), "", rate, included, currency, exchange, quantity=quantity, said=said
            )
            for place, period, amount in zip(
                places, row.each("期间", len(places)), row.each("金额", len(places)), strict=True
            )
        )

    def check(self, uow: UnitOfWork, row: Row) -> str | None:
        found = check(uow, CLERK, policy=self.code, lines=self.lines(row), kind=row["类型"])
        return {"refuse": "拒绝", "warn": "提示", "ok": None}[found["verdict"]]

    def end(self, kind: str) -> Callable[[UnitOfWork, Row], None]:
        """What an approval's return, rejection or withdrawal does to the amounts."""

        def act(uow: UnitOfWork, row: Row) -> None:
            standing.give_back(uow, CLERK, document_id=self.documents[row["单据"]], kind=kind, reason=row["说明"])

        return act

    def again(self, uow: UnitOfWork, row: Row) -> str | None:
        """The requester submits again with the line as it is now."""
        document_id = self.documents[row["单据"]]
        held = commands.reserve_again(uow, CLERK, document_id=document_id, lines=self.lines(row))
        return "提示" if held.warnings else None

    def commit(self, uow: UnitOfWork, row: Row) -> None:
        commands.commit_stage(uow, CLERK, document_id=self.documents[row["单据"]], amounts={1: row.amount})

    def give_back(self, uow: UnitOfWork, row: Row) -> None:
        commands.release(uow, CLERK, document_id=self.documents[row["单据"]], reason=row["说明"])

    def execute(self, uow: UnitOfWork, row: Row) -> str | None:
        return self._voucher(uow, row, row["单据"])

    def post(self, uow: UnitOfWork, row: Row) -> str | None:
        return self._voucher(uow, row, None)

    def _voucher(self, uow: UnitOfWork, row: Row, request: str | None) -> str | None:
        line = VoucherLine(row.id, row["凭证"] or row.id, row.places("+")[0], row["期间"], row.amount, request)
        self.facts[row["单据"]] = line
        (posted,) = commands.execute(uow, CLERK, policy=self.code, lines=[line])
        return "超支入账" if posted.forced else None

    def supplement(self, uow: UnitOfWork, row: Row) -> None:
        cells = [BudgetCell(row.places("+")[0], row["期间"], row.amount)]
        commands.transfer(uow, CLERK, policy=self.code, kind="supplement", cells=cells, reason=row.id)

    def ask_transfer(self, uow: UnitOfWork, row: Row) -> None:
        """From one department, account and period to another; what is not written with an arrow stays the same."""
        (source, begin), (target, end) = row.ends()
        cells = [BudgetCell(source, begin, -row.amount), BudgetCell(target, end, row.amount)]
        made = commands.request_transfer(uow, CLERK, policy=self.code, kind="transfer", cells=cells, reason=row.id)
        self.transfers[row["单据"]] = made

    def approve_transfer(self, uow: UnitOfWork, row: Row) -> None:
        transfers.apply(uow, CLERK, self.transfers[row["单据"]])

    def return_transfer(self, uow: UnitOfWork, row: Row) -> None:
        transfers.drop(uow, CLERK, self.transfers[row["单据"]], row["说明"])
