"""``bihuan model check|lint|test DIR``: a package is right, holds what was meant, and computes the published answers."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from bihuan.cli import group
from bihuan.features.control.from_model import read_policies
from bihuan.features.entry.cycle_text import read_templates
from bihuan.features.entry.texts import read_texts
from bihuan.features.forecast.text import read_all
from bihuan.features.integration.package_texts import read_sources
from bihuan.features.modelling.answers import answers
from bihuan.features.modelling.expect import report
from bihuan.features.modelling.folder import read_folder
from bihuan.features.modelling.lint import QUIET, hints
from bihuan.features.modelling.package import Package, read_package
from bihuan.features.monitoring.alert_text import read_alerts
from bihuan.features.process.revisions import flows_of
from bihuan.kernel.errors import Problem, ProblemsFound


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the group."""
    models = group(subparsers, "model", "模型包：检查、应用、测试、导出")
    check = models.add_parser("check", help="检查模型包，列出全部问题")
    check.add_argument("dir", type=Path, help="模型包所在文件夹")
    check.add_argument("--strict", action="store_true", help="也列出没有检查单位的公式")
    check.set_defaults(run=run_check)
    hint = models.add_parser("lint", help="找出多半不是本意的地方：没人用、走不到、没填、会慢")
    hint.add_argument("dir", type=Path, help="模型包所在文件夹")
    hint.set_defaults(run=run_lint)
    test = models.add_parser("test", help="试算模型包，和 expect/ 中公布的数逐格核对")
    test.add_argument("dir", type=Path, help="模型包所在文件夹")
    test.set_defaults(run=run_test)


def run_check(args: argparse.Namespace) -> int:
    """Prints every problem, or what was found; exit status 1 with problems."""
    package = load(args.dir)
    if package is None:
        return 1
    if problems := text_problems(args.dir, package):
        _show(problems)
        return 1
    noticed = [one for one in package.model.lints if args.strict or one.code not in QUIET]
    for one in noticed:
        print(f"提示 {line(one)}")
    model = package.model
    formulas = sum(len(item.rules) for item in model.items.values())
    print(
        f"{package.definition.title}：{len(package.definition.cubes)} 张预算表，{len(model.items)} 个指标，"
        f"{formulas} 条公式，{len(package.data)} 个填报值，{len(package.expected)} 个期望值；没有问题"
    )
    return 0


def text_problems(folder: Path, package: Package) -> list[Problem]:
    """Every problem of what a package says besides the model, by file: each text is read as an apply reads it.

    What only the database knows is left to the apply: roles, codes that other models took.
    """
    files, model, name = read_folder(folder), package.model, package.definition.name
    readers: list[Callable[[], object]] = [
        lambda: read_texts(model, files),
        lambda: read_templates(model, files),
        lambda: flows_of(files),
        lambda: read_policies(model, name, files),
        lambda: read_alerts(model, files),
        lambda: read_sources(name, files, {}),
        lambda: read_all(model, files),
    ]
    found: list[Problem] = []
    for read in readers:
        try:
            read()
        except ProblemsFound as bad:
            found += bad.problems
    return sorted(found, key=lambda problem: (problem.file, problem.line, problem.column))


def run_lint(args: argparse.Namespace) -> int:
    """Prints hints; exit status 1 only when the package itself has problems."""
    package = load(args.dir)
    if package is None:
        return 1
    found = hints(package.model, {cell.item for cell in package.data})
    for one in found:
        print(f"提示 {line(one)}")
    print(f"{len(found)} 条提示")
    return 0


def run_test(args: argparse.Namespace) -> int:
    """Computes and compares; the last line is ``N passed, N failed``. Exit status 1 when a cell differs or none is expected."""
    package = load(args.dir)
    if package is None:
        return 1
    results = answers(package)
    print("\n".join(report(package.model, results)))
    return 0 if results and all(one.agrees for one in results) else 1


def load(folder: Path) -> Package | None:
    """The package; None after its problems were printed."""
    try:
        return read_package(folder)
    except ProblemsFound as found:
        _show(found.problems)
        return None


def _show(problems: Sequence[Problem]) -> None:
    for problem in problems:
        print(line(problem))
    print(f"{len(problems)} 个问题，什么都没有改动")


def line(problem: Problem) -> str:
    """``file:line:column: message；写的是 …；应为 …``."""
    place = ":".join([problem.file, *(str(number) for number in (problem.line, problem.column) if number)])
    said = [problem.message] if problem.message else []
    if problem.found and problem.found not in problem.message:
        said.append(f"写的是 {problem.found}")
    if problem.expected and problem.expected not in problem.message:
        said.append(f"应为 {problem.expected}")
    return f"{place}: {'；'.join(said)}（{problem.code}）"
