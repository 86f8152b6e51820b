"""Reservations that could not be asked: kept in a file, asked later, what is refused then shown to people.

A kind of document fails closed (no answer is a no) unless it is named as open: then the business goes on and the reservation
waits here. One line of JSON per reservation, written and synced before the business is told to go on.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bihuan_sdk.errors import Refused
from bihuan_sdk.values import Held


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a reservation that waited: held, or refused and so somebody's to deal with."""

    number: str
    held: Held | None
    refused: Refused | None


class Journal:
    """Reservations waiting in ``path``."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def add(self, body: Mapping[str, Any]) -> None:
        """Keeps a reservation until `replay`."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(dict(body), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def waiting(self) -> list[dict[str, Any]]:
        """What has not been asked yet, oldest first; a line cut off by a crash was never acted on and is left out."""
        if not self.path.exists():
            return []
        out = []
        for line in self.path.read_text(encoding="utf-8").split("\n")[:-1]:
            out.append(json.loads(line))
        return out

    def replay(self, ask: Callable[[Mapping[str, Any]], Held]) -> list[Replayed]:
        """Asks for each in order; those answered leave the journal. An unreachable ledger stops it, and loses nothing.

        Asking is repeatable by number, so a crash in between asks again and gets the same answer.
        """
        done: list[Replayed] = []
        todo = self.waiting()
        try:
            for body in todo:
                try:
                    done.append(Replayed(body["number"], ask(body), None))
                except Refused as refused:
                    done.append(Replayed(body["number"], None, refused))
        finally:
            self._rewrite(todo[len(done) :])
        return done

    def _rewrite(self, bodies: list[dict[str, Any]]) -> None:
        beside = self.path.with_suffix(self.path.suffix + ".new")
        with beside.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(b, ensure_ascii=False) + "\n" for b in bodies)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
