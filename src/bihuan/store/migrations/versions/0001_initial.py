"""The schema as declared, while nothing has been released."""

from alembic import op

from bihuan.store.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every declared table."""
    metadata.create_all(op.get_bind())
