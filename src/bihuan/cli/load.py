"""``bihuan load FILE --source S``: lands, prepares and publishes a file, and says what became of it; ``bihuan source apply``."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from bihuan.bootstrap import Container, opened
from bihuan.features.access.model import system
from bihuan.features.integration import commands, publishing, queries
from bihuan.features.integration.model import Batch
from bihuan.features.integration.outcomes import MEANINGS, Outcome, fate
from bihuan.settings import from_environment

_FATES = {"stored": "入库", "skipped": "跳过", "rejected": "拒收"}


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the commands."""
    load = subparsers.add_parser("load", help="装载一个实际数文件")
    load.add_argument("file", type=Path, help="分隔文本文件（UTF-8 或 GB18030）")
    load.add_argument("--source", required=True, help="数据源编码")
    load.add_argument("--dry-run", action="store_true", help="只检查，不发布")
    load.set_defaults(run=run_load)
    source = subparsers.add_parser("source", help="数据源：定义映射规则").add_subparsers(
        dest="source_command", required=True, metavar="COMMAND"
    )
    apply = source.add_parser("apply", help="应用数据源定义；同名 .csv 是它的映射表")
    apply.add_argument("files", type=Path, nargs="+", help="数据源 YAML 文件")
    apply.set_defaults(run=run_apply)


def run_apply(args: argparse.Namespace) -> int:
    """Takes each text as the source's next revision."""
    with opened(from_environment()) as container:
        for path in args.files:
            mapping = path.with_suffix(".csv")
            with container.database.writing() as uow:
                source = commands.define_source(
                    uow,
                    system("cli"),
                    definition=path.read_text("utf-8"),
                    mapping=mapping.read_text("utf-8") if mapping.exists() else "",
                    file=str(path),
                )
                _, revision = queries.source(uow, source.code)
            print(f"数据源 {source.code}（{source.title}）：第 {revision} 版")
    return 0


def run_load(args: argparse.Namespace) -> int:
    """Exit status 1 when the file or a line of it was rejected."""
    with opened(from_environment()) as container:
        batch = load(container, args.file, args.source, publish=not args.dry_run)
    print(
        f"批次 {batch.id}：{batch.file_name}，{batch.records} 行，{_STATES[batch.state]}{batch.message and '：' + batch.message}"
    )
    for name, counted in batch.counts.items():
        outcome = Outcome[name]
        print(
            f"  {_FATES[fate(outcome)]} {counted.lines:>8} 行  借 {counted.debit:>18,.2f}  贷 {counted.credit:>18,.2f}"
            f"  {name} {MEANINGS[outcome].text}"
        )
    rejected = any(fate(Outcome[name]) == "rejected" for name in batch.counts)
    return 1 if rejected or batch.state == "refused" else 0


_STATES = {"landed": "已落地", "prepared": "已检查，未发布", "published": "已发布", "refused": "整个文件被拒收"}


def load(container: Container, file: Path, source: str, *, publish: bool = True) -> Batch:
    """Lands, prepares and publishes in three transactions, so that what was found stands even when publishing is refused."""
    actor, files = system("cli"), container.warehouse
    with container.database.writing() as uow:
        batch = commands.land(uow, actor, files, source=source, file_name=file.name, chunks=_pieces(file))
    if batch.state in ("landed", "prepared"):
        with container.database.writing() as uow:
            model = queries.compiled(uow, source)
            batch = commands.prepare_batch(uow, actor, files, model, batch_id=batch.id)
    if publish and batch.state == "prepared":
        with container.database.writing() as uow:
            batch = publishing.publish(uow, actor, files, batch_id=batch.id)
    return batch


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(1 << 20):
            yield piece
