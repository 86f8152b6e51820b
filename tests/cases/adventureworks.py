"""AdventureWorks FactFinance as a model package: made from the case's files, nothing of it is kept in the project.

Ownership percentages and account operators (+ − ~) become weights of the main trees. Beside them stand plain trees that add
everything up once: ``org.合计`` and ``科目.类型`` (accounts by type), because the published totals are plain sums.
"""

import csv
import io
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import duckdb
import yaml

WEIGHT = {"+": "1", "-": "-1", "~": "0"}
FACTS = "adventureworks_finance_actual_budget.csv.gz"


class AdventureWorks:
    """The case's files. Codes: organisations and departments by name, accounts by their key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = duckdb.connect()
        for table, file in (
            ("account", "adventureworks_DimAccount.csv"),
            ("department", "adventureworks_DimDepartmentGroup.csv"),
            ("organization", "adventureworks_DimOrganization.csv"),
            ("fact", FACTS),
        ):
            self.db.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv('{folder / file}', all_varchar = true)")
        self.db.execute("ALTER TABLE fact ALTER amount TYPE DECIMAL(18, 2)")

    def rows(self, query: str) -> list[tuple[str, ...]]:
        return self.db.execute(query).fetchall()

    @cached_property
    def organizations(self) -> list[tuple[str, str, str]]:
        """(name, parent's name, ownership)."""
        return self.rows("""SELECT o.organization, coalesce(p.organization, ''), o.percentage_of_ownership
            FROM organization o LEFT JOIN organization p ON p.organization_key = o.parent_organization_key ORDER BY o.rowid""")

    @cached_property
    def departments(self) -> list[tuple[str, str]]:
        """(name, parent's name)."""
        return self.rows("""SELECT d.department_group, coalesce(p.department_group, '')
            FROM department d LEFT JOIN department p ON p.department_group_key = d.parent_department_group_key ORDER BY d.rowid""")

    @cached_property
    def accounts(self) -> list[tuple[str, str, str, str, str]]:
        """(key, name, parent's key, operator, type)."""
        return self.rows("""SELECT account_key, account, coalesce(parent_account_key, ''), operator, account_type
            FROM account ORDER BY rowid""")

    def package(self, *items: str) -> dict[str, str]:
        """The model as text; ``items`` are kept by organisation, department, account and month."""
        leaves = {key for key, *_ in self.accounts} - {parent for _, _, parent, _, _ in self.accounts}
        kinds = sorted({kind for *_, kind in self.accounts if kind})
        org_leaves = [name for name, *_ in self.organizations if name not in {p for _, p, _ in self.organizations}]
        return {
            "model.yaml": _yaml(
                {
                    "name": "adventureworks",
                    "title": "AdventureWorks",
                    "calendar": {"base": "month", "start": "2010-01", "end": "2013-12"},
                    "currency": "元",
                    "units": {"元": ""},
                    "versions": ["实际", "预算"],
                    "dimensions": {"org": {}, "部门": {"own_leaf": "yes"}, "科目": {}},  # in the order of rows
                }
            ),
            "cubes/财务.yaml": _yaml(
                {
                    "cube": "财务",
                    "title": "财务",
                    "dims": ["period", "org", "部门", "科目"],
                    "items": {i: {"unit": "元", "scale": "2", "time": "sum", "favourable": "less"} for i in items},
                }
            ),
            "dimensions/org.csv": _csv(
                ("code", "name", "parent", "weight"),
                [*((n, n, p, w) for n, p, w in self.organizations), ("全部", "全部单位（不按股权）", "", "")],
            ),
            "dimensions/org.合计.csv": _csv(("code", "parent", "weight"), [(n, "全部", "1") for n in org_leaves]),
            "dimensions/部门.csv": _csv(
                ("code", "name", "parent", "weight"), [(n, n, p, "") for n, p in self.departments]
            ),
            "dimensions/科目.csv": _csv(
                ("code", "name", "parent", "weight"),
                [
                    *((key, name, parent, WEIGHT[op] if parent else "") for key, name, parent, op, _ in self.accounts),
                    *((f"type:{kind}", kind, "", "") for kind in kinds),
                ],
            ),
            "dimensions/科目.类型.csv": _csv(
                ("code", "parent", "weight"),
                [(key, f"type:{kind}", "1") for key, *_, kind in self.accounts if kind and key in leaves],
            ),
        }

    def facts(self, where: str) -> list[tuple[str, str, str, str, str]]:
        """(organisation, department, account key, month, amount) summed per cell."""
        return self.rows(f"""SELECT organization, department_group, account_key, month, sum(amount)::VARCHAR
            FROM fact WHERE {where} GROUP BY ALL ORDER BY ALL""")

    def node_totals(self, scenario: str) -> dict[tuple[str, str, str, str], float]:
        """(organisation, department, account, month) of every node -> weighted total, by a recursive query: the second way."""
        found = self.rows(f"""
            WITH RECURSIVE
            o(leaf, node, w) AS (
                SELECT organization_key, organization_key, 1.0::DOUBLE FROM organization
                UNION ALL SELECT o.leaf, k.parent_organization_key, o.w * k.percentage_of_ownership::DOUBLE
                FROM o JOIN organization k ON k.organization_key = o.node WHERE k.parent_organization_key IS NOT NULL),
            a(leaf, node, w) AS (
                SELECT account_key, account_key, 1.0::DOUBLE FROM account
                UNION ALL SELECT a.leaf, k.parent_account_key, a.w * CASE k.operator WHEN '+' THEN 1 WHEN '-' THEN -1 ELSE 0 END
                FROM a JOIN account k ON k.account_key = a.node WHERE k.parent_account_key IS NOT NULL),
            d(leaf, node) AS (
                SELECT department_group_key, department_group_key FROM department
                UNION ALL SELECT d.leaf, k.parent_department_group_key
                FROM d JOIN department k ON k.department_group_key = d.node WHERE k.parent_department_group_key IS NOT NULL)
            SELECT ono.organization, dno.department_group, a.node, f.month, sum(f.amount::DOUBLE * o.w * a.w)
            FROM fact f
            JOIN organization ofl ON ofl.organization = f.organization
            JOIN o ON o.leaf = ofl.organization_key JOIN organization ono ON ono.organization_key = o.node
            JOIN department dfl ON dfl.department_group = f.department_group
            JOIN d ON d.leaf = dfl.department_group_key JOIN department dno ON dno.department_group_key = d.node
            JOIN a ON a.leaf = f.account_key
            WHERE f.scenario = '{scenario}' GROUP BY ALL""")
        return {(o, d, a, m): float(v) for o, d, a, m, v in found}


def _yaml(value: object) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False)


def _csv(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
