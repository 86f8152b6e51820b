"""The command line: `bihuan …`. Each sibling module offers commands through ``register(subparsers)``.

Only the modules of the command that is asked for are imported: together they bring the whole product in, which takes seconds.
"""

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence

from bihuan import __version__
from bihuan.kernel.errors import BihuanError
from bihuan.web.problem_table import row_of

# command -> the modules that offer it, its line of help; a test compares this with what the modules register
COMMANDS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "audit": (("audit",), "操作日志"),
    "backup": (("backup",), "备份到一个文件（运行中也可以）"),
    "demo": (("demo",), "启动演示：示例公司与示例用户"),
    "digest": (("backup",), "全部数据的摘要：相同即内容相同"),
    "load": (("load",), "装载一个实际数文件"),
    "migrate": (("migrate",), "升级数据库结构"),
    "model": (("model", "model_store"), "模型包：检查、应用、测试、导出"),
    "openapi": (("openapi",), "输出接口定义（OpenAPI JSON）"),
    "restore": (("backup",), "从备份恢复到空的数据目录"),
    "serve": (("serve",), "启动服务：数据库、网页进程、作业进程"),
    "source": (("load",), "数据源：定义映射规则"),
    "spend": (("spend",), "用款：试算、申请、释放、余额、对账"),
    "unit": (("unit",), "预算单元：查看、提交、审批、下达"),
    "user": (("user",), "账号：新增、改密码、角色"),
}


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser with ``command`` registered, and of the others only the line of help.

    A command's function is its ``run`` default, called with the namespace.
    """
    parser = argparse.ArgumentParser(prog="bihuan", description="闭环 Bihuan: 全面预算管理")
    parser.add_argument("--version", action="version", version=f"bihuan {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = COMMANDS[command][0] if command is not None and command in COMMANDS else ()
    for module in modules:
        importlib.import_module(f"{__name__}.{module}").register(subparsers)
    for name, (_, title) in COMMANDS.items():
        if name not in subparsers.choices:
            subparsers.add_parser(name, help=title)
    return parser


def group(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, title: str
) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    """The commands below ``bihuan <name>``; whichever module asks first makes the group."""
    if name not in subparsers.choices:
        parser = subparsers.add_parser(name, help=title)
        parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")
    nested = subparsers.choices[name]._actions
    return next(a for a in nested if isinstance(a, argparse._SubParsersAction))


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0 done, 1 refused or failed, 2 wrong usage."""
    words = sys.argv[1:] if argv is None else argv
    asked = next((word for word in words if not word.startswith("-")), None)
    args = build_parser(asked).parse_args(words)
    try:
        return int(args.run(args) or 0)
    except BihuanError as error:
        print(refusal(error), file=sys.stderr)
        return 1


def refusal(error: BihuanError) -> str:
    """What happened, with the facts, and what to do: the same words as the HTTP answer's."""
    said = str(error)
    if said != (type(error).__doc__ or "").strip():
        return said
    code, row = row_of(error)
    facts = "，".join(f"{name} = {value}" for name, value in error.facts.items())
    return f"{row.zh}（{code}）{'：' + facts if facts else ''}。{row.do_zh}。"
