"""A policy's text that is no text a person would write is refused before anything is made of it."""

from typing import Any

import pytest

from bihuan.features.control.from_model import policy_of
from bihuan.kernel.errors import ProblemsFound

NO_MODEL: Any = None  # the text is refused before the model is asked


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: &a [x, x]\nb: &b [*a, *a]\nexempt: *b\n", 2),  # ten such lines written out fill any memory
        ("policy: " + "[" * 3000 + "]" * 3000, 1),
        ("policy: a\ntitle: b\npolicy: c\n", 3),
        ("policy: [", 1),
    ],
)
def test_references_endless_brackets_and_keys_twice_are_problems_with_a_place(text: str, line: int) -> None:
    with pytest.raises(ProblemsFound) as refused:
        policy_of(NO_MODEL, "m", "policy.yaml", text)
    (problem,) = refused.value.problems
    assert problem.file == "policy.yaml"
    assert problem.line == line
