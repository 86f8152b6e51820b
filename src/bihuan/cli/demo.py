"""``bihuan demo``: the whole service with example companies and people to sign in as, in one command."""

import argparse
from pathlib import Path

from bihuan import demo
from bihuan.bootstrap import Container
from bihuan.cli.migrate import settings_of
from bihuan.cli.serve import add_serving_options
from bihuan.supervisor import Supervisor
from bihuan.supervisor.run import running_url, say


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("demo", help="启动演示：示例公司与示例用户")
    add_serving_options(parser)
    parser.add_argument("--seed", type=int, default=demo.DEFAULT_SEED, help="演示公司的种子：换一个数就是另一家公司")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serves until Ctrl-C; the demo is loaded once. When it is being served already, says where."""
    settings = settings_of(args)
    if url := running_url(settings.data):
        announce(url, demo.books_folder(settings))
        return 0

    def ready(url: str) -> None:
        announce(url, demo.books_folder(settings))

    def prepared(container: Container) -> None:
        demo.load_demo(container, seed=args.seed, say=say)

    return Supervisor(settings, prepared=prepared, ready=ready).run()


def announce(url: str, folder: Path) -> None:
    """Where to look, and who can sign in."""
    say("")
    say(f"ready {url}")
    say("")
    for who in demo.DEMO_PEOPLE:
        say(f"  {who.login:<10} {demo.DEMO_PASSWORD:<14} {who.name}  {who.role}")
    say("")
    say(f"  十一月的凭证等文件可在“集成”页装载：{folder}")
    say("演示数据，口令公开：不要放到公网。Ctrl-C 停止。")
