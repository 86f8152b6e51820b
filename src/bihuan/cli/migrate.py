"""``bihuan migrate``: brings the database to the schema of this version (``serve`` and ``demo`` do it by themselves)."""

import argparse
from dataclasses import replace
from pathlib import Path

from bihuan.settings import Settings, from_environment
from bihuan.store.embedded import database
from bihuan.store.migrations import migrate


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """``--data DIR``, as every command that touches an installation has it."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="数据目录 (BIHUAN_DATA, 默认 .bihuan)")


def settings_of(args: argparse.Namespace) -> Settings:
    """The environment's settings, overridden by the options given."""
    settings = from_environment()
    given = {
        name: value for name in ("data", "host", "port", "workers") if (value := getattr(args, name, None)) is not None
    }
    if "data" in given:
        given["data"] = given["data"].resolve()
    return replace(settings, **given)


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("migrate", help="升级数据库结构")
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    with database(settings.data, settings.database_url, settings.app_database_url) as urls:
        print(f"数据库结构版本 {migrate(urls.owner)}")
    return 0
