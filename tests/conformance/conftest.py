"""Prints the ids of docs/reference/conformance.md that were shown: those of which every scenario passed."""

from collections import defaultdict
from collections.abc import Generator

import pytest
from pluggy import Result
from tools.conformance_page import CATALOGUE

_passed: dict[str, list[bool]] = defaultdict(list)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, "Result[pytest.TestReport]", None]:
    """Notes how each scenario went, by what it covers."""
    outcome = yield
    report = outcome.get_result()
    for mark in item.iter_markers("covers"):
        if report.when == "call" or not report.passed:
            for ident in mark.args:
                _passed[ident].append(report.passed)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The ids by how they came out."""
    if not _passed:
        return
    shown = [i for i in CATALOGUE if _passed.get(i) and all(_passed[i])]
    failed = [i for i in CATALOGUE if i in _passed and i not in shown]
    terminalreporter.section("控制语义 control semantics")
    terminalreporter.line(f"演通过 {len(shown)} / {len(CATALOGUE)}：{' '.join(shown)}")
    if failed:
        terminalreporter.line(f"不符：{' '.join(failed)}", red=True)
    terminalreporter.line(f"没有场景表：{' '.join(i for i in CATALOGUE if i not in _passed)}")
