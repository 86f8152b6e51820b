"""Small models for tests, written as the texts of a package's files."""

from collections.abc import Mapping
from pathlib import Path

from bihuan.engine.compile import compile_model
from bihuan.engine.compiled import CompiledModel
from bihuan.features.modelling.package import Package, read_package

CALENDAR = "{base: quarter, start: 2026Q1, end: 2026Q4, history: 1, ahead: 1}"
MODEL = """\
name: m
title: m
calendar: CALENDAR
units: {元: "", 件: "", 千克: "", 人: "", 小时: ""}
roles: {来源期: period}
versions: [预算, 实际]
references: {部门.城市: 城市}
properties: {部门.面积: number}
"""
DIMENSIONS = {
    "dimensions/产品.csv": "code,name,parent,weight,类别\n全部,全部产品,,,\nA,甲,全部,,热销\nB,乙,全部,,滞销\n",
    "dimensions/部门.csv": "code,name,parent,城市,面积\n公司,公司,,,\n"
    "一部,一部,公司,北京,10\n二部,二部,公司,上海,30\n三部,三部,公司,北京,60\n",
    "dimensions/城市.csv": "code,name\n北京,北京\n上海,上海\n",
}
# what most formula tests read; 目标… items are there to be defined
CUBE = """\
cube: 表
title: 测试表
dims: [period, 产品, 部门, 来源期]
uses: [参数]
items:
  销量: {unit: 件, dims: [period, 产品]}
  单价: {unit: 元/件, dims: [period, 产品]}
  收入: {unit: 元, dims: [period, 产品]}
  成本: {unit: 元, dims: [period, 产品]}
  余额: {unit: 元, time: last, dims: [period, 产品]}
  人数: {unit: 人, time: last, dims: [period, 产品]}
  费率: {unit: "%", dims: [period, 产品]}
  备注: {type: text, dims: [period, 产品]}
  到期: {type: date, dims: [period, 产品]}
  负责部门: {type: member, dims: [period, 产品]}
  全年: {unit: 元, dims: ["period:year", 产品]}
  年末余额: {unit: 元, dims: ["period:year", 产品], time: last}
  总额: {unit: 元, dims: [period]}
  回款: {unit: 元, dims: [period, 来源期]}
  部门数: {unit: 元, dims: [period, 部门]}
ITEMS
formulas: |
FORMULAS
"""
PARAMETERS = """\
cube: 参数
title: 参数表
dims: []
items:
  税率: {unit: "%"}
  上限: {unit: 元}
"""
OTHER = """\
cube: 别表
title: 别的表
dims: [period, 产品]
items:
  销量: {unit: 件}
  运费: {unit: 元}
"""


def files(formulas: str, items: str = "", calendar: str = CALENDAR) -> dict[str, str]:
    """The package's texts with these formula lines and further items (``code: {…}`` lines) in cube 表; dims [period, 产品]."""
    own = [
        line if "dims" in line else line.removesuffix("}") + ", dims: [period, 产品]}"
        for line in items.split("\n")
        if line
    ]
    cube = CUBE.replace("ITEMS", _indented("\n".join(own))).replace("FORMULAS", _indented(formulas))
    cubes = {"cubes/1.yaml": cube, "cubes/2.yaml": PARAMETERS, "cubes/3.yaml": OTHER}
    return {"model.yaml": MODEL.replace("CALENDAR", calendar), **DIMENSIONS, **cubes}


def _indented(lines: str) -> str:
    return "\n".join("  " + line for line in lines.split("\n"))


def write(folder: Path, texts: Mapping[str, str]) -> Path:
    """The texts as files."""
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def package(folder: Path, formulas: str, items: str = "", **more: str) -> Package:
    """Reads what `files` gives; ``more`` are data tables by cube (``表="item,…"``)."""
    data = {f"data/{cube}.csv": text for cube, text in more.items()}
    return read_package(write(folder, {**files(formulas, items), **data}))


def compiled(folder: Path, formulas: str, items: str = "") -> CompiledModel:
    """The compiled model of what `files` gives."""
    return compile_model(package(folder, formulas, items).definition)
