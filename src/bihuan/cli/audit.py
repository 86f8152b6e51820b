"""``bihuan audit verify``: proves that the action trail is as it was written."""

import argparse

from bihuan.bootstrap import opened
from bihuan.cli import group
from bihuan.cli.migrate import add_data_option, settings_of
from bihuan.features.access.commands import seal_trail
from bihuan.features.access.queries import verify_trail


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verify = group(subparsers, "audit", "操作日志").add_parser("verify", help="重算每日哈希链，核对操作日志未被改动")
    add_data_option(verify)
    verify.set_defaults(run=run_verify)


def run_verify(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container:
        with container.database.writing() as uow:
            seal_trail(uow)
        with container.database.reading() as reader:
            faults = verify_trail(reader)
            entries = len(reader.rows("access.chain"))
    for fault in faults:
        print(fault)
    print(f"{entries} 条操作记录，{len(faults)} 处不符")
    return 1 if faults else 0
