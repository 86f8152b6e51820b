"""The tie-out: what the lines of a source add up to against the books, account by account, and the lines behind a figure.

Every amount of the books is loaded, ignored or excluded by a named rule, dismissed by a person, or rejected and on the desk.
What remains is the difference, and must be zero. A line rejected as a repetition is in the books once and adds nothing; of a
voucher whose other content is loaded, only what it differs by is rejected.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args

import ibis.expr.types as ir
import pyarrow as pa

from bihuan.features.access.model import Principal
from bihuan.features.integration import commands, queries
from bihuan.features.integration.model import BY_HAND, FileRefused, RejectedLine, Source, TieRow
from bihuan.features.integration.outcomes import Outcome
from bihuan.features.integration.values import amounts, clean_code, code, read_period
from bihuan.store.landing import BadFile
from bihuan.store.unit_of_work import Reader, UnitOfWork
from bihuan.store.warehouse import Warehouse

ZERO = Decimal(0)
Part = Literal["accepted", "ignored", "excluded", "dismissed", "rejected"]
# what trial balances call their columns, where the source's text does not say
_USUAL: Mapping[str, tuple[str, ...]] = {
    "account": ("科目编码", "科目代码", "科目", "account"),
    "period": ("期间", "会计期间", "月份", "period"),
    "debit": ("本期借方发生额", "本期借方", "本期发生借方", "借方发生额", "借方金额", "借方", "debit"),
    "credit": ("本期贷方发生额", "本期贷方", "本期发生贷方", "贷方发生额", "贷方金额", "贷方", "credit"),
    "amount": ("本期发生额", "发生额", "金额", "amount"),
}
Key = tuple[str, str]  # account, period


@dataclass(frozen=True, slots=True)
class BooksTaken:
    """A trial balance as it was taken: accounts with their own amount, and summary rows left out because they only repeat."""

    rows: int
    summaries: int
    periods: tuple[str, ...]


def take_trial_balance(
    uow: UnitOfWork,
    actor: Principal,
    warehouse: Warehouse,
    *,
    source: str,
    chunks: Iterable[bytes],
    period: str = "",
) -> BooksTaken:
    """Reads a trial balance (CSV or Excel) as the control totals of its periods. ``period``: where the file has no such column."""
    actor.require("integration.load")
    found, _ = queries.source(uow, source)
    file = warehouse.put(uow, "raw", chunks)
    try:
        table = commands.read_landed(uow, warehouse, found, file.hash).fields
    except BadFile as error:
        raise FileRefused(f"{error.code}: {error}", reason=error.code, record=error.record) from None
    said = _totals(table, _columns(found, table.column_names, period), period)
    own = {key: amount for key, amount in said.items() if not _is_summary(key, said)}
    commands.set_control_totals(uow, actor, source=source, totals=own)
    return BooksTaken(len(own), len(said) - len(own), tuple(sorted({p for _, p in own})))


def _columns(source: Source, names: list[str], period: str) -> dict[str, str]:
    """Our name -> the file's column; refuses a file without account, amounts or period."""
    usual = dict(_USUAL)
    for name in ("account", "period"):
        if name in source.fields:
            usual[name] = (source.fields[name], *usual[name])
    out = {
        name: column
        for name, columns in usual.items()
        for column in [source.control.get(name) or next((c for c in columns if c in names), "")]
        if column in names
    }
    has_amounts = {"debit", "credit"} <= out.keys() or "amount" in out
    if "account" in out and has_amounts and (period or "period" in out):
        return out
    expected = "科目、期间（或另行指定）、借方与贷方（或一列金额）"
    raise FileRefused(
        f"科目余额表缺列：应有{expected}，文件有 {'、'.join(names)}。列名可在数据源的 control 中指定。",
        reason="MISSING_COLUMN",
        found=names,
    )


def _totals(table: pa.Table, columns: Mapping[str, str], period: str) -> dict[Key, Decimal]:
    """(account, period) -> debit − credit; a blank amount is no movement. Unreadable rows refuse the file, all named."""
    accounts = code(table[columns["account"]])
    n = table.num_rows
    stated = code(table[columns["period"]]) if "period" in columns and not period else None
    read = {name: amounts(table[columns[name]]) for name in ("debit", "credit", "amount") if name in columns}
    signs = {"debit": 1, "credit": -1} if {"debit", "credit"} <= read.keys() else {"amount": 1}
    out: dict[Key, Decimal] = defaultdict(lambda: ZERO)
    bad = []
    for i in range(n):
        account = clean_code(accounts.distinct[accounts.index[i]])
        when = read_period(stated.distinct[stated.index[i]]) if stated else read_period(period)
        if not account or when is None or any(read[name].outcome[i] for name in signs):
            bad.append(i + 2)
            continue
        fen = sum(int(read[name].value[i]) * sign for name, sign in signs.items())
        out[account, when] += Decimal(fen).scaleb(-2)
    if bad:
        raise FileRefused(
            f"科目余额表有 {len(bad)} 行读不了，首行是第 {bad[0]} 行。", reason="BAD_ROW", records=bad[:50]
        )
    return dict(out)


