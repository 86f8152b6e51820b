"""Writes the next Alembic revision: what the declared tables have that the migrated database has not.

migration.py what_it_does
"""

import re
import sys
import tempfile
from pathlib import Path

from alembic import autogenerate
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bihuan.store.embedded import lease
from bihuan.store.migrations import migrate
from bihuan.store.tables import metadata
from bihuan.store.unit_of_work import open_database

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "bihuan" / "store" / "migrations"


def main(name: str) -> int:
    """Returns the exit status."""
    if not re.fullmatch(r"[a-z0-9_]+", name):
        print("NAME=what_it_does: small letters, digits, underscores", file=sys.stderr)
        return 2
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    scripts = ScriptDirectory.from_config(config)
    number = f"{len(list((FOLDER / 'versions').glob('[0-9]*.py'))) + 1:04d}"
    with tempfile.TemporaryDirectory(prefix="bihuan-migration-") as folder:
        Path(folder).chmod(0o711)
        with lease(Path(folder) / "data") as urls:
            if scripts.get_current_head():
                migrate(urls.owner)
            engine = open_database(urls.owner).engine
            with engine.connect() as conn:
                context = MigrationContext.configure(conn, opts={"compare_server_default": True})
                produced = autogenerate.produce_migrations(context, metadata)
                upgrades = autogenerate.render_python_code(produced.upgrade_ops)
                upgrades = re.sub(r"(?<=[(=])(Text|BigInteger)\(\)", r"sa.\1()", upgrades)  # the prefix Alembic forgets
            engine.dispose()
    script = scripts.generate_revision(number, name.replace("_", " "), head="head", upgrades=upgrades, imports="")
    assert script is not None
    print(Path(script.path).rename(FOLDER / "versions" / f"{number}_{name}.py"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
