"""Every kind of problem of a policy's text at the line it is at."""

import pytest

from bihuan.features.control.package_lines import located
from bihuan.kernel.errors import Problem

TEXT = """policy: p
items: [a!b,
  a!c]
unbudgeted: perhaps
documents:
  - {code: d, prefix: X}
rules:
  - code: one
    window: month
    by: {org: leaf}
  - code: two
    window: weekly
    by:
      org: leaf
      科目: deep
    bands:
      - {percent: 80, do: notify}
      - {percent: x, do: refuse}
exempt:
  - code: e
    where: {科目: [nothing]}
"""


@pytest.mark.parametrize(
    ("found", "line"),
    [
        ("items: a!c", 3),
        ("unbudgeted: perhaps", 4),
        ("document d flow: nothing", 6),
        ("rule one window: month", 9),
        ("rule two window: weekly", 12),
        ("rule two by 科目: deep", 15),
        ("rule two bands percent: x", 18),
        ("rule two: tolerence", 11),
        ("rule three: no such", 8),
        ("exempt e where: nothing", 21),
        ("rest: later", 1),
    ],
)
def test_the_line(found: str, line: int) -> None:
    assert located(Problem("bad_policy", "f", found=found), TEXT).line == line


def test_a_line_that_is_known_stays() -> None:
    assert located(Problem("yaml", "f", line=7, found="unbudgeted: perhaps"), TEXT).line == 7
