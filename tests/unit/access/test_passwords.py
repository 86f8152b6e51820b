"""Password hashes are Argon2id at the library's strength, salted, and a missing one fits nothing."""

from argon2 import extract_parameters
from argon2.low_level import Type

from bihuan.features.access.passwords import hash_password, verify_password


def test_hashes_are_argon2id_with_64_mb_and_a_salt_of_their_own() -> None:
    one, two = hash_password("correct horse"), hash_password("correct horse")
    used = extract_parameters(one)
    assert (used.type, used.memory_cost >= 64 * 1024, used.time_cost >= 3) == (Type.ID, True, True)
    assert one != two


def test_only_the_right_password_fits_and_nothing_fits_no_hash() -> None:
    kept = hash_password("correct horse")
    assert verify_password("correct horse", kept)
    assert not verify_password("Correct horse", kept)
    assert not verify_password("nobody", None)
    assert not verify_password("x", "not a hash")
