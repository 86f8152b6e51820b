"""The build refuses a wheel without the built front end; an editable install needs none."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndIsThere(BuildHookInterface[Any]):
    """``make wheel`` builds the front end first."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        page = Path(self.root, "src", "bihuan", "web", "static", "index.html")
        if version == "standard" and not page.exists():
            raise SystemExit(f"{page} is missing: run `make wheel`, which builds the front end first")
