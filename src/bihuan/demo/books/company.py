"""The company as its model package names it, with the size of its parts. All amounts are yuan a month as of January 2025."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bihuan.demo.books.dice import dealt, dice

WAGE, SOCIAL, WELFARE = "工资", "社保", "福利费"
TRAVEL, ABROAD = "国内差旅", "海外差旅"
SOCIAL_RATE = 0.285  # of the monthly wage, the year-end bonus left out

# people and monthly wage by kind of organisation
_HEADS = {
    "职能": (22, 0.25),
    "市场": (28, 0.2),
    "销售": (42, 0.25),
    "研发": (85, 0.25),
    "工厂": (310, 0.3),
    "物流": (38, 0.1),
}
_WAGES = {"职能": 12500, "市场": 13500, "销售": 12800, "研发": 19500, "工厂": 8300, "物流": 8600}

# yuan per head and month
_RATES: Mapping[str, Mapping[str, float]] = {
    "职能": {
        TRAVEL: 620, "业务招待费": 190, "办公费": 260, "会议费": 190, "培训费": 150, "专业服务费": 900, "维修费": 60,
        "折旧费": 420, WELFARE: 320,
    },
    "市场": {
        TRAVEL: 1500, ABROAD: 750, "业务招待费": 900, "广告宣传费": 5200, "展会费": 3600, "客户活动费": 1500, "办公费": 260,
        "会议费": 420, "培训费": 130, "专业服务费": 500, "折旧费": 200, WELFARE: 310,
    },
    "销售": {
        TRAVEL: 2300, ABROAD: 120, "业务招待费": 1700, "客户活动费": 800, "办公费": 240, "会议费": 310, "培训费": 150,
        "折旧费": 180, WELFARE: 310,
    },
    "研发": {
        TRAVEL: 520, "材料试制": 3300, "委外研发": 2400, "检测认证": 1100, "办公费": 210, "会议费": 150, "培训费": 260,
        "专业服务费": 180, "能源费": 150, "维修费": 120, "折旧费": 1250, WELFARE: 310,
    },
    "工厂": {
        TRAVEL: 70, "业务招待费": 25, "办公费": 70, "会议费": 22, "培训费": 65, "运输费": 160, "能源费": 1650, "维修费": 720,
        "检测认证": 60, "折旧费": 2150, WELFARE: 270,
    },
    "物流": {TRAVEL: 240, "办公费": 150, "会议费": 40, "运输费": 9200, "维修费": 320, "折旧费": 650, "能源费": 210, WELFARE: 270},
}  # fmt: skip
# who differs from its kind: item -> times
_TIMES: Mapping[str, Mapping[str, float]] = {
    "HQ-LAW": {"专业服务费": 5.0},
    "HQ-FIN": {"专业服务费": 3.5},
    "HQ-AUD": {"专业服务费": 2.5, TRAVEL: 1.8},
    "HQ-HR": {"培训费": 9.0},
    "HQ-ADM": {"办公费": 4.0, "会议费": 5.0, "维修费": 8.0, "业务招待费": 3.0},
    "HQ-PUR": {TRAVEL: 2.0},
    "PWR-MKT": {ABROAD: 2.2},
    "SMT-SW": {"材料试制": 0.15, "委外研发": 2.2, "检测认证": 0.5},
    "DRV-MKT": {"展会费": 1.4},
}
_ABROAD_KINDS = {"市场": 2.5, "销售": 22.0, "职能": 0.0, "工厂": 0.0}  # for organisations of the overseas division
OVERSEAS = "INT"
_EARNS = 2.6  # a division's revenue as a multiple of its own costs, so that half of it pays material and the rest earns


@dataclass(frozen=True)
class Org:
    """A leaf organisation. ``account`` is the general ledger account its expenses go to."""

    code: str
    name: str
    division: str
    kind: str
    account: str


@dataclass(frozen=True)
class Product:
    """A product with the division that makes it."""

    code: str
    name: str
    division: str


@dataclass(frozen=True)
class Company:
    """``costs`` (org, item) -> yuan a month; ``heads``, ``wages`` by org; ``sold`` (org, product) -> yuan revenue a month."""

    orgs: tuple[Org, ...]
    products: tuple[Product, ...]
    costs: Mapping[tuple[str, str], float]
    heads: Mapping[str, int]
    wages: Mapping[str, float]
    sold: Mapping[tuple[str, str], float]
    prices: Mapping[str, float]
    material: Mapping[str, float]  # share of the price

    def org(self, code: str) -> Org:
        """The organisation of a code."""
        return next(o for o in self.orgs if o.code == code)


def read_company(package: Path, seed: int) -> Company:
    """The company of a model package; ``seed`` gives each part its size."""
    rows = _rows(package / "dimensions" / "org.csv")
    orgs = tuple(Org(r["code"], r["name"], r["parent"], r["类型"], r["成本科目"]) for r in rows if r["成本科目"])
    goods = [r for r in _rows(package / "dimensions" / "产品.csv") if r["事业部"]]
    products = tuple(Product(r["code"], r["name"], r["事业部"]) for r in goods if r["parent"] not in ("", "全部产品"))
    heads = {o.code: round(dealt(seed, *_HEADS[o.kind], "heads", o.code)) for o in orgs}
    wages = {o.code: dealt(seed, _WAGES[o.kind], 0.08, "wage", o.code) for o in orgs}
    costs = {pair: amount for o in orgs for pair, amount in _costs(o, heads[o.code], seed)}
    whole = {o.code: heads[o.code] * wages[o.code] * (1 + SOCIAL_RATE) for o in orgs}
    for (org, _), amount in costs.items():
        whole[org] += amount
    return Company(
        orgs=orgs,
        products=products,
        costs=costs,
        heads=heads,
        wages=wages,
        sold=_sold(orgs, products, whole, seed),
        prices={p.code: round(dealt(seed, 1500, 0.6, "price", p.code), 0) for p in products},
        material={p.code: dice(seed, "material", p.code).uniform(0.44, 0.54) for p in products},
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _costs(org: Org, heads: int, seed: int) -> list[tuple[tuple[str, str], float]]:
    rates = dict(_RATES[org.kind])
    if org.division == OVERSEAS and org.kind in _ABROAD_KINDS:
        rates[ABROAD] = rates.get(ABROAD, 110) * max(_ABROAD_KINDS[org.kind], 1.0)
        rates[TRAVEL] *= 0.6
    times = _TIMES.get(org.code, {})
    out = []
    for item, rate in rates.items():
        middle = rate * heads * times.get(item, 1.0)
        out.append(((org.code, item), dealt(seed, middle, 0.15, "cost", org.code, item)))
    return out


def _sold(
    orgs: tuple[Org, ...], products: tuple[Product, ...], whole: Mapping[str, float], seed: int
) -> dict[tuple[str, str], float]:
    """Who sells what: each division its own products, the overseas offices half of them all; enough to earn their costs."""
    out: dict[tuple[str, str], float] = {}
    for division in dict.fromkeys(o.division for o in orgs):
        abroad = division == OVERSEAS
        shares = {
            (org.code, product.code): dealt(seed, 1.0, 0.45, "sold", org.code, product.code)
            for org in orgs
            if org.kind == "销售" and org.division == division
            for product in products
            if product.division == division or (abroad and _also_abroad(seed, org, product))
        }
        revenue = _EARNS * sum(amount for org, amount in whole.items() if org.startswith(f"{division}-"))
        out |= {pair: revenue * share / sum(shares.values()) for pair, share in shares.items()}
    return out


def _also_abroad(seed: int, org: Org, product: Product) -> bool:
    return dice(seed, "abroad", org.code, product.code).random() < 0.5
