"""What can go wrong with a server of our own."""

from bihuan.kernel.errors import BihuanError


class ServerTrouble(BihuanError):
    """The embedded PostgreSQL cannot be used."""

    code = "server_trouble"
