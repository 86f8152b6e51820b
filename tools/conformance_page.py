"""docs/reference/conformance.md: the scenario tables of execution control, by what each shows, for this product or another."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "tests" / "conformance"

# what a control ledger is to do, by the id that scenarios name in their line 覆盖
CATALOGUE: Mapping[str, str] = {
    "D1.当期": "只看本期：预算 − 已用",
    "D1.当季": "季内合计，季内以后的月份可用",
    "D1.半年": "半年内合计",
    "D1.当年": "财年合计",
    "D1.累计": "期初至今，严格：后期已用收紧前期",
    "D1.季初至今": "从季初起的严格累计",
    "D1.总量": "方案全部期间合计",
    "D1.历年累计": "跨年的严格累计，上年余额不用结转",
    "D1.有效期": "起止期间之内合计，可跨年，之外没有预算",
    "D1.滑动": "任一连续 N 期不超过这 N 期的预算",
    "D1": "试算不占用，与申请同一口径",
    "D2": "预占、占用、执行：后一张按行冲前一张，不重复占用",
    "D3": "强度：无、预警、提示、柔性、刚性",
    "D4": "容差按比例或金额，先到为准",
    "D5": "控制层级：按上级合计控制",
    "D6": "组合控制：几项共用额度",
    "D7": "几条规则同时管一行，都要通过",
    "D8": "没有预算、编了 0、空白的处理",
    "D9": "只认已下达的版本",
    "D10": "分期下达",
    "D11": "向以后期间借用，自动归还",
    "D12": "超预算申请：一张单据、一次、限额",
    "D13": "调剂：审批中冻结来源，范围、幅度、次数",
    "D14": "追加、追减，追减不低于已用",
    "D15": "期间与年末结转",
    "D16": "退回、拒绝、撤回即释放",
    "D17": "提交时再检查，两人不能都拿走最后的余额",
    "D18": "多行单据：全部或部分",
    "D19": "改期间、改维度、外币、含税不含税",
    "D20": "单据字段对应到维度",
    "D21": "说明：规则、算式、单据、怎样可以通过",
    "D22": "给其他系统的接口",
    "D23": "对账与到期释放",
    "D24": "余额、单据、单元格互查",
    "D25": "规则变更的安全：生效日、在历史上试算",
    "D26": "数量与标准控制",
    "D27": "以收定支",
    "D28": "免控：科目、单据类型",
    "D29": "预警：越线、用完日期、久未动、年末突击",
}
# what went wrong in other products, from their public sources and what their users say
PEERS: Mapping[str, str] = {
    "ERPNext.兄弟合计": "上级部门的预算只和单据自己部门的用数比，十个下级各花一遍",
    "ERPNext.修订不断控": "修订时先作废旧预算，新的还是草稿，中间什么都不管",
    "ERPNext.外币": "外币单据不折算就比",
    "ERPNext.空白科目": "科目空白就找不到预算，于是不查",
    "ERPNext.行价不同": "数量合计 × 最高价",
    "ERPNext.只比同样的物料": "只算买同样物料的订单",
    "ERPNext.发票不看合同": "发票不看在途的订单和合同",
    "ERPNext.实际算两遍": "已入账的又算一遍在途，用到一半就拦",
    "ERPNext.并发": "各自求和、不锁预算行，两个人都通过",
    "ERPNext.提交才知道": "审批走完才发现没有预算",
    "ERPNext.越权无痕": "有权的人点一下就放行，没有记录",
    "OCA.只查第一个部门": "一张单据几个部门，只查了第一个",
    "OCA.一元以内放过": "浮点数和舍入，超出不到一元就放过",
    "OCA.只查最后一期": "跨两期的单据只查最后一期",
    "金蝶.累计变负": "后期已用，前期照放，累计余额成了负数",
    "金蝶.执行数翻倍": "报销之后又有应付、付款，执行数加倍",
    "金蝶.可用为何是零": "可用为零、找不到控制对象，问不出为什么",
    "FOLIO.加锁次序": "两批单据倒着次序加锁，互相等死",
    "FOLIO.合计走样": "余额的合计与流水对不上，靠脚本重算",
    "TigerBeetle.写了一半": "先写了一半才发现前序已到期",
    "TigerBeetle.到期何时归还": "到期的占用还算着，直到扫过；什么时候归还没说清",
    "TigerBeetle.一次只能结一回": "一笔占用只能结一回，分几张发票来就不行",
}
HEAD = """# 控制语义的对照表

执行控制该怎样算账，写成一组场景表：会计读得懂，程序逐行照做。
`make conformance` 把每张表在真实的台账上演一遍，最后列出演通过的编号；
任何一行的结果或可用数不符，那张表就不算。下面按编号列出每张表，也可以拿它去核对另一个产品：
按表建规则，逐行做动作，看 `结果` 和 `可用`。

