"""What a batch of facts takes beyond limits: gathered while it is booked, told once per rule and key when it is written."""

import json
from dataclasses import dataclass, field
from decimal import Decimal

from bihuan.features.control.availability import Balance
from bihuan.features.control.explaining import names_of
from bihuan.features.control.hooks import Forced, tell_forced
from bihuan.features.control.ledger import Entry, Ledger
from bihuan.features.control.model import VoucherLine
from bihuan.features.control.policy import POOL
from bihuan.features.control.windows import spoken
from bihuan.store.unit_of_work import UnitOfWork

ZERO = Decimal("0.00")
NAMED_MAX = 5  # vouchers that a message names; it counts the others


@dataclass(slots=True)
class _Overrun:
    """The vouchers that took one balance row (or one place without any) further beyond its limit."""

    first: VoucherLine
    vouchers: dict[str, None] = field(default_factory=dict)  # in order, each once
    amount: Decimal = ZERO

    def add(self, line: VoucherLine, amount: Decimal) -> None:
        self.vouchers[line.voucher] = None
        self.amount += amount

    @property
    def named(self) -> str:
        """记-1 or 记-1、记-2 等 57 张."""
        shown = "、".join(list(self.vouchers)[:NAMED_MAX])
        more = len(self.vouchers)
        return shown if more <= NAMED_MAX else f"{shown} 等 {more} 张"


@dataclass
class Overruns:
    """Fed with every fact in turn; `tell` comes after `Ledger.write`, which settles what is forced in the end."""

    ledger: Ledger
    _rows: dict[int, _Overrun] = field(default_factory=dict)
    _unbudgeted: dict[tuple[object, ...], _Overrun] = field(default_factory=dict)

    def after(self, entry: Entry, line: VoucherLine, *, controlled: bool = True) -> Decimal:
        """Marks what ``entry``, just booked, takes beyond limits; how far beyond the tightest.

        ``controlled``: a budget was released for its year, so that a fact without a balance row is worth an alert.
        """
        worst = ZERO
        for row, more in self.ledger.force(entry):
            self._rows.setdefault(row.id, _Overrun(line)).add(line, more)
            worst = max(worst, more)
        if controlled and not entry.buckets:
            place = (tuple(sorted(line.coordinate.items())), line.period)
            self._unbudgeted.setdefault(place, _Overrun(line)).add(line, entry.amount)
        return worst

    def tell(self) -> None:
        """One alert per rule and key, by the window that went furthest, and one per place without a balance row."""
        worst: dict[tuple[str, str], tuple[Balance, Decimal]] = {}
        for bucket in self._rows:
            row = self.ledger.rows[bucket]
            more = row.forced - self.ledger.before[bucket].forced
            key = (row.rule.code, row.key)
            if more > 0 and (key not in worst or more > worst[key][1]):
                worst[key] = (row, more)
        for row, more in worst.values():
            overrun = self._rows[row.id]
            alert_beyond(self.ledger, overrun.first, row, more, named=overrun.named)
        for overrun in self._unbudgeted.values():
            message = f"凭证 {overrun.named}：{overrun.amount:,.2f} 没有对应的预算。"
            _alert(self.ledger.uow, overrun.first, "unbudgeted", message, overrun.amount, None)


def alert_beyond(ledger: Ledger, line: VoucherLine, row: Balance, amount: Decimal, *, named: str = "") -> None:
    """The facts ``named`` (else the line's voucher) went ``amount`` beyond a row's limit: noted, and told to whoever listens."""
    where = f"{_spoken_key(ledger, row)}，{spoken(row.window)}"
    message = f"凭证 {named or line.voucher}：超出规则“{row.rule.title}”（{where}）{amount:,.2f}。"
    _alert(ledger.uow, line, "forced", message, amount, row)


def _spoken_key(ledger: Ledger, row: Balance) -> str:
    """The members of a row's key by their names."""
    name = names_of(ledger.uow, ledger.policy.policy.model)
    return "、".join(name(dimension, member.removeprefix(POOL)) for dimension, member in json.loads(row.key)) or "全部"


def _alert(  # noqa: PLR0917
    uow: UnitOfWork, line: VoucherLine, kind: str, message: str, amount: Decimal, row: Balance | None
) -> None:
    bucket_id = None if row is None else row.id
    alert_id = uow.value(
        "control.alert_insert",
        bucket_id=bucket_id,
        kind=kind,
        voucher=line.voucher,
        amount=amount,
        message=message,
        at=uow.now(),
    )
    rule = "" if row is None else row.rule.code
    place = dict(line.coordinate)
    tell_forced(uow, Forced(alert_id, line.voucher, amount, place, line.period, rule, bucket_id, message))
