"""Prints the ids of docs/reference/conformance.md that were shown: those of which every scenario passed."""

from collections import defaultdict
from collections.abc import Generator

import pytest
from pluggy import Result
from tools.conformance_page import CATALOGUE, PEERS

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
    terminalreporter.section("控制语义 control semantics")
    for what, catalogue in (("", CATALOGUE), ("别家出过的毛病 ", PEERS)):
        shown = [i for i in catalogue if _passed.get(i) and all(_passed[i])]
        failed = [i for i in catalogue if i in _passed and i not in shown]
        missing = [i for i in catalogue if i not in _passed]
        terminalreporter.line(f"{what}演通过 {len(shown)} / {len(catalogue)}：{' '.join(shown)}")
        if failed:
            terminalreporter.line(f"不符：{' '.join(failed)}", red=True)
        if missing:
            terminalreporter.line(f"没有场景表：{' '.join(missing)}")
