"""A real PostgreSQL of our own: found, initialised, started, attached to, upgraded, stopped.

binaries.py   which PostgreSQL programs to use
account.py    under which user and in which place the server runs (root may not run it)
cluster.py    the data folder, its passwords, its port; start and readiness
upgrade.py    from one major version to another: dump, restore beside, switch by rename
process.py    children that end when their parent does; leftovers of a killed parent
lease.py      one starter, many users: attach to the running server or run one for a while
"""

from bihuan.store.embedded.binaries import Binaries, find_all, find_binaries
from bihuan.store.embedded.cluster import Cluster, Server, Urls, external
from bihuan.store.embedded.errors import ServerTrouble
from bihuan.store.embedded.lease import database, lease

__all__ = [
    "Binaries",
    "Cluster",
    "Server",
    "ServerTrouble",
    "Urls",
    "database",
    "external",
    "find_all",
    "find_binaries",
    "lease",
]
