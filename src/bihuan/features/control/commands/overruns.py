"""What a batch of facts takes beyond limits: gathered while it is booked, told once per rule and key when it is written."""

from dataclasses import dataclass, field
from decimal import Decimal

from bihuan.features.control.availability import Balance
from bihuan.features.control.hooks import Forced, tell_forced
from bihuan.features.control.ledger import Entry, Ledger
from bihuan.features.control.model import VoucherLine
from bihuan.features.control.policy import shown_key
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

    def after(self, entry: Entry, line: VoucherLine) -> Decimal:
        """Marks what ``entry``, just booked, takes beyond limits; how far beyond the tightest."""
        worst = ZERO
        for row, more in self.ledger.force(entry):
            self._rows.setdefault(row.id, _Overrun(line)).add(line, more)
            worst = max(worst, more)
        if not entry.buckets:
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
            where = f"{shown_key(row.key)}，窗口 {row.window}"
            message = f"凭证 {overrun.named}：超出规则“{row.rule.title}”（{where}）{more:,.2f}。"
            _alert(self.ledger.uow, overrun.first, "forced", message, more, row)
        for overrun in self._unbudgeted.values():
            message = f"凭证 {overrun.named}：{overrun.amount:,.2f} 没有对应的预算。"
            _alert(self.ledger.uow, overrun.first, "unbudgeted", message, overrun.amount, None)


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
