"""Loading vouchers: land, map, validate, publish a generated file against DuckDB reading and grouping the same file.

Ours does what a load does: the raw file kept by hash and fsynced, every line mapped and validated, vouchers balanced and told
from those already loaded, the lines written as Parquet, their totals entered in the plan, all committed to a PostgreSQL with
fsync on. DuckDB reads the same text with two threads and groups it by account, department and month.
"""

import random
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
from harness import Result, seconds

from bihuan.bootstrap import Container, opened
from bihuan.cli.load import load
from bihuan.features.access.model import system
from bihuan.features.integration import commands
from bihuan.features.modelling import commands as modelling
from bihuan.settings import Settings

BAR = 8.0
ACCOUNTS, DEPARTMENTS = 40, 300
SOURCE = """
source: gl
title: 总账
model: load
cube: 费用
fields: {voucher: voucher, date: date, account: account, department: department, memo: memo, debit: debit, credit: credit}
map: {item: 金额, org: =department, 科目: =account}
"""
MAPPING = "rule,account,to.item\n往来,1*,IGNORE\n"
GROUPED = """SELECT account, department, substr(date, 1, 7), sum(debit::DECIMAL(18, 2)), sum(credit::DECIMAL(18, 2))
FROM read_csv('{file}', all_varchar = true, nullstr = '') GROUP BY ALL"""


def run(quick: bool) -> list[Result]:
    """One result; a file of 1M lines (200k quick), a fresh batch of other vouchers in each round."""
    lines, rounds = (200_000, 3) if quick else (1_000_000, 3)
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        with opened(Settings(data=Path(folder) / "data")) as container:
            _define(container)
            files = [write(Path(folder) / f"{n}.csv", lines, n) for n in range(rounds + 1)]
            ours, peer = [], []
            for number, file in enumerate(files):
                taken = seconds(lambda file=file: _load(container, file))
                read = seconds(lambda file=file: _group(file))
                if number:  # the first is the warm-up
                    ours.append(taken)
                    peer.append(read)
    return [
        Result(
            bench="voucher load",
            size=f"{lines // 1000}k lines",
            threads=2,
            ours_s=statistics.median(ours),
            peer="duckdb read + group",
            peer_s=statistics.median(peer),
            bar=BAR,
            ours_raw=ours,
            peer_raw=peer,
            note="land + map + validate + publish, fsync on",
        )
    ]


def _define(container: Container) -> None:
    accounts = "".join(f"6602{a:02d},\n" for a in range(ACCOUNTS))
    departments = "".join(f"D{d:03d},\n" for d in range(DEPARTMENTS))
    package = {
        "model.yaml": "name: load\ntitle: 装载\ncalendar: {base: month, start: 2026-01, end: 2026-12}\n"
        'currency: 元\nunits: {元: ""}\nversions: [实际]\n',
        "dimensions/org.csv": "code,parent\n" + departments,
        "dimensions/科目.csv": "code,parent\n" + accounts,
        "cubes/费用.yaml": "cube: 费用\ntitle: 费用\ndims: [period, org, 科目]\nitems:\n  金额: {unit: 元, scale: 2}\n",
    }
    with container.database.writing() as uow:
        modelling.apply(uow, system(), package, name="load")
        commands.define_source(uow, system(), definition=SOURCE, mapping=MAPPING)


def _load(container: Container, file: Path) -> None:
    batch = load(container, file, "gl")
    assert batch.state == "published", batch
    assert set(batch.counts) == {"ACCEPTED", "IGNORED"}, batch.counts


def _group(file: Path) -> int:
    with duckdb.connect(config={"threads": 2}) as db:
        return len(db.execute(GROUPED.format(file=file)).fetchall())


def write(file: Path, lines: int, seed: int) -> Path:
    """Balanced vouchers of three debits and one credit, numbered anew each month."""
    with file.open("w", encoding="utf-8") as out:
        out.write("voucher,date,account,department,memo,debit,credit\n")
        out.writelines(_vouchers(lines // 4, seed))
    return file


def _vouchers(count: int, seed: int) -> Iterator[str]:
    rng = random.Random(seed)
    for i in range(count):
        day, number, department = (
            f"2026-{i % 12 + 1:02d}-{i % 28 + 1:02d}",
            f"记-{seed}-{i // 12:06d}",
            i * 7 % DEPARTMENTS,
        )
        amounts = [rng.randrange(1, 1_000_000) for _ in range(3)]
        for j, fen in enumerate(amounts):
            amount = f"{fen // 100}.{fen % 100:02d}"
            yield f"{number},{day},6602{(i + j) % ACCOUNTS:02d},D{(department + j) % DEPARTMENTS:03d},费用{i},{amount},\n"
        total = sum(amounts)
        yield f"{number},{day},1002,D{department:03d},付款{i},,{total // 100}.{total % 100:02d}\n"
