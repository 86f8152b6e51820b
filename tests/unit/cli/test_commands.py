"""The table of commands says what the modules offer."""

import argparse
import importlib
import pkgutil

import pytest

from bihuan import cli
from bihuan.kernel.errors import Forbidden


def registered(module: str) -> dict[str, str]:
    """Command -> help, as the module registers them."""
    subparsers = argparse.ArgumentParser().add_subparsers()
    importlib.import_module(f"bihuan.cli.{module}").register(subparsers)
    return {action.dest: action.help or "" for action in subparsers._choices_actions}


def test_the_table_names_every_command_with_its_modules_and_help() -> None:
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(cli.__path__)):
        for command, title in registered(module).items():
            modules = (*found.get(command, ((), ""))[0], module)
            found[command] = (modules, title)
    assert dict(sorted(found.items())) == cli.COMMANDS


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_tells_its_usage(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        cli.main([command, "--help"])
    assert done.value.code == 0
    assert f"usage: bihuan {command}" in capsys.readouterr().out


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        cli.main(["budget"])
    assert done.value.code == 2
    assert "invalid choice: 'budget'" in capsys.readouterr().err


def test_a_refusal_says_what_happened_and_what_to_do() -> None:
    assert cli.refusal(Forbidden(action="spend.request", org="MM")) == (
        "没有这个权限（forbidden）：action = spend.request，org = MM。需要时请管理员授权。"
    )
    assert cli.refusal(Forbidden("林静在审")) == "林静在审"
