"""What becomes of a line of a load: a closed, ordered list. docs/reference/load-outcomes.md is generated from it.

A line has one outcome, the first that applies in this order of checks: the line by itself, its codes, then its voucher.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Fate = Literal["stored", "skipped", "rejected"]


class Outcome(IntEnum):
    """Stored 0-9, skipped 10-19, rejected from 20."""

    ACCEPTED = 0
    IGNORED = 1
    EXCLUDED = 2
    ALREADY_IMPORTED = 10
    DISMISSED = 11
    MALFORMED_RECORD = 20
    BAD_DATE = 21
    AMBIGUOUS_DATE = 22
    BAD_PERIOD = 23
    BAD_AMOUNT = 24
    TOO_MANY_DECIMALS = 25
    NO_AMOUNT = 26
    BOTH_SIDES_FILLED = 27
    MISSING_VOUCHER = 28
    PERIOD_NOT_ON_CALENDAR = 30
    PERIOD_CLOSED = 31
    PERIOD_NOT_OPEN = 32
    MISSING_CODE = 40
    UNMAPPED = 41
    UNKNOWN_MEMBER = 42
    PARENT_MEMBER = 43
    INACTIVE_MEMBER = 44
    DUPLICATE_IN_FILE = 50
    VOUCHER_NUMBER_REUSED = 51
    VOUCHER_CHANGED = 52
    UNBALANCED_VOUCHER = 53
    ZERO_VOUCHER = 54
    VOUCHER_REJECTED = 55


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an outcome says to a person, and what to do about it."""

    text: str
    remedy: str = ""


MEANINGS: Mapping[Outcome, Meaning] = {
    Outcome.ACCEPTED: Meaning("已接收，计入实际数"),
    Outcome.IGNORED: Meaning("按映射规则不进入预算科目；明细保留，勾稽时单列"),
    Outcome.EXCLUDED: Meaning("按排除规则不计（如结转损益）；明细保留，勾稽时单列"),
    Outcome.ALREADY_IMPORTED: Meaning("同一张凭证已装载，内容相同，跳过"),
    Outcome.DISMISSED: Meaning("在差错台上确认不收，原因已记录；对账时单列"),
    Outcome.MALFORMED_RECORD: Meaning("这一行的列数与表头不同", "检查分隔符和引号后重新导出"),
    Outcome.BAD_DATE: Meaning("日期无法识别或不存在", "改为 2026-01-31 这样的日期"),
    Outcome.AMBIGUOUS_DATE: Meaning("日期可以读成两天（月/日不明）", "改为 2026-01-31 这样的日期"),
    Outcome.BAD_PERIOD: Meaning("期间无法识别", "改为模型日历中的期间编码"),
    Outcome.BAD_AMOUNT: Meaning("金额不是数字，或超出 ±999,999,999,999,999.99", "改正金额"),
    Outcome.TOO_MANY_DECIMALS: Meaning("金额多于两位小数", "在来源处四舍五入，并使借贷平衡"),
    Outcome.NO_AMOUNT: Meaning("借方、贷方都没有金额", "补上金额，空白不等于零"),
    Outcome.BOTH_SIDES_FILLED: Meaning("借方、贷方同时有金额", "拆成两行"),
    Outcome.MISSING_VOUCHER: Meaning("没有凭证号", "补上凭证号"),
    Outcome.PERIOD_NOT_ON_CALENDAR: Meaning("期间不在模型日历内", "检查日期，或延长模型日历"),
    Outcome.PERIOD_CLOSED: Meaning("期间已结账", "重新开放期间，或改记到开放期间"),
    Outcome.PERIOD_NOT_OPEN: Meaning("期间尚未开放", "先开放期间"),
    Outcome.MISSING_CODE: Meaning("映射需要的编码是空白", "补上编码，或增加默认映射"),
    Outcome.UNMAPPED: Meaning("没有映射规则适用", "增加映射后重新装载"),
    Outcome.UNKNOWN_MEMBER: Meaning("模型中没有这个成员或科目", "增加成员，或修改映射"),
    Outcome.PARENT_MEMBER: Meaning("是汇总成员，不能记账", "映射到末级成员"),
    Outcome.INACTIVE_MEMBER: Meaning("成员在该期间已停用", "映射到有效成员"),
    Outcome.DUPLICATE_IN_FILE: Meaning("文件中同一凭证分录重复", "确认后删去重复的行"),
    Outcome.VOUCHER_NUMBER_REUSED: Meaning("一个凭证号用于不同日期的凭证", "在来源处改正凭证号"),
    Outcome.VOUCHER_CHANGED: Meaning("凭证已装载，但这次内容不同", "以红字凭证更正，不改已装载的凭证"),
    Outcome.UNBALANCED_VOUCHER: Meaning("凭证借贷不平", "在来源处改正"),
    Outcome.ZERO_VOUCHER: Meaning("凭证金额全为零", "确认后在来源处删除"),
    Outcome.VOUCHER_REJECTED: Meaning("同一凭证的其他分录被拒，凭证整张不收", "先处理其他分录"),
}
assert set(MEANINGS) == set(Outcome)

FILE_OUTCOMES: Mapping[str, str] = {
    "BAD_ENCODING": "编码既不是 UTF-8 也不是 GB18030，或文件中有坏字节",
    "CORRUPT_FILE": "不是可读的分隔文本或 Excel 文件，或有加密、损坏",
    "TOO_LARGE": "展开后超过上限",
    "EMPTY_FILE": "没有表头",
    "MISSING_COLUMN": "缺少数据源定义要求的列，或列名重复",
}


def fate(outcome: int) -> Fate:
    """Whether lines of this outcome are in the warehouse, were there before, or stand on the error desk."""
    return "stored" if outcome < 10 else "skipped" if outcome < 20 else "rejected"


def reference_page() -> str:
    """docs/reference/load-outcomes.md."""
    names = {"stored": "入库", "skipped": "跳过", "rejected": "拒收"}
    rows = [f"| {o.name} | {names[fate(o)]} | {m.text} | {m.remedy} |" for o, m in MEANINGS.items()]
    files = [f"| {code} | {text} |" for code, text in FILE_OUTCOMES.items()]
    return "\n".join(
        [
            "# 装载结果代码",
            "",
            "每一行只有一个结果，按下列顺序取最先适用的一个。本页由 `features/integration/outcomes.py` 生成。",
            "",
            "| 代码 | 去向 | 含义 | 怎么办 |",
            "|---|---|---|---|",
            *rows,
            "",
            "整个文件被拒收时（不会部分装载）：",
            "",
            "| 代码 | 含义 |",
            "|---|---|",
            *files,
            "",
        ]
    )
