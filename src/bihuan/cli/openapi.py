"""``bihuan openapi``: the API's description, the same text for the same code."""

import argparse
import json
from pathlib import Path

from bihuan import bootstrap
from bihuan.settings import Settings
from bihuan.web.app import create_app


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("openapi", help="输出接口定义（OpenAPI JSON）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Nothing connects to the database that is named here."""
    del args
    nowhere = Settings(data=Path("."), database_url="postgresql://nobody@127.0.0.1:1/none")
    document = create_app(bootstrap.build(nowhere)).openapi()
    print(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True))
    return 0
