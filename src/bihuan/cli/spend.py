"""``bihuan spend check|request|release|balances|reconcile|policies|simulate|fields``: spending against budget, as a named user."""

import argparse
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pydantic import BaseModel

from bihuan.bootstrap import opened
from bihuan.cli import group
from bihuan.cli.migrate import add_data_option, settings_of
from bihuan.cli.unit import actor_of, add_actor_option
from bihuan.features.control import commands, queries
from bihuan.features.control.checking import check
from bihuan.features.control.mapping_trial import trial
from bihuan.features.control.model import Request, RequestLine
from bihuan.features.control.reconcile import reconcile
from bihuan.features.control.simulating.queries import simulate
from bihuan.features.control.wire import Fields
from bihuan.kernel.errors import Invalid


class FieldsIn(BaseModel):
    """A document's fields: of its head and of each line."""

    head: Fields = {}
    lines: list[Fields] = []


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    spend = group(subparsers, "spend", "用款：试算、申请、释放、余额、对账")
    trial = spend.add_parser("check", help="试算：不占用预算")
    request = spend.add_parser("request", help="申请：占用预算，全部或全不")
    request.add_argument("number", help="单号，同号同内容重复提交只占用一次")
    for parser in (trial, request):
        parser.add_argument(
            "line",
            nargs="+",
            metavar="LINE",
            help="维度=成员,…,period=期间,amount=金额；可多行，如 org=MM,科目=差旅,period=2026-01,amount=100",
        )
    release = spend.add_parser("release", help="释放一张单据占用的预算")
    release.add_argument("document", type=int)
    release.add_argument("--reason", default="")
    balances = spend.add_parser("balances", help="控制对象的余额")
    balances.add_argument("--rule")
    balances.add_argument("--window")
    policies = spend.add_parser("policies", help="启用一个模型包里的控制方案")
    policies.add_argument("model")
    simulation = spend.add_parser("simulate", help="在历史上试算一份方案草案：会拦下哪些单据；不改任何数")
    simulation.add_argument("file", type=Path, help="方案文本，policies/*.yaml 的写法")
    simulation.add_argument("--since", type=date.fromisoformat, help="从哪天提交的单据起，YYYY-MM-DD（UTC）")
    simulation.add_argument("--until", type=date.fromisoformat, help="到哪天为止，含这一天")
    fields = spend.add_parser(
        "fields", help="试一张单据的字段对应到什么维度：每个取法、条件、结果；不占用预算，对应不出则退出码 1"
    )
    fields.add_argument("kind", help="单据类型")
    fields.add_argument("file", type=Path, help='单据的字段，JSON：{"head": {字段: 值}, "lines": [{字段: 值}]}')
    proof = spend.add_parser("reconcile", help="证明 余额 = 台账 = 已下达的预算；有差异则退出码 1")
    for parser, run in (
        (trial, run_check),
        (request, run_request),
        (release, run_release),
        (balances, run_balances),
        (policies, run_policies),
        (simulation, run_simulate),
        (fields, run_fields),
        (proof, run_reconcile),
    ):
        parser.set_defaults(run=run)
        add_data_option(parser)
        add_actor_option(parser)
    for parser in (trial, request, balances, simulation, fields, proof):
        parser.add_argument("--policy", required=True, help="控制方案")


def line_of(text: str) -> RequestLine:
    """``org=MM,科目=差旅,period=2026-01,amount=100``."""
    try:
        said = dict(part.split("=", 1) for part in text.split(","))
        period, amount = said.pop("period"), Decimal(said.pop("amount"))
    except (ValueError, KeyError, InvalidOperation):
        raise Invalid(f"“{text}”写法不对，应为 维度=成员,…,period=期间,amount=金额") from None
    return RequestLine(said, period, amount)


def run_check(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.reading() as reader:
        lines = [line_of(x) for x in args.line]
        found = check(reader, actor_of(container, args), policy=args.policy, lines=lines)
    for line in found["lines"]:
        if "message" in line:
            print(line["message"])
    for rule in found["rules"]:
        print(rule["explanation"] if rule["verdict"] == "refuse" else f"{rule['verdict']}  {rule['formula']}")
    return int(found["verdict"] == "refuse")


def run_fields(args: argparse.Namespace) -> int:
    try:
        said = FieldsIn.model_validate_json(args.file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        message = f'“{args.file}”读不出单据的字段，应为 JSON {{"head": {{字段: 值}}, "lines": [{{字段: 值}}]}}：{fault}'
        raise Invalid(message) from None
    with opened(settings_of(args)) as container, container.database.reading() as reader:
        found = trial(reader, actor_of(container, args), args.policy, args.kind, said.head, said.lines)
    for line in found:
        print(f"第 {line['line_no']} 行")
        for name, wrong in line["faults"].items():
            print(f"  字段“{name}”：{wrong}")
        for target in line["targets"]:
            print(f"  {target['name']} = {target['value'] or '对应不出'}")
            for way in target["tried"]:
                when = f"  [{way['when']}]" if way["when"] else ""
                print(f"    {'✓' if way['chosen'] else '×'} {way['way']}{when}  {way['value'] or way['note']}")
    return int(any(line["faults"] or any(t["fault"] for t in line["targets"]) for line in found))


def run_request(args: argparse.Namespace) -> int:
    request = Request(args.number, args.number, tuple(line_of(x) for x in args.line))
    with opened(settings_of(args)) as container, container.database.writing() as uow:
        held = commands.file(uow, actor_of(container, args), policy=args.policy, request=request).reservation
    print(f"单据 {held.document_id}（{held.number}）{'早已占用' if held.repeated else '已占用预算'}")
    print("\n".join(held.warnings), end="\n" if held.warnings else "")
    return 0


def run_release(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.writing() as uow:
        back = commands.release(uow, actor_of(container, args), document_id=args.document, reason=args.reason)
    print(f"已释放 {back:,.2f}")
    return 0


def run_balances(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.reading() as reader:
        actor = actor_of(container, args)
        for row in queries.shown_balances(reader, actor, args.policy, rule=args.rule, window=args.window, limit=2000):
            print(f"{row['title']}  {row['key']}  {row['window']}\n    {row['formula']}")
    return 0


def run_policies(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.writing() as uow:
        found = commands.apply_policies(uow, actor_of(container, args), model=args.model)
    print("已启用：" + "、".join(p.policy.code for p in found))
    return 0


def run_simulate(args: argparse.Namespace) -> int:
    text = args.file.read_text(encoding="utf-8")
    with opened(settings_of(args)) as container, container.database.reading() as reader:
        found = simulate(reader, actor_of(container, args), args.policy, text, since=args.since, until=args.until)
    blocked = found["blocked"]
    print(f"判断了 {found['documents']} 张单据，{found['amount']:,.2f}")
    print(f"会拦下 {blocked['documents']} 张，{blocked['amount']:,.2f}")
    for one in found["listed"]:
        word = "拦下" if one["blocked"] else "提示"
        print(f"{word}  {one['number']}  {one['requester_name']}  {one['amount']:,.2f}  {one['fault']}")
        for rule in one["rules"]:
            print(
                f"    {rule['title']}  {rule['key']}  {rule['window']}\n    {rule['formula']}；本次 {rule['asked']:,.2f}"
            )
    if found["left_out"]:
        print(f"还有 {found['left_out']} 张没有列出")
    return 0


def run_reconcile(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.reading() as reader:
        actor_of(container, args).require("control.ledger.read")
        found = reconcile(reader, queries.policy(reader, args.policy))
    for difference in found:
        print(difference)
    print(f"{len(found)} 处差异")
    return 1 if found else 0
