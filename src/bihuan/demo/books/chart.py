"""Names of the accounts in use: 企业会计准则's four digits, and the company's own subaccounts."""

from collections.abc import Mapping

from bihuan.demo.books.expenses import SUBACCOUNTS

STANDARD: Mapping[str, str] = {
    "1002": "银行存款", "1122": "应收账款", "1221": "其他应收款", "1403": "原材料", "1405": "库存商品", "1602": "累计折旧",
    "2202": "应付账款", "2211": "应付职工薪酬", "2221": "应交税费", "2241": "其他应付款", "4103": "本年利润", "5001": "生产成本",
    "5101": "制造费用", "5301": "研发支出", "6001": "主营业务收入", "6401": "主营业务成本", "6601": "销售费用", "6602": "管理费用",
    "6603": "财务费用",
}  # fmt: skip
_OWN: Mapping[str, str] = {
    "122101": "员工借款", "221101": "工资", "221102": "社会保险费", "22210101": "进项税额", "22210102": "销项税额",
    "224101": "预提费用", "660301": "手续费", "660115": "直播推广费",
}  # fmt: skip


def account_name(code: str) -> str:
    """``管理费用-办公费``."""
    top = STANDARD[code[:4]]
    if len(code) == 4:
        return top
    names = {digits: item for item, digits in SUBACCOUNTS.items()}
    own = _OWN.get(code) or ("差旅费" if code[4:] == "01" else names[code[4:]])
    return f"{top}-{own}"
