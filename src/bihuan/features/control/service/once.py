"""Idempotency keys of a batch: taken and answered together, in the transaction of what they answer.

A repeat gets the first answer; another content under the same key is refused; what was refused frees its key.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel

from bihuan.features.access.model import KeyReused
from bihuan.kernel.errors import BihuanError
from bihuan.store.unit_of_work import UnitOfWork

Asked = tuple[str | None, str, BaseModel]  # key, operation, content


class Once:
    """The keys one user names in one transaction."""

    def __init__(self, uow: UnitOfWork, user_id: int) -> None:
        self.uow, self.user_id = uow, user_id
        self._taken: dict[int, str] = {}
        self._answers: dict[str, object] = {}
        self._free: list[str] = []

    def one(self, key: str | None, operation: str, body: BaseModel, act: Callable[[], BaseModel]) -> object:
        """Does ``act`` once."""
        known = self.many({0: (key, operation, body)})
        if 0 in known:
            if isinstance(known[0], BihuanError):
                raise known[0]
            return known[0]
        answer = act()
        self.keep(0, answer)
        self.write()
        return answer

    def many(self, asked: Mapping[int, Asked]) -> dict[int, Any]:
        """The first answers of those asked before, or why their key is refused; the others are to be done now."""
        hashes: dict[int, tuple[str, str]] = {n: (k, _hash(o, b)) for n, (k, o, b) in asked.items() if k}
        first: dict[str, int] = {}
        out: dict[int, Any] = {}
        for n, (key, _) in hashes.items():
            if first.setdefault(key, n) != n:
                out[n] = KeyReused("同一批里用了两次的幂等键。", key=key)
        rows = [{"key": key, "hash": hashes[n][1]} for key, n in first.items()]
        if not rows:
            return out
        now, said = self.uow.now(), json.dumps(rows)
        taken = self.uow.rows("access.claim_keys", user_id=self.user_id, now=now, rows=said)
        fresh = {r["key"] for r in taken}
        known = {
            r["key"]: r
            for r in self.uow.rows("access.key_answers", user_id=self.user_id, keys=sorted(first.keys() - fresh))
        }
        for key, n in first.items():
            if key in fresh:
                self._taken[n] = key
            elif key in known and bytes(known[key]["request_hash"]).hex() == hashes[n][1]:
                out[n] = known[key]["body"]
            else:
                out[n] = KeyReused(key=key)
        return out

    def keep(self, n: int, answer: BaseModel) -> None:
        """The answer a repeat will get."""
        if n in self._taken:
            self._answers[self._taken[n]] = jsonable_encoder(answer)

    def free(self, n: int) -> None:
        """The operation was refused: its key names nothing."""
        if n in self._taken:
            self._free.append(self._taken[n])

    def write(self) -> None:
        """Writes what was kept and freed."""
        if self._answers:
            rows = json.dumps([{"key": k, "body": b} for k, b in self._answers.items()], ensure_ascii=False)
            self.uow.run("access.keep_answers", user_id=self.user_id, rows=rows)
        if self._free:
            self.uow.run("access.free_keys", user_id=self.user_id, keys=self._free)


def _hash(operation: str, body: BaseModel) -> str:
    said = json.dumps(["batch", operation, jsonable_encoder(body)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
