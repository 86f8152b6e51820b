"""The demonstration as tests share it: a copy each, complete and its own."""

from bihuan.bootstrap import Container
from bihuan.demo import DEMO_PASSWORD
from bihuan.features.access.model import system
from bihuan.features.access.passwords import verify_password
from bihuan.features.integration.tie_out import tie_out
from bihuan.features.planning import queries as planning


def test_a_copy_has_people_numbers_and_files(demo: Container) -> None:
    with demo.database.reading() as reader:
        user = reader.row("access.user_by_login", login="bumen")
        assert user is not None
        assert verify_password(DEMO_PASSWORD, user["password_hash"])
        assert planning.version(reader, "qiming", "2026预算").status == "released"
        rows = tie_out(reader, system("test"), demo.warehouse, source="集团总账")
    assert rows
    assert [row for row in rows if row.difference] == []
    assert (demo.settings.data / "demo" / "总账凭证_2026-11.csv").is_file()
