"""``bihuan backup FILE``, ``bihuan restore FILE --data DIR``, ``bihuan digest``: keep, bring back, compare."""

import argparse
import shutil
from pathlib import Path

from bihuan.cli.migrate import add_data_option, settings_of
from bihuan.settings import Settings
from bihuan.store.backup import NotEmpty, backup, restore
from bihuan.store.digest import digest_of
from bihuan.store.embedded import database
from bihuan.store.migrations import migrate


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the three commands."""
    save = subparsers.add_parser("backup", help="备份到一个文件（运行中也可以）")
    save.add_argument("file", type=Path, metavar="FILE")
    add_data_option(save)
    save.set_defaults(run=run_backup)
    load = subparsers.add_parser("restore", help="从备份恢复到空的数据目录")
    load.add_argument("file", type=Path, metavar="FILE")
    add_data_option(load)
    load.set_defaults(run=run_restore)
    digest = subparsers.add_parser("digest", help="全部数据的摘要：相同即内容相同")
    digest.add_argument("--tables", action="store_true", help="逐表列出")
    add_data_option(digest)
    digest.set_defaults(run=run_digest)


def warehouse_of(settings: Settings) -> Path:
    """Where the installation's warehouse files stand."""
    return settings.data / "warehouse"


def run_backup(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    with database(settings.data, settings.database_url, settings.app_database_url) as urls:
        migrate(urls.owner)
        digest = backup(urls.owner, warehouse_of(settings), args.file.resolve())
    print(f"已备份到 {args.file}，{args.file.stat().st_size / 2**20:.1f} MB\n摘要 {digest['all']}")
    return 0


def run_restore(args: argparse.Namespace) -> int:
    """Into a folder that does not exist or is empty; a failed restoration leaves it as it was."""
    settings = settings_of(args)
    data = settings.data
    if data.exists() and any(data.iterdir()):
        raise NotEmpty(f"{data} 不是空目录；恢复到一个新的目录：--data DIR")
    try:
        with database(data, settings.database_url, settings.app_database_url) as urls:
            digest = restore(args.file.resolve(), urls.owner, warehouse_of(settings))
            migrate(urls.owner)
    except BaseException:
        shutil.rmtree(data, ignore_errors=True)
        raise
    print(f"已恢复到 {data}，内容与备份一致\n摘要 {digest['all']}")
    return 0


def run_digest(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    with database(settings.data, settings.database_url, settings.app_database_url) as urls:
        digest = digest_of(urls.owner, warehouse_of(settings))
    if args.tables:
        for name, value in sorted(digest.items()):
            print(f"{name:<32} {value}")
    print(digest["all"])
    return 0
