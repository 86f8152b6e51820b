"""The function table: names, Chinese aliases, arguments, families. The binder, the reference page and messages read it.

What a function does with blanks and errors is the evaluator's table; this one says what may be written.
"""

from dataclasses import dataclass
from typing import Literal

from bihuan.kernel.nearest import nearest

Family = Literal[
    "lazy",
    "test",
    "logic",
    "fold",
    "same",
    "round",
    "plain",
    "shift",
    "window",
    "clock",
    "share",
    "allocate",
    "ifs",
    "money",
    "flows",
    "words",
]


@dataclass(frozen=True, slots=True)
class Function:
    """``most`` None = any number of arguments. ``meaning`` is the reference page's sentence."""

    name: str
    alias: str
    family: Family
    least: int
    most: int | None
    form: str
    meaning: str


def _ifs(function: str) -> tuple[str, str]:
    """What is written, and what it stands for."""
    return (
        f"{function}IFS(x, 属性1, 值1, … OVER 维度)",
        f"同 {function}(x OVER 维度 WHERE 属性1 = 值1 AND …)",
    )


_TABLE: tuple[tuple[str, str, Family, int, int | None, str, str], ...] = (
    (
        "IF",
        "如果",
        "lazy",
        2,
        3,
        "IF(条件, 真, 假)",
        "条件成立取第二个，否则取第三个；不写第三个就是空。没走到的一支不算错",
    ),
    ("IFS", "多条件", "lazy", 2, None, "IFS(条件1, 值1, 条件2, 值2, …)", "第一个成立的条件对应的值；都不成立是空"),
    (
        "SWITCH",
        "分支",
        "lazy",
        3,
        None,
        "SWITCH(x, 值1, 结果1, …, 其他)",
        "x 等于哪个值就取哪个结果；都不等取最后一个，不写就是空",
    ),
    ("IFERROR", "出错时", "lazy", 2, 2, "IFERROR(x, 备用)", "x 是错误时取备用；只管错误，不管空"),
    ("IFBLANK", "空时", "lazy", 2, 2, "IFBLANK(x, 备用)", "x 是空时取备用；只管空，不管错误"),
    ("ISBLANK", "为空", "test", 1, 1, "ISBLANK(x)", "x 是不是空"),
    ("ISERROR", "为错", "test", 1, 1, "ISERROR(x)", "x 是不是错误"),
    ("AND", "且", "logic", 1, None, "AND(a, b, …)", "都成立；遇到第一个不成立就停"),
    ("OR", "或", "logic", 1, None, "OR(a, b, …)", "有一个成立；遇到第一个成立就停"),
    ("NOT", "非", "logic", 1, 1, "NOT(a)", "不成立"),
    ("SUM", "合计", "fold", 1, None, "SUM(a, b, …) 或 SUM(x OVER 维度 WHERE 条件)", "求和；跨维度时跳过空"),
    ("AVERAGE", "平均", "fold", 1, None, "AVERAGE(a, b, …) 或 AVERAGE(x OVER 维度)", "平均；空不计入"),
    ("MIN", "最小", "fold", 1, None, "MIN(a, b, …) 或 MIN(x OVER 维度)", "最小；参数中的空当 0，跨维度时跳过空"),
    ("MAX", "最大", "fold", 1, None, "MAX(a, b, …) 或 MAX(x OVER 维度)", "最大；参数中的空当 0，跨维度时跳过空"),
    ("COUNT", "计数", "fold", 1, None, "COUNT(a, b, …) 或 COUNT(x OVER 维度)", "不空的有几个"),
    ("ABS", "绝对值", "same", 1, 1, "ABS(x)", "绝对值"),
    ("MOD", "取余", "same", 2, 2, "MOD(x, m)", "除以 m 的余数，与 m 同号；m 为 0 是错误"),
    ("CEILING", "向上取整", "same", 1, 2, "CEILING(x, m)", "不小于 x 的 m 的倍数，往数轴右边取；m 不写是 1"),
    ("FLOOR", "向下取整", "same", 1, 2, "FLOOR(x, m)", "不大于 x 的 m 的倍数，往数轴左边取；m 不写是 1"),
    ("MROUND", "倍数舍入", "same", 2, 2, "MROUND(x, m)", "最接近 x 的 m 的倍数，正中间时远离 0"),
    ("ROUND", "舍入", "round", 1, 2, "ROUND(x, d)", "四舍五入到 d 位小数，负数同样远离 0；d 不写是 0"),
    ("ROUNDUP", "进位", "round", 1, 2, "ROUNDUP(x, d)", "远离 0 取到 d 位小数"),
    ("ROUNDDOWN", "舍去", "round", 1, 2, "ROUNDDOWN(x, d)", "靠近 0 取到 d 位小数"),
    ("INT", "取整", "round", 1, 1, "INT(x)", "不大于 x 的整数"),
    ("SIGN", "符号", "plain", 1, 1, "SIGN(x)", "1、0 或 -1"),
    ("POWER", "乘方", "plain", 2, 2, "POWER(x, n)", "同 x ^ n"),
    ("SQRT", "平方根", "plain", 1, 1, "SQRT(x)", "平方根；负数是错误"),
    ("EXP", "指数", "plain", 1, 1, "EXP(x)", "e 的 x 次方"),
    ("LN", "自然对数", "plain", 1, 1, "LN(x)", "自然对数；不大于 0 是错误"),
    ("LOG10", "常用对数", "plain", 1, 1, "LOG10(x)", "以 10 为底的对数"),
    ("PREV", "上期", "shift", 1, 2, "PREV(x, 备用)", "上一期的 x；备用只在落到时间轴外，或计划期外且为空时用"),
    ("NEXT", "下期", "shift", 1, 2, "NEXT(x, 备用)", "下一期的 x；备用同上"),
    ("LAG", "前移", "shift", 2, 3, "LAG(x, n, 备用)", "n 期以前的 x；n 是写明的整数"),
    ("LEAD", "后移", "shift", 2, 3, "LEAD(x, n, 备用)", "n 期以后的 x；n 是写明的整数"),
    ("YEAR_AGO", "上年同期", "shift", 1, 2, "YEAR_AGO(x, 备用)", "上一财年同一期的 x"),
    ("YTD", "累计", "window", 1, 1, "YTD(x)", "从财年第一期到本期的和"),
    ("QTD", "季度累计", "window", 1, 1, "QTD(x)", "从季度第一期到本期的和"),
    ("CUM", "总累计", "window", 1, 1, "CUM(x)", "从计划第一期到本期的和"),
    ("ROLLING", "滚动", "window", 2, 2, "ROLLING(x, n)", "含本期在内最近 n 期的和；不足 n 期时有几期算几期"),
    ("OPENING", "年初数", "window", 1, 1, "OPENING(x)", "本财年开始前一期的 x"),
    ("CLOSING", "年末数", "window", 1, 1, "CLOSING(x)", "本财年最后一期的 x"),
    ("PERIODNO", "期号", "clock", 0, 0, "PERIODNO()", "本期是财年的第几期"),
    ("PERIODS", "年期数", "clock", 0, 0, "PERIODS()", "本财年有几期"),
    ("YEAREND", "年末", "clock", 0, 0, "YEAREND()", "本期是不是财年最后一期"),
    ("YEARSTART", "年初", "clock", 0, 0, "YEARSTART()", "本期是不是财年第一期"),
    ("PERIODSTART", "期初日", "clock", 0, 0, "PERIODSTART()", "本期第一天，日期"),
    ("PERIODEND", "期末日", "clock", 0, 0, "PERIODEND()", "本期最后一天，日期"),
    ("SHARE", "分摊", "share", 1, 1, "SHARE(总额 BY 依据 OVER 维度)", "按依据把总额分到维度的成员上，尾差按最大余数法"),
    (
        "ALLOCATE",
        "分配",
        "allocate",
        1,
        2,
        'ALLOCATE(费用, "方法" BY 服务量 OVER 部门, 受益部门)',
        "服务部门的费用分给受益的部门，合计不变；方法是 直接、阶梯、交互，不写是 直接",
    ),
    ("SUMIFS", "条件求和", "ifs", 3, None, *_ifs("SUM")),
    ("AVERAGEIFS", "条件平均", "ifs", 3, None, *_ifs("AVERAGE")),
    ("COUNTIFS", "条件计数", "ifs", 3, None, *_ifs("COUNT")),
    ("MINIFS", "条件最小", "ifs", 3, None, *_ifs("MIN")),
    ("MAXIFS", "条件最大", "ifs", 3, None, *_ifs("MAX")),
    (
        "NPV",
        "净现值",
        "flows",
        2,
        2,
        "NPV(率, x OVER 期间)",
        "计划各期的 x 按每期的率折现的和；第一期已折现一期，期初的投资写在外面",
    ),
    (
        "IRR",
        "内部收益率",
        "flows",
        1,
        1,
        "IRR(x OVER 期间)",
        "使计划各期 x 的净现值为 0 的每期的率；没有是错误，有几个时取最接近 10% 的",
    ),
    (
        "XNPV",
        "按日净现值",
        "flows",
        2,
        2,
        "XNPV(年率, x OVER 期间)",
        "各期的 x 落在期末那一天，按天数 ÷ 365 折现到计划第一期末的和",
    ),
    (
        "XIRR",
        "按日内部收益率",
        "flows",
        1,
        1,
        "XIRR(x OVER 期间)",
        "使 XNPV 为 0 的年率；没有是错误，有几个时取最接近 10% 的",
    ),
    (
        "PMT",
        "每期付款",
        "money",
        3,
        5,
        "PMT(率, 期数, 现值, 终值, 期初)",
        "等额还款每期付多少，付出为负；期初不为 0 是期初付",
    ),
    ("IPMT", "付息", "money", 4, 6, "IPMT(率, 第几期, 期数, 现值, 终值, 期初)", "PMT 的那一期里的利息"),
    ("PPMT", "还本", "money", 4, 6, "PPMT(率, 第几期, 期数, 现值, 终值, 期初)", "PMT 的那一期里的本金"),
    ("PV", "现值", "money", 3, 5, "PV(率, 期数, 每期付款, 终值, 期初)", "各期付款和终值今天值多少，符号相反"),
    ("FV", "终值", "money", 3, 5, "FV(率, 期数, 每期付款, 现值, 期初)", "现值和各期付款到期末值多少，符号相反"),
    ("SLN", "直线折旧", "money", 3, 3, "SLN(原值, 残值, 寿命)", "每期的折旧；寿命为 0 是错误"),
    ("SYD", "年数总和折旧", "money", 4, 4, "SYD(原值, 残值, 寿命, 第几期)", "年数总和法第几期的折旧"),
    (
        "DDB",
        "余额递减折旧",
        "money",
        4,
        5,
        "DDB(原值, 残值, 寿命, 第几期, 倍数)",
        "余额递减法第几期的折旧，不低于残值；倍数不写是 2",
    ),
    ("LEN", "长度", "words", 1, 1, "LEN(文本)", "有几个字"),
    ("LEFT", "左取", "words", 2, 2, "LEFT(文本, n)", "左边 n 个字"),
    ("RIGHT", "右取", "words", 2, 2, "RIGHT(文本, n)", "右边 n 个字"),
    ("MID", "截取", "words", 3, 3, "MID(文本, 第几个, n)", "从第几个字起的 n 个字"),
    ("UPPER", "大写", "words", 1, 1, "UPPER(文本)", "字母改大写"),
    ("LOWER", "小写", "words", 1, 1, "LOWER(文本)", "字母改小写"),
    ("TRIM", "去空格", "words", 1, 1, "TRIM(文本)", "去掉两头的空格"),
    ("FIND", "查找", "words", 2, 2, "FIND(找什么, 文本)", "第一次出现在第几个字；没有是 0，区分大小写"),
    ("SUBSTITUTE", "替换", "words", 3, 3, "SUBSTITUTE(文本, 旧, 新)", "把每一处“旧”换成“新”"),
    ("TEXT", "转文本", "words", 2, 2, "TEXT(x, d)", "写成 d 位小数的文本，四舍五入，d 最多 9；舍入后是 0 的没有负号"),
    ("VALUE", "转数", "words", 1, 1, "VALUE(文本)", "文本写的数，可带 %；不是数是错误 BAD_NUMBER"),
    ("DATE", "日期", "words", 3, 3, "DATE(年, 月, 日)", "日期；没有这一天是错误 BAD_NUMBER"),
    ("YEAR", "年份", "words", 1, 1, "YEAR(日期)", "公历年"),
    ("MONTH", "月份", "words", 1, 1, "MONTH(日期)", "公历月，1 到 12"),
    ("DAY", "日数", "words", 1, 1, "DAY(日期)", "几号"),
    ("DAYS", "天数", "words", 2, 2, "DAYS(止, 起)", "两个日期相差几天，同 止 - 起"),
    ("ADDDAYS", "加天数", "words", 2, 2, "ADDDAYS(日期, n)", "n 天以后，同 日期 + n"),
    ("EDATE", "加月数", "words", 2, 2, "EDATE(日期, n)", "n 个月以后的同一天；没有那一天是月末"),
    ("EOMONTH", "月末", "words", 2, 2, "EOMONTH(日期, n)", "n 个月以后那个月的最后一天"),
)

