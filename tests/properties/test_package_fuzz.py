"""A damaged package is read or refused with places; whatever bytes its files hold, nothing else happens."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models import files, write

from bihuan.features.modelling.package import read_package
from bihuan.kernel.errors import ProblemsFound

FORMULAS = "收入 = 销量 * 单价\n总额 = SUM(收入 OVER 产品)\n余额 = PREV(余额) + 收入 - 成本"
GOOD = files(FORMULAS, "甲: {unit: 元, time: 收入 / 2}") | {
    "data/表.csv": "item,version,产品,部门,2025Q4,2026Q1,value\n销量,预算,A,,1,2,\n部门数,,,一部,3,,\n备注,,B,,x,,\n",
    "data/参数.csv": "item,value\n税率,6%\n",
    "expect/表.csv": "item,产品,2026Q1,2026,tolerance,source\n收入,全部,4,BLANK,0.5,x\n",
}
SPLICES = [
    "", "\n", ",", ":", "{", "}", "[", "]", '"', "'", "|", "-", "#", "&a ", "*a", "!!python/object:os.system ", "? ", "\t",
    "  ", "\0", "\ufeff", "NaN", "inf", "1e999", "-1", "0", "全部", "A", "期间", "period:year", "formula", "999999999999",
]  # fmt: skip
places = st.tuples(st.sampled_from(sorted(GOOD)), st.floats(0, 1), st.integers(0, 12), st.sampled_from(SPLICES))
damage = st.lists(places, min_size=1, max_size=4)


def attempt(texts: dict[str, str | bytes]) -> None:
    with TemporaryDirectory() as folder:
        write(Path(folder), {name: text for name, text in texts.items() if isinstance(text, str)})
        for name, raw in texts.items():
            if isinstance(raw, bytes):
                (Path(folder) / name).parent.mkdir(exist_ok=True)
                (Path(folder) / name).write_bytes(raw)
        try:
            read_package(Path(folder))
        except ProblemsFound as found:
            refused = found
        else:
            return
    assert refused.problems
    for problem in refused.problems:
        assert problem.file, problem
        assert problem.message, problem


@given(damage)
@settings(max_examples=100, deadline=3000)
def test_a_package_with_spliced_texts_is_read_or_refused(changes: list[tuple[str, float, int, str]]) -> None:
    texts = dict(GOOD)
    for name, where, cut, splice in changes:
        at = int(where * len(texts[name]))
        texts[name] = texts[name][:at] + splice + texts[name][at + cut :]
    attempt(dict(texts))


@given(st.sampled_from(sorted(GOOD)), st.binary(max_size=60))
@settings(max_examples=30, deadline=3000)
def test_a_package_with_a_file_of_any_bytes_is_read_or_refused(name: str, raw: bytes) -> None:
    attempt({**GOOD, name: raw})


@given(st.sampled_from(sorted(GOOD)))
@settings(max_examples=20, deadline=3000)
def test_a_package_without_one_of_its_files_is_read_or_refused(name: str) -> None:
    attempt({n: text for n, text in GOOD.items() if n != name})


def test_the_undamaged_package_is_right() -> None:
    with TemporaryDirectory() as folder:
        package = read_package(write(Path(folder), GOOD))
    assert (len(package.data), len(package.expected)) == (5, 2)
