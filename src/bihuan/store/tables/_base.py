"""The one MetaData. Every constraint has a predictable name, because errors are recognised by it."""

from sqlalchemy import BigInteger, Column, Identity, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def identity() -> Column[int]:
    """The usual key: a bigint dealt out by the database."""
    return Column("id", BigInteger, Identity(always=False), primary_key=True)
