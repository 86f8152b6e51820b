"""A company with its own model, source and policy, so that each test stands alone; and the few verbs tests speak."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from bihuan.bootstrap import Container
from bihuan.cli.load import load
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import system
from bihuan.features.integration import commands, loads, queries, rules
from bihuan.features.integration import desk as the_desk
from bihuan.features.integration.model import Batch, RejectedLine, Run, TieRow
from bihuan.features.integration.tie_out import BooksTaken, take_trial_balance, tie_out
from bihuan.features.planning import queries as plans

from .conftest import SOURCE

ROBOT = system()
HEADER = "凭证号,日期,科目,部门,摘要,借方,贷方,单据号\n"


def voucher(number: str, amount: str, account: str = "660202", day: str = "2026-01-05") -> str:
    return f"{number},{day},{account},D110,出差,{amount},,\n{number},{day},1002,D110,出差,,{amount},\n"


@dataclass
class Books:
    """A company with its own source, so that each test stands alone."""

    container: Container
    source: str
    folder: Path

    def load(self, *vouchers: str, name: str = "file.csv") -> Batch:
        path = self.folder / name
        path.write_text(HEADER + "".join(vouchers), encoding="utf-8")
        return load(self.container, path, self.source)

    def travel(self, period: str = "2026-01") -> Decimal | None:
        """差旅费 of D110 in the actual version."""
        with self.container.database.reading() as reader:
            version = plans.version(reader, self.source, "实际")
            item = ItemRef("费用", "差旅费")
            cells = plans.read_cells(
                reader, ROBOT, version_id=version.id, item=item, rows=[{"org": "D110"}], periods=[period]
            )
        return cells.values[0][0]

    def stored(self) -> int:
        with self.container.database.reading() as reader:
            lines = queries.lines(reader, self.container.warehouse, self.source)
            return 0 if lines is None else int(lines.count().to_pyarrow().as_py())

    # --- as the browser does it: a run, carried out as the job would

    def ask(self, *vouchers: str, name: str = "file.csv", check_only: bool = False) -> Run:
        """A load that waits in the queue."""
        content = (HEADER + "".join(vouchers)).encode()
        with self.container.database.writing() as uow:
            return loads.start(
                uow,
                ROBOT,
                self.container.warehouse,
                source=self.source,
                file_name=name,
                chunks=[content],
                check_only=check_only,
            )

    def carry_out(self, run_id: int) -> Run:
        loads.carry_out(self.container.database, self.container.warehouse, self.container.trees, run_id)
        return self.run(run_id)

    def run(self, run_id: int) -> Run:
        with self.container.database.reading() as reader:
            return loads.run(reader, run_id)

    def upload(self, *vouchers: str, name: str = "file.csv", check_only: bool = False) -> Run:
        return self.carry_out(self.ask(*vouchers, name=name, check_only=check_only).id)

    def reload(self, batch_id: int) -> Run:
        with self.container.database.writing() as uow:
            run = loads.reload(uow, ROBOT, batch_id=batch_id)
        return self.carry_out(run.id)

    def batch(self, batch_id: int | None) -> Batch:
        assert batch_id is not None
        with self.container.database.reading() as reader:
            return queries.batch(reader, ROBOT, batch_id=batch_id)

    def batches(self) -> list[Batch]:
        with self.container.database.reading() as reader:
            return queries.batches(reader, ROBOT, source=self.source)

    def desk(self) -> list[RejectedLine]:
        with self.container.database.reading() as reader:
            return queries.error_desk(reader, ROBOT, source=self.source)

    def say(self, batch_id: int | None, *mends: the_desk.Mend) -> int:
        assert batch_id is not None
        with self.container.database.writing() as uow:
            return the_desk.mend(uow, ROBOT, batch_id=batch_id, mends=mends)

    def ignore(self, batch_id: int | None, *records: int, whole: bool = False) -> int:
        assert batch_id is not None
        with self.container.database.writing() as uow:
            return the_desk.ignore(
                uow, ROBOT, batch_id=batch_id, records=records, reason="与预算无关", whole_vouchers=whole
            )

    def books_say(self, text: str) -> BooksTaken:
        """A trial balance is uploaded."""
        with self.container.database.writing() as uow:
            return take_trial_balance(uow, ROBOT, self.container.warehouse, source=self.source, chunks=[text.encode()])

    def tie(self) -> dict[str, TieRow]:
        with self.container.database.reading() as reader:
            return {r.account: r for r in tie_out(reader, ROBOT, self.container.warehouse, source=self.source)}

    def mend_rule_and_reload(self, batch_id: int | None) -> Run:
        """660299 is travel too, from now on."""
        assert batch_id is not None
        rule = rules.rule_of("杂项差旅", {"account": "660299"}, {"item": "差旅费", "org": "=department"}, 1)
        with self.container.database.writing() as uow:
            rules.add_rule(uow, ROBOT, source=self.source, rule=rule)
        return self.reload(batch_id)

    def mend(self, mapping: str) -> None:
        with self.container.database.writing() as uow:
            commands.define_source(uow, ROBOT, definition=definition(self.source), mapping=mapping)


def definition(code: str) -> str:
    return SOURCE.replace("source: gl", f"source: {code}").replace("model: company", f"model: {code}")


def package(name: str) -> dict[str, str]:
    return {
        "model.yaml": f"name: {name}\ntitle: 公司\ncalendar: {{base: month, start: 2026-01, end: 2026-12}}\n"
        'currency: 元\nunits: {元: ""}\nversions: [实际, 预算]\n',
        "dimensions/org.csv": "code,name,parent\n集团,集团,\nD110,财务部,集团\nD120,人力部,集团\n",
        "cubes/费用.yaml": "cube: 费用\ntitle: 费用\ndims: [period, org]\nitems:\n"
        "  差旅费: {unit: 元, scale: 2}\n  办公费: {unit: 元, scale: 2}\n  收入: {unit: 元, scale: 2}\n",
    }
