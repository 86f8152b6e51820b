"""A second opinion on a load: what DuckDB makes of the same files, by rules written here anew in SQL.

Only the files, the package's member lists and its mapping are read; nothing of the product computes here.
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb

Key = tuple[str, str, str]


class Duck:
    """The voucher files; ``closed`` periods take no lines of the last one."""

    def __init__(self, package: Path, files: Sequence[Path], closed: Sequence[str]) -> None:
        self.db = duckdb.connect()
        names = ", ".join(f"'{f}'" for f in files)
        self.db.execute(
            f"CREATE TABLE line AS SELECT * FROM read_csv([{names}], all_varchar = true, nullstr = '', filename = 'file')"
        )
        for name, path in (("org", "dimensions/org.csv"), ("rule", "sources/集团总账.csv")):
            self.db.execute(
                f"CREATE TABLE {name} AS FROM read_csv('{package / path}', all_varchar = true, nullstr = '')"
            )
        self.db.execute("CREATE TABLE closed AS SELECT unnest(?) AS period", [list(closed)])
        self.db.execute(_ACCEPTED)

    def expenses(self) -> dict[Key, Decimal]:
        """(org, 科目, period) -> amount, zero sums left out."""
        rows = self.db.execute(
            "SELECT org, item, period, sum(amount) FROM accepted WHERE item IS NOT NULL GROUP BY ALL HAVING sum(amount) <> 0"
        )
        return {(o, i, p): Decimal(a) for o, i, p, a in rows.fetchall()}

    def traded(self, account: str, sign: int) -> dict[Key, Decimal]:
        """(org, product, period) -> amount of 6001 or 6401."""
        rows = self.db.execute(
            "SELECT org, product, period, ? * sum(amount) FROM accepted WHERE account = ? GROUP BY ALL", [sign, account]
        )
        return {(o, i, p): Decimal(a) for o, i, p, a in rows.fetchall()}

    def rejected_vouchers(self) -> int:
        """How many vouchers must be on the error desk."""
        row = self.db.execute("SELECT count(*) FROM bad").fetchone()
        assert row is not None
        return int(row[0])


_ACCEPTED = """
CREATE TABLE read AS
SELECT l.会计期间 AS period, l.凭证号 AS voucher, l.科目编码 AS account, l.部门编码 AS org, l.产品编码 AS product, l.摘要 AS memo,
       coalesce(l.借方金额, '0')::DECIMAL(18, 2) - coalesce(l.贷方金额, '0')::DECIMAL(18, 2) AS amount,
       try_cast(l.日期 AS DATE) IS NOT NULL AS dated, l.file = (SELECT max(file) FROM line) AS newest,
       l.科目编码 BETWEEN '1001' AND '4999' OR l.科目编码 LIKE '5001%' OR l.科目编码 LIKE '6603%' AS ignored,
       CASE WHEN l.科目编码 NOT IN ('660101', '660201', '510101', '530101') THEN r."to.科目"
            WHEN l.项目编码 LIKE 'OS%' THEN '海外差旅' ELSE '国内差旅' END AS item,
       r.account IS NOT NULL AS mapped
FROM line l LEFT JOIN rule r ON r.account = l.科目编码 AND r.project IS NULL;

CREATE TABLE bad AS
SELECT period, voucher FROM read
GROUP BY period, voucher
HAVING sum(amount) <> 0
    OR bool_or(NOT dated)
    OR bool_or(newest AND period IN (FROM closed))
    OR bool_or(NOT ignored AND NOT mapped AND item IS NULL)
    OR bool_or(NOT ignored AND org NOT IN (SELECT code FROM org));

CREATE TABLE accepted AS
SELECT * FROM read ANTI JOIN bad USING (period, voucher)
WHERE NOT ignored AND memo NOT LIKE '结转本期损益%' AND memo NOT LIKE '结转制造费用%';
"""
