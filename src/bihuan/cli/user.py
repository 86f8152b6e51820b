"""``bihuan user add|passwd|roles``: people who may sign in, managed by whoever runs the machine."""

import argparse
import getpass
import os
import sys

from bihuan.bootstrap import load_roles, opened
from bihuan.cli import group
from bihuan.cli.migrate import add_data_option, settings_of
from bihuan.features.access import commands
from bihuan.features.access.model import system
from bihuan.kernel.errors import Invalid


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    users = group(subparsers, "user", "账号：新增、改密码、角色")
    add = users.add_parser("add", help="新增账号")
    add.add_argument("login", help="登录名")
    add.add_argument("--name", help="姓名（默认同登录名）")
    add.add_argument("--role", action="append", default=[], metavar="CODE", help="角色，可多次；见 bihuan user roles")
    add.set_defaults(run=run_add)
    passwd = users.add_parser("passwd", help="重设密码，并结束该账号的所有登录")
    passwd.add_argument("login", help="登录名")
    passwd.set_defaults(run=run_passwd)
    roles = users.add_parser("roles", help="列出角色")
    roles.set_defaults(run=run_roles)
    for parser in (add, passwd, roles):
        add_data_option(parser)


def run_add(args: argparse.Namespace) -> int:
    password, actor = _password(), system(_operator())
    with opened(settings_of(args)) as container, container.database.writing() as uow:
        load_roles(uow, actor)
        commands.add_user(uow, actor, login=args.login, name=args.name or args.login, password=password)
        commands.assign_roles(uow, actor, login=args.login, assignments=[{"role": r} for r in args.role])
    print(f"已新增账号 {args.login}，角色：{'、'.join(args.role) or '无'}")
    return 0


def run_passwd(args: argparse.Namespace) -> int:
    password = _password()
    with opened(settings_of(args)) as container, container.database.writing() as uow:
        commands.set_password(uow, system(_operator()), login=args.login, new=password)
    print(f"{args.login} 的密码已重设")
    return 0


def run_roles(args: argparse.Namespace) -> int:
    with opened(settings_of(args)) as container, container.database.writing() as uow:
        load_roles(uow, system(_operator()))
        for role in uow.rows("access.roles"):
            print(f"{role['code']:18} {role['name']}  {role['note']}")
    return 0


def _operator() -> str:
    """Who runs the command, for the trail."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):
        return f"cli:{os.getuid()}"


def _password() -> str:
    """Typed twice at a terminal, else the first line of standard input; never an argument, which other users can see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("密码: ")
    if first != getpass.getpass("再输一次: "):
        raise Invalid("两次输入的密码不同")
    return first
