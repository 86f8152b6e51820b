"""The command line: `bihuan …`. Each sibling module offers a group of commands through ``register(subparsers)``."""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from bihuan import __version__
from bihuan.kernel.errors import BihuanError


def build_parser() -> argparse.ArgumentParser:
    """The parser with every group registered; a command's function is its ``run`` default, called with the namespace."""
    parser = argparse.ArgumentParser(prog="bihuan", description="闭环 Bihuan: 全面预算管理")
    parser.add_argument("--version", action="version", version=f"bihuan {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}").register(subparsers)
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
    args = build_parser().parse_args(argv)
    try:
        return int(args.run(args) or 0)
    except BihuanError as error:
        print(error, file=sys.stderr)
        return 1
