"""Password hashing: Argon2id, at most two at a time (each takes 64 MB and a fifth of a second)."""

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
_slots = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """The encoded Argon2id hash."""
    with _slots:
        return str(_hasher.hash(password))


@cache
def _nobody() -> str:
    return str(_hasher.hash("nobody"))


def verify_password(password: str, password_hash: str | None) -> bool:
    """True if the password fits. A missing hash costs the same time, so that timing does not tell logins."""
    with _slots:
        try:
            return bool(_hasher.verify(password_hash or _nobody(), password)) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False
