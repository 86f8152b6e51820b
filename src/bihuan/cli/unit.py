"""``bihuan unit list|open|submit|decide|release``: plan units and their approval, acting as a named user."""

import argparse

from bihuan.bootstrap import Container, opened
from bihuan.cli import group
from bihuan.cli.migrate import add_data_option, settings_of
from bihuan.features.access.model import Principal
from bihuan.features.access.queries import principal_of
from bihuan.features.control import commands as control
from bihuan.features.entry import commands, queries
from bihuan.features.planning import queries as planning
from bihuan.features.process import commands as process
from bihuan.kernel.errors import NotFound


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    units = group(subparsers, "unit", "预算单元：查看、提交、审批、下达")
    listed = units.add_parser("list", help="一个版本的预算单元：状态、在谁手上、多久")
    add_version_argument(listed)
    listed.set_defaults(run=run_list)
    opening = units.add_parser("open", help="把一个组织设为预算单元")
    add_version_argument(opening)
    opening.add_argument("org")
    opening.set_defaults(run=run_open)
    submit = units.add_parser("submit", help="提交审批")
    submit.add_argument("unit", type=int)
    submit.add_argument("--flow", required=True)
    submit.set_defaults(run=run_submit)
    decide = units.add_parser("decide", help="处理待办")
    decide.add_argument("task", type=int)
    decide.add_argument("action", choices=["approve", "return", "reject", "reassign"])
    decide.add_argument("--to", help="转办给谁")
    decide.set_defaults(run=run_decide)
    release = units.add_parser("release", help="下达已批准的预算单元")
    add_version_argument(release)
    release.add_argument("org", nargs="*", help="组织；不写 = 整个版本")
    release.add_argument("--policy", required=True, help="控制方案")
    release.set_defaults(run=run_release)
    for parser in (submit, decide):
        parser.add_argument("--comment", default="")
    for parser in (listed, opening, submit, decide, release):
        add_data_option(parser)
        add_actor_option(parser)


def add_version_argument(parser: argparse.ArgumentParser) -> None:
    """``MODEL/VERSION``: the version by its code, or the one bound to the role."""
    parser.add_argument("version", metavar="模型/版本", type=_named_version, help="如 starter/预算")


def _named_version(text: str) -> tuple[str, str]:
    model, slash, version = text.partition("/")
    if not (model and slash and version):
        raise argparse.ArgumentTypeError(f"“{text}”应写作 模型/版本，如 starter/预算")
    return model, version


def add_actor_option(parser: argparse.ArgumentParser) -> None:
    """``--as LOGIN``: whose rights count, and who stands in the trail."""
    parser.add_argument("--as", dest="login", required=True, metavar="LOGIN", help="以哪个账号办理")


def actor_of(container: Container, args: argparse.Namespace) -> Principal:
    """The user named by ``--as``."""
    with container.database.reading() as reader:
        found = principal_of(reader, args.login, container.trees)
    if found is None:
        raise NotFound(f"没有账号 {args.login}", login=args.login)
    return found


def run_list(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.reading() as reader:
        version = planning.version(reader, *args.version)
        for unit in queries.units(reader, actor_of(container, args), version_id=version.id):
            held = f"{unit['holder']}，{unit['held_hours']} 小时"
            print(f"{unit['id']:>6}  {unit['org']:<12} {unit['status_name']}  {held}")
    return 0


def run_open(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.writing() as uow:
        actor = actor_of(container, args)
        version = planning.version(uow, *args.version)
        made = commands.open_unit(uow, actor, version_id=version.id, org=args.org, model=args.version[0])
    print(f"预算单元 {made}")
    return 0


def run_submit(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.writing() as uow:
        actor = actor_of(container, args)
        moved = commands.submit(uow, actor, unit_id=args.unit, flow=args.flow, comment=args.comment)
    print_moved(moved)
    return 0


def run_decide(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.writing() as uow:
        actor = actor_of(container, args)
        moved = process.act(uow, actor, task_id=args.task, action=args.action, comment=args.comment, to=args.to)
    print_moved(moved)
    return 0


def run_release(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.writing() as uow:
        actor = actor_of(container, args)
        version, orgs = planning.version(uow, *args.version), args.org or None
        done = control.release_budget(uow, actor, version_id=version.id, policy=args.policy, orgs=orgs)
    print(f"已下达 {done.cells} 个单元格，合计 {done.total:,.2f}")
    return 0


def print_moved(moved: process.Moved) -> None:
    """Where a case stands, and whose turn it is."""
    print(f"审批事项 {moved.instance_id}：{moved.status}")
    for task, holder in moved.tasks.items():
        print(f"  待办 {task}：{holder}")
