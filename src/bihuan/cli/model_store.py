"""``bihuan model apply|export DIR``, ``bihuan model rollback``: between a package folder and the model in the database."""

import argparse
from pathlib import Path

from bihuan.bootstrap import opened
from bihuan.cli import group
from bihuan.cli.migrate import add_data_option, settings_of
from bihuan.features.access.model import system
from bihuan.features.modelling import commands, queries
from bihuan.features.modelling.folder import read_folder, write_folder
from bihuan.features.modelling.model import MARKER, Change, marker

_KINDS = {"add": "新增", "change": "修改", "remove": "删除", "close": "停用", "move": "移动", "parent": "有了下级："}
_WHATS = {
    "model": "模型", "calendar": "日历", "dimension": "维度", "member": "成员", "tree": "层级",
    "cube": "预算表", "item": "指标", "formulas": "公式",
}  # fmt: skip


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    models = group(subparsers, "model", "模型包：检查、应用、测试、导出")
    apply = models.add_parser("apply", help="把模型包应用到数据库；只接受基于当前版次的改动，不动数据")
    apply.add_argument("folder", type=Path, metavar="DIR")
    apply.add_argument("--plan", action="store_true", help="只看将会改什么，不改")
    apply.add_argument("--from-revision", type=int, metavar="N", help="此包所基于的版次（默认读 DIR/.revision）")
    apply.add_argument("--reason", default="", help="改动原因，记入版次")
    apply.set_defaults(run=run_apply)
    export = models.add_parser("export", help="把数据库里的模型导出成模型包")
    export.add_argument("model", metavar="MODEL", help="模型代码")
    export.add_argument("folder", type=Path, metavar="DIR")
    export.add_argument("--revision", type=int, metavar="N", help="版次（默认最新）")
    export.set_defaults(run=run_export)
    back = models.add_parser("rollback", help="退回到以前的版次：作为新的一版，历史和数据都不动")
    back.add_argument("model", metavar="MODEL", help="模型代码")
    back.add_argument("to", type=int, metavar="N", help="退回到第几版")
    back.add_argument("--reason", default="", help="退回原因，记入版次")
    back.set_defaults(run=run_rollback)
    for parser in (apply, export, back):
        add_data_option(parser)


def run_apply(args: argparse.Namespace) -> int:
    folder: Path = args.folder.resolve()
    files, actor = read_folder(folder), system("cli")
    with opened(settings_of(args)) as container:
        if args.plan:
            with container.database.reading() as reader:
                _show(commands.plan(reader, actor, files, name=folder.name))
            return 0
        with container.database.writing() as uow:
            done = commands.apply(
                uow, actor, files, from_revision=args.from_revision, reason=args.reason, name=folder.name
            )
    (folder / MARKER).write_text(marker(done.code, done.revision), encoding="utf-8")
    _show(done.changes)
    print(f"模型 {done.code} 现为第 {done.revision} 版")
    return 0


def run_export(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.reading() as reader:
        files = queries.export(reader, system("cli"), args.model, args.revision)
    args.folder.mkdir(parents=True, exist_ok=True)
    write_folder(args.folder, files)
    print(f"已导出 {len(files) - 1} 个文件到 {args.folder}")
    return 0


def run_rollback(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.writing() as uow:
        now = queries.find(uow, args.model).revision
        done = commands.rollback(
            uow, system("cli"), model=args.model, to=args.to, from_revision=now, reason=args.reason
        )
    _show(done.changes)
    print(f"模型 {done.code} 现为第 {done.revision} 版")
    return 0


def _show(changes: tuple[Change, ...]) -> None:
    for change in changes:
        cells = f"（涉及已存的 {change.cells:,} 格）" if change.cells else ""
        print(f"{_KINDS[change.kind]}{_WHATS[change.what]} {change.code}{cells}")
        if change.detail:
            print("".join(f"    {line}\n" for line in change.detail.splitlines()), end="")
    if not changes:
        print("没有变化")