## 怎样读一张表

- `规则` 一行一条：`窗口` 是期间口径，`按` 是分组（`维度:层级`，leaf 末级，0 顶层），`范围` 限成员及其下级，`池` 合并成员，
  `强度`、`容差` 或 `分级`（`80%:预警`，`105%+5000:柔性` 是先到为准）；各口径的定义见 [控制方案的写法](policies.md)。
- `方案` 写没有预算怎么办、编 0 怎么算、免控什么、怎样可以调剂、
  `下达` 何时可用（`quarter,1` 按季提前一期，`1:30;7:100` 按进度）；`税` 写税率和可抵扣科目。
- `以收定支` 是限额为收入的百分之几，`收入` 记一期的实际收入，`计限` 按收入重新计限额。
- `标准` 是定额标准：`单位`、`范围`、`问`（一行还要填什么）、`价`（从左到右第一个符合的）、强度同规则；一行写 `数量` 和 `填`。
- 每张表从空台账开始，组织是 集团（研发：研发一部、研发二部；销售），科目是 费用（差旅费、会议费、培训费），
  财年是 2026 和 2027，按月。
- 一行是一个动作，各在自己的事务里：
  `下达` 给一个单元格批预算；`追加` 加减预算；`申请` 提交即预占；`占用` 把预占转为占用；`执行` 用凭证冲单据；`入账` 没有单据的凭证；
  `释放`、`退回`、`拒绝`、`撤回`、`关闭`、`取消`、`到期` 归还；`再提交`、`变更` 重新检查；`接续` 后一张接前一张；`冲回` 红冲凭证；
  `重发` 把同一行凭证再发一次；`同时申请` 是 `份数` 个人在同一刻各提交一张，双数的把行倒过来写；
  `试算` 只问不占；`部分申请` 够的行占用；`调剂申请`、`调剂批准`、`调剂退回` 从 甲→乙（部门、科目或期间）；`查询` 什么都不做；
  `借用` 从借出期→借入期，`归还` 是到期后的自动归还；`结转` 与 `冲回结转` 从 甲期→乙期，`条款` 是结转多少；
  `超预算申请` 只申请不占，批准后 `提交` 才占；`业务日期` 走到那一天；
  `来源` 答一个单元格的原数、现数和变动，`联查` 答它的单据，`预警` 答要看的地方（期间写年就看年末突击）；
  `追加申请` 审批中的追加；`何时` 答批复里还没到时间的各从哪期起可用，`分期下达` 是每夜的那一步；
  `说明` 答每条规则管不管这里、余多少、谁用的；`回放` 把 `草案` 里的规则用在到此为止的单据上。
- `部门` 写 甲+乙 是两行的单据，`金额`、`期间` 写一个是每行相同，写几个是逐行。
  `汇率` 是一单位 `币种` 合多少预算币种。`结果` 是 通过、提示（通过并说明）、部分通过、拒绝、
  超支入账（凭证照记，超出部分记为超限），查询类的是查到的。
- `可用` 是做完这一行以后，在这个部门、科目和期间还能申请的最大金额，负数是已经超出；空着的不看。
- 每张表演完，余额的每个计数器还要等于台账分录之和。

## 各编号
"""


@dataclass(frozen=True)
class Listed:
    """A scenario table: ``ids`` of the catalogue that it shows."""

    id: str
    title: str
    file: str
    ids: tuple[str, ...]


def listed() -> Iterator[Listed]:
    """Every table there is, in the order of the files."""
    for file in sorted(TABLES.glob("*.md")):
        for section in re.split(r"^## ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            ident, _, title = section.splitlines()[0].partition(" ")
            said = re.search(r"^覆盖：(.+)$", section, flags=re.MULTILINE)
            yield Listed(ident, title, file.name, tuple(said[1].split()) if said else ())


def render() -> str:
    """The page."""
    peers = "\n## 别家出过的毛病\n\n取自公开的源码和用户的讨论；这里各有一张表，说明应当怎样。\n"
    return HEAD + _table(CATALOGUE, "要做到的") + peers + _table(PEERS, "毛病")


def _table(catalogue: Mapping[str, str], meaning: str) -> str:
    """A row per id, with the scenario tables that show it."""
    tables = list(listed())
    rows = []
    for ident, said in catalogue.items():
        mine = "<br>".join(f"{t.title}（`{t.file}` {t.id}）" for t in tables if ident in t.ids)
        rows.append(f"| {ident} | {said} | {mine or '还没有场景表'} |")
    return f"\n| 编号 | {meaning} | 场景表（在 `tests/conformance/`） |\n|---|---|---|\n" + "\n".join(rows) + "\n"
