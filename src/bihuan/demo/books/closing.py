"""Month-end transfers: what every ledger holds and no budget may count. Revenue and expenses go to 4103, 制造费用 to 5001."""

from collections import defaultdict
from collections.abc import Iterable

from bihuan.demo.books.calendar import Month
from bihuan.demo.books.vouchers import Line, Voucher

PROFIT, WORK = "4103", "5001"
PROFIT_TEXT, OVERHEAD_TEXT = "结转本期损益", "结转制造费用"
Place = tuple[str, str, str, str]


def closing(vouchers: Iterable[Voucher], month: Month, note: str = "") -> list[Voucher]:
    """Vouchers that bring every profit and loss account, and 5101, to zero, by department and product."""
    sums: dict[Place, int] = defaultdict(int)
    for voucher in vouchers:
        for line in voucher.lines:
            if line.account[0] == "6" or line.account[:4] in ("5101", "5301"):
                sums[line.account, line.department, line.project, line.product] += line.debit - line.credit
    overhead = {place: amount for place, amount in sums.items() if place[0][:4] == "5101" and amount}
    rest = {place: amount for place, amount in sums.items() if place not in overhead and amount}
    out = [_close(overhead, WORK, OVERHEAD_TEXT + note, month), _close(rest, PROFIT, PROFIT_TEXT + note, month)]
    return [voucher for voucher in out if len(voucher.lines) > 1]


def _close(sums: dict[Place, int], into: str, text: str, month: Month) -> Voucher:
    """Expenses are credited, revenue is debited; the other side takes the difference."""
    lines = [
        Line(account, text, max(0, -amount), max(0, amount), department, project, product)
        for (account, department, project, product), amount in sorted(sums.items())
    ]
    whole = sum(sums.values())
    lines.append(Line(into, text, max(0, whole), max(0, -whole)))
    return Voucher(month, month.last_day, lines)