def _is_summary(key: Key, said: Mapping[Key, Decimal]) -> bool:
    """Whether an account only repeats those below it: its code begins theirs, and its amount is their sum."""
    account, period = key
    below = {a for a, p in said if p == period and a != account and a.startswith(account)}
    leaves = [a for a in below if not any(b != a and b.startswith(a) for b in below)]
    return bool(leaves) and said[key] == sum(said[a, period] for a in leaves)


def tie_out(
    reader: Reader, actor: Principal, warehouse: Warehouse, *, source: str, batch_id: int | None = None
) -> list[TieRow]:
    """Each account and period of the control totals and of the lines, compared; `TieRow.difference` must be zero.

    With ``batch_id`` as if that prepared batch were published. Only periods that the control totals state are compared.
    """
    actor.require("integration.read")
    queries.source(reader, source)
    control = {
        (r["account"], r["period"]): r["amount"] for r in reader.rows("integration.control_totals", source=source)
    }
    stated = {period for _, period in control}
    table = _table(reader, warehouse, source, batch_id)
    loaded = _loaded(table)
    rejected, dismissed, unreadable = _on_the_desk(reader, table, source, batch_id)
    keys = sorted(
        k for k in {*control, *((a, p) for a, p, _, _ in loaded), *rejected, *dismissed, *unreadable} if k[1] in stated
    )
    by_key: dict[Key, dict[tuple[str, str], Decimal]] = defaultdict(dict)
    for (account, period, outcome, rule), amount in loaded.items():
        by_key[account, period][outcome, rule] = amount
    return [_row(key, control, by_key[key], rejected, dismissed, unreadable) for key in keys]


def _row(  # noqa: PLR0917 - the parts of a row
    key: Key,
    control: Mapping[Key, Decimal],
    loaded: Mapping[tuple[str, str], Decimal],
    rejected: Mapping[Key, Decimal],
    dismissed: Mapping[Key, Decimal],
    unreadable: Mapping[Key, int],
) -> TieRow:
    def of(outcome: Outcome) -> dict[str, Decimal]:
        return {rule: amount for (name, rule), amount in loaded.items() if name == outcome.name}

    ignored = of(Outcome.IGNORED)
    return TieRow(
        account=key[0],
        period=key[1],
        control=control.get(key, ZERO),
        accepted=sum(of(Outcome.ACCEPTED).values(), ZERO),
        ignored=sum((a for rule, a in ignored.items() if rule != BY_HAND), ZERO),
        excluded=of(Outcome.EXCLUDED),
        dismissed=ignored.get(BY_HAND, ZERO) + dismissed.get(key, ZERO),
        rejected=rejected.get(key, ZERO),
        unreadable=unreadable.get(key, 0),
    )


def _table(reader: Reader, warehouse: Warehouse, source: str, batch_id: int | None) -> ir.Table | None:
    """The lines that count, and those of one prepared batch."""
    row = reader.row("integration.batch", id=batch_id) if batch_id is not None else None
    prepared = [row["lines_hash"]] if row and row["state"] == "prepared" and row["lines_hash"] else []
    table = queries.lines(reader, warehouse, source, also=prepared)
    return table if table is not None and "src_account" in table.columns else None


def _loaded(table: ir.Table | None) -> dict[tuple[str, str, str, str], Decimal]:
    """(account, period, outcome, rule) -> debit − credit; the rule only where it takes lines out."""
    if table is None:
        return {}
    grouped = table.group_by(["src_account", "period", "outcome", "rule"]).agg(
        amount=(table.debit - table.credit).sum()
    )
    out: dict[tuple[str, str, str, str], Decimal] = defaultdict(lambda: ZERO)
    for r in grouped.to_pyarrow().to_pylist():
        named = r["outcome"] == Outcome.EXCLUDED.name or r["rule"] == BY_HAND
        out[r["src_account"], r["period"], r["outcome"], r["rule"] if named else ""] += r["amount"]
    return dict(out)


