"""What a request would be answered now, line by line and rule by rule; nothing is written, held or locked.

Meant to be asked while somebody types: the rows of all lines are read in one query; documents and ways out are looked for only
where a rule says no. A line that cannot be checked says why and the others are checked without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.availability import ZERO, Balance, Finding
from bihuan.features.control.commands.spend import Line, existing, reserved, resolve_line
from bihuan.features.control.explaining import Names, describe, names_of, sight, tightest
from bihuan.features.control.ledger import Ledger, PolicyInForce
from bihuan.features.control.model import RequestLine
from bihuan.features.control.policy import BucketKey
from bihuan.features.control.standards import Measured
from bihuan.features.control.tax import largest
from bihuan.features.control.ways import rows_by_key, ways_out
from bihuan.kernel.errors import Invalid
from bihuan.store.unit_of_work import Reader, UnitOfWork

WORST = ("refuse", "warn", "ok")


@dataclass(frozen=True)
class Trial:
    """Lines booked on copies of their balance rows. ``faults``: what the others lack, by line number."""

    policy: PolicyInForce
    lines: Sequence[Line]
    faults: Mapping[int, Invalid]
    rows: Mapping[BucketKey, Balance]
    findings: Sequence[Finding]

    @cached_property
    def asked(self) -> Mapping[int, Decimal]:
        """What the lines ask of each balance row together."""
        return {f.before.id: f.asked for f in self.findings}

    def room(self, line: Line) -> Decimal | None:
        """What the rows of a line leave to it beside the other lines; None where nothing limits it."""
        rooms = [
            row.available - self.asked.get(row.id, ZERO) + line.amount
            for key in line.keys
            if (row := self.rows.get(key)) and row.hard_limit is not None
        ]
        return min(rooms, default=None)


def check(
    reader: Reader, actor: Principal, *, policy: str, lines: Sequence[RequestLine], kind: str = ""
) -> dict[str, Any]:
    """What `reserve` would answer now: ``verdict``, each line's amounts and faults, each rule before and after, and ways out."""
    actor.require("control.request")
    in_force = queries.policy(reader, policy)
    trial = try_lines(reader, actor, in_force, lines, kind)
    resolved = {line.no: line.asked for line in trial.lines}
    for no, asked in enumerate(lines, 1):
        actor.require("control.request", model=in_force.policy.model, **resolved.get(no, asked).coordinate)
    names = names_of(reader, in_force.policy.model)
    deciding = tightest(trial.findings)
    rules = [_rule(reader, actor, trial, f, names) for f in deciding]
    refused = [f for f in deciding if f.verdict == "refuse"]
    verdicts = [*(f.verdict for f in deciding), *(m.verdict for x in trial.lines for m in x.measured)]
    return {
        "at": reader.now(),
        "verdict": "refuse" if trial.faults else min(verdicts, key=WORST.index, default="ok"),
        "asked": sum((line.amount for line in trial.lines), ZERO),
        "lines": [_line(actor, trial, no, refused) for no in range(1, len(lines) + 1)],
        "rules": sorted(rules, key=lambda r: WORST.index(r["verdict"])),
        "ways": ways_out(reader, actor, trial, refused, rules, names) if refused else [],
    }


def try_lines(
    reader: Reader, actor: Principal, in_force: PolicyInForce, lines: Sequence[RequestLine], kind: str
) -> Trial:
    """Lines booked on copies of their rows, as they stand now."""
    faults: dict[int, Invalid] = {}
    resolved = []
    for no, asked in enumerate(lines, 1):
        try:
            resolved.append(resolve_line(in_force, no, asked, kind))
        except Invalid as fault:
            faults[no] = fault
    rows = rows_by_key(reader, in_force, [k for line in resolved for k in line.keys])
    ids = {key: row.id for key, row in rows.items()}
    start = {row.id: row for row in rows.values()}
    trial = Ledger(UnitOfWork(reader.conn, reader.now), actor.login, in_force, start, start, start)
    trial.rows = dict(start)
    for line in list(resolved):
        try:
            trial.book(reserved(line, existing(in_force, line, ids, start)))
        except Invalid as fault:
            faults[line.no] = fault
            resolved.remove(line)
    return Trial(in_force, resolved, faults, rows, trial.findings())


def _rule(reader: Reader, actor: Principal, trial: Trial, finding: Finding, names: Names) -> dict[str, Any]:
    row = finding.before
    places = [(line, k) for line in trial.lines for k in line.keys if (k.rule, k.key) == (row.rule.code, row.key)]
    touching = sorted({line.no for line, _ in places})
    return {**describe(reader, trial.policy, finding, actor, names), "lines": touching}


def _line(actor: Principal, trial: Trial, no: int, refused: Sequence[Finding]) -> dict[str, Any]:
    if no in trial.faults:
        fault = trial.faults[no]
        return {"line_no": no, "verdict": "refuse", "code": fault.code, "message": str(fault)}
    line = next(x for x in trial.lines if x.no == no)
    mine = [f for f in trial.findings if BucketKey(f.before.rule.code, f.before.key, f.before.window) in line.keys]
    verdicts = [*(f.verdict for f in mine), *(m.verdict for m in line.measured)]
    return {
        "line_no": no,
        "verdict": min(verdicts, key=WORST.index, default="ok"),
        "coordinate": line.asked.coordinate,
        "period": line.asked.period,
        "standards": [told_standard(m) for m in line.measured],
        "gross": line.taxed.gross,
        "net": line.taxed.net,
        "tax": line.taxed.tax,
        "counted": line.amount,
        "basis": "net" if line.net else "gross",
        "largest": _largest(actor, trial, line, refused),
    }


def told_standard(measured: Measured) -> dict[str, Any]:
    """What a rate standard says of a line, in numbers and words."""
    return {
        "code": measured.code,
        "title": measured.title,
        "unit": measured.unit,
        "quantity": measured.quantity,
        "price": measured.price,
        "allowed": measured.allowed,
        "spent": measured.spent,
        "excess": measured.excess,
        "verdict": measured.verdict,
        "measure": measured.measure,
        "explanation": measured.text(),
    }


def _largest(actor: Principal, trial: Trial, line: Line, refused: Sequence[Finding]) -> Decimal | None:
    """The largest amount to enter that would pass beside the other lines; None when nothing refuses it, or it is not to be seen."""
    mine = [f for f in refused if (f.before.rule.code, f.before.key) in {(k.rule, k.key) for k in line.keys}]
    if not mine or any(sight(actor, trial.policy, f.before) == "verdict" for f in mine):
        return None
    room = trial.room(line)
    assert room is not None, "a row that refuses has a limit"
    return largest(room, line.taxed.rate, included=line.asked.tax_included, net=line.net)
