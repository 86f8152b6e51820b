"""What people write who come from a spreadsheet, and how it is written here; for messages."""

import re
from collections.abc import Mapping

_LOOKUP = "查别的成员的数写 指标[维度: 成员]，按属性查写 指标[维度: 维度.属性]"
_NO_CLOCK = "公式不看今天；写 PERIODEND()，或录入一个日期指标"
ADVICE: Mapping[str, str] = {
    **dict.fromkeys(("VLOOKUP", "HLOOKUP", "XLOOKUP", "LOOKUP", "INDEX", "MATCH", "INDIRECT", "GETPIVOTDATA"), _LOOKUP),
    **dict.fromkeys(("SUMIF", "SUMPRODUCT", "DSUM"), "写 SUM(x OVER 维度 WHERE 条件)，相乘再加写 SUM(a * b OVER 维度)"),
    "COUNTIF": "写 COUNT(x OVER 维度 WHERE 条件)",
    "COUNTA": "写 COUNT",
    "AVERAGEIF": "写 AVERAGE(x OVER 维度 WHERE 条件)",
    "SUBTOTAL": "写 SUM(x OVER 维度)",
    "OFFSET": "前几期的数写 PREV(x) 或 LAG(x, n)",
    "CHOOSE": "写 SWITCH",
    **dict.fromkeys(("IFNA", "ISNA", "ISERR"), "写 IFERROR 或 ISERROR"),
    **dict.fromkeys(("TODAY", "NOW"), _NO_CLOCK),
    **dict.fromkeys(("CONCATENATE", "CONCAT", "TEXTJOIN"), "连接文本写 a & b"),
    "TRUNC": "写 ROUNDDOWN",
    "QUOTIENT": "写 INT(a / b)",
    "DATEDIF": "写 DAYS(止, 起) 或 止 - 起",
    "DATEVALUE": '日期直接写 "2026-01-31"',
    "ROUNDBANK": "写 ROUND",
    "LOG": "写 LOG10 或 LN",
    **dict.fromkeys(("EVEN", "ODD"), "写 CEILING(x, 2)"),
    **dict.fromkeys(("DB", "VDB"), "写 DDB 或 SYD"),
    **dict.fromkeys(("RATE", "NPER"), "没有这个函数；期数和率由参数给出，收益率用 IRR"),
}
SYNONYMS: Mapping[str, str] = {
    **dict.fromkeys(("求和", "总和", "加总", "汇总"), "SUM"),
    **dict.fromkeys(("平均值", "求平均", "均值"), "AVERAGE"),
    **dict.fromkeys(("最大值", "取大"), "MAX"),
    **dict.fromkeys(("最小值", "取小"), "MIN"),
    **dict.fromkeys(("四舍五入", "取位"), "ROUND"),
    **dict.fromkeys(("个数", "数量", "计次"), "COUNT"),
    **dict.fromkeys(("假如", "若", "条件"), "IF"),
    **dict.fromkeys(("上月", "前期", "上季"), "PREV"),
    **dict.fromkeys(("下月", "后期", "下季"), "NEXT"),
    **dict.fromkeys(("去年同期", "上年", "去年"), "YEAR_AGO"),
    **dict.fromkeys(("本年累计", "年累计", "年初至今"), "YTD"),
}
NOTHING = frozenset({"NULL", "null", "NA", "None", "nil", "BLANK", "空值", "空白", "空"})
_ADDRESS = re.compile(r"[A-Za-z]{1,3}\d{1,7}")


def is_address(name: str) -> bool:
    """True for what looks like a spreadsheet's cell: ``A1``."""
    return _ADDRESS.fullmatch(name) is not None