FUNCTIONS: dict[str, Function] = {row[0]: Function(*row) for row in _TABLE}
_BY_ALIAS: dict[str, Function] = {function.alias: function for function in FUNCTIONS.values()}


def find_function(written: str) -> Function | None:
    """By English name or Chinese alias."""
    return FUNCTIONS.get(written) or _BY_ALIAS.get(written)


def nearest_functions(written: str) -> list[str]:
    """Names that look like what was written, best first."""
    if written.upper() in FUNCTIONS:
        return [written.upper()]
    return nearest(written.upper(), [*FUNCTIONS, *_BY_ALIAS])


def reference_table() -> str:
    """The function table of the reference page, in Markdown."""
    rows = ["| 函数 | 中文名 | 写法 | 意思 |", "|---|---|---|---|"]
    rows += [f"| `{f.name}` | {f.alias} | `{f.form}` | {f.meaning} |" for f in FUNCTIONS.values()]
    return "\n".join(rows) + "\n"


_OPEN, _CLOSE = "<!-- functions: generated by bihuan.engine.formula.functions, do not edit -->\n", "<!-- /functions -->"


def render(page: str) -> str:
    """The reference page with its function table brought up to date."""
    before, opening, rest = page.partition(_OPEN)
    _, closing, after = rest.partition(_CLOSE)
    assert opening, "the page has no place for the table"
    assert closing, "the page has no place for the table"
    return before + opening + reference_table() + closing + after


if __name__ == "__main__":
    import sys

    sys.stdout.write(render(sys.stdin.read()))
