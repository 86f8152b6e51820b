"""The known names that look like one nobody has, for messages."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], count: int = 2) -> list[str]:
    """Best first. Of a short name, as Chinese ones are, half the characters are enough."""
    return get_close_matches(name, dict.fromkeys(known), n=count, cutoff=0.5 if len(name) <= 4 else 0.6)


def hint(name: str, known: Iterable[str]) -> str:
    """``；是不是“X”？`` or nothing."""
    close = nearest(name, known)
    return f"；是不是“{'”或“'.join(close)}”？" if close else ""
