"""Conditions of a step: the language of formulas over what the subject states."""

from decimal import Decimal

import pytest

from bihuan.features.process.condition import Fact, read_condition
from bihuan.kernel.errors import Invalid

FACTS: dict[str, Fact] = {"金额": Decimal("50000.00"), "组织": "PWR-MKT", "次数": 2}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("金额 >= 50000", True),
        ("金额 > 50000", False),
        ("金额 / 10000 >= 5 AND 次数 = 2", True),
        ('组织 = "PWR-MKT" OR 金额 < 0', True),
        ("NOT 次数 = 1", True),
        ("NOT (次数 = 1 OR 次数 = 2)", False),
        ("AND(次数 = 2, OR(金额 = 0, NOT(金额 = 1)))", True),
        ("金额 * 10% + 1 > 5000", True),
        ("-金额 < 0", True),
        ("税额 > 0", False),  # not stated: blank
        ("NOT 税额 > 0", True),
        ("TRUE", True),
        ("FALSE", False),
        ("金额 / 0 > 1", True),  # cannot be computed: nobody is spared a step by that
    ],
)
def test_a_condition_is_true_or_not(text: str, holds: bool) -> None:
    assert read_condition(text).holds(FACTS) is holds


@pytest.mark.parametrize(
    "text", ["", "金额 >=", "SUM(金额) > 1", "费用!金额 > 1", "金额[月: 1] > 0", "2 ^ 2 > 1", "金额 > > 1"]
)
def test_what_the_language_or_a_step_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_condition(text)


def test_the_facts_a_condition_asks_for_are_known() -> None:
    assert read_condition('金额 > 1 AND (组织 = "A" OR NOT 次数 > 1)').names == {"金额", "组织", "次数"}