def _on_the_desk(
    reader: Reader, table: ir.Table | None, source: str, batch_id: int | None
) -> tuple[dict[Key, Decimal], dict[Key, Decimal], dict[Key, int]]:
    """Rejected and dismissed amounts of the books that no loaded line holds; lines without a readable amount."""
    unreadable: dict[Key, int] = defaultdict(int)
    out: tuple[dict[Key, Decimal], ...] = (defaultdict(lambda: ZERO), defaultdict(lambda: ZERO))
    for r in reader.rows("integration.rejected_totals", source=source, batch_id=batch_id):
        if r["fault"] != Outcome.DUPLICATE_IN_FILE.name:
            out[r["dismissed"]][r["account"], r["period"]] += r["amount"]
        if r["unreadable"]:
            unreadable[r["account"], r["period"]] += r["unreadable"]
    changed = {
        (r["voucher"], r["period"]): r["dismissed"]
        for r in reader.rows("integration.changed_vouchers", source=source, batch_id=batch_id)
    }
    if changed and table is not None:
        vouchers = sorted({voucher for voucher, _ in changed})
        old = table.filter(table.src_voucher.isin(vouchers))
        grouped = old.group_by(["src_voucher", "src_account", "period"]).agg(amount=(old.debit - old.credit).sum())
        for r in grouped.to_pyarrow().to_pylist():
            where = changed.get((r["src_voucher"], r["period"]))
            if where is not None:
                out[where][r["src_account"], r["period"]] -= r["amount"]
    return dict(out[0]), dict(out[1]), dict(unreadable)


@dataclass(frozen=True, slots=True)
class LinesBehind:
    """The lines behind a figure of the tie-out: how many, their debit − credit, and the first of them."""

    count: int
    amount: Decimal
    lines: tuple[dict[str, Any], ...]


def lines_behind(
    reader: Reader,
    actor: Principal,
    warehouse: Warehouse,
    *,
    source: str,
    account: str,
    period: str,
    part: Part,
    limit: int = 200,
) -> LinesBehind:
    """The lines that make one part of an account and period."""
    actor.require("integration.read")
    queries.source(reader, source)
    assert part in get_args(Part)
    out: list[dict[str, Any]] = []
    count, amount = 0, ZERO
    table = _table(reader, warehouse, source, None)
    if table is not None and part != "rejected":
        table = table.filter((table.src_account == account) & (table.period == period))
        by_hand = (table.outcome == Outcome.IGNORED.name) & (table.rule == BY_HAND)
        outcome = {"accepted": Outcome.ACCEPTED, "excluded": Outcome.EXCLUDED}.get(part, Outcome.IGNORED).name
        table = table.filter(by_hand if part == "dismissed" else (table.outcome == outcome) & ~by_hand)
        found_lines = shown(table, limit)
        count, amount, out = found_lines.count, found_lines.amount, list(found_lines.lines)
    if part in ("rejected", "dismissed"):
        rows = reader.rows(
            "integration.rejected_of_account",
            source=source,
            account=account,
            period=period,
            dismissed=part == "dismissed",
            batch_id=None,
            count=100_000,
        )
        desk = [RejectedLine(**row) for row in rows]
        count, amount = count + len(desk), amount + sum((x.amount or ZERO for x in desk), ZERO)
        out += [_rejected(x) for x in desk[: max(0, limit - len(out))]]
    return LinesBehind(count, amount, tuple(out))


def shown(table: ir.Table, limit: int) -> LinesBehind:
    """A page of stored lines, by day and voucher, with the count and sum of all of them."""
    whole = table.aggregate(n=table.count(), amount=(table.debit - table.credit).sum()).to_pyarrow().to_pylist()[0]
    names = [c for c in table.columns if not c.startswith("voucher_")]
    order = ["date", "src_voucher", "record"] if "src_voucher" in names else ["record"]
    first = table.select(names).order_by(order).limit(limit).to_pyarrow().to_pylist()
    return LinesBehind(whole["n"], whole["amount"] or ZERO, tuple(_shown(row) for row in first))


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    members = {k.removeprefix("dim_"): v for k, v in row.items() if k.startswith("dim_") and v is not None}
    return {
        "batch": row.get("batch"),
        "record": row["record"],
        "date": row["date"].isoformat(),
        "voucher": row.get("src_voucher") or "",
        "memo": row.get("memo") or "",
        "document": row.get("document") or "",
        "amount": row["debit"] - row["credit"],
        "rule": row["rule"] or "",
        "item": row.get("item") or "",
        "members": members,
    }


def _rejected(line: RejectedLine) -> dict[str, Any]:
    return {
        "batch": line.batch_id,
        "record": line.record,
        "date": "",
        "voucher": line.voucher,
        "memo": "",
        "document": "",
        "amount": line.amount,
        "rule": line.value if line.outcome == Outcome.DISMISSED.name else line.outcome,
        "item": "",
        "members": {},
    }
