"""What can be done to the ledger, by topic: policies, spending, facts, budget release, transfers."""

from bihuan.features.control.commands.facts import execute, post_direct
from bihuan.features.control.commands.filing import reserve, reserve_again, reserve_each
from bihuan.features.control.commands.lifecycle import amend, cancel, close, expire, expired, extend
from bihuan.features.control.commands.policies import apply_policies, put_policy
from bihuan.features.control.commands.release import book_budget, release_budget
from bihuan.features.control.commands.requests import Draft, Submitted, discard, file, next_number, save_draft, submit
from bihuan.features.control.commands.reversing import reverse
from bihuan.features.control.commands.standing import commit_stage, release
from bihuan.features.control.commands.subtree import release_subtree
from bihuan.features.control.commands.transfers import request_transfer, transfer

__all__ = [
    "Draft",
    "Submitted",
    "amend",
    "apply_policies",
    "book_budget",
    "cancel",
    "close",
    "commit_stage",
    "discard",
    "execute",
    "expire",
    "expired",
    "extend",
    "file",
    "next_number",
    "post_direct",
    "put_policy",
    "release",
    "release_budget",
    "release_subtree",
    "request_transfer",
    "reserve",
    "reserve_again",
    "reserve_each",
    "reverse",
    "save_draft",
    "submit",
    "transfer",
]
