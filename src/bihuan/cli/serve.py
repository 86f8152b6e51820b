"""``bihuan serve``: the whole service in one command, until Ctrl-C."""

import argparse

from bihuan.cli.migrate import add_data_option, settings_of
from bihuan.supervisor import Supervisor


def add_serving_options(parser: argparse.ArgumentParser) -> None:
    """Where to listen and with how many processes."""
    add_data_option(parser)
    parser.add_argument("--port", type=int, metavar="N", help="端口 (BIHUAN_PORT, 默认 8000)")
    parser.add_argument("--host", metavar="ADDRESS", help="监听地址 (BIHUAN_HOST, 默认 127.0.0.1)")
    parser.add_argument("--workers", type=int, metavar="N", help="网页进程数 (BIHUAN_WORKERS, 默认 2)")


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("serve", help="启动服务：数据库、网页进程、作业进程")
    add_serving_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    return Supervisor(settings_of(args)).run()
