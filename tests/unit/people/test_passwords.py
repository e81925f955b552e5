import threading

import pytest

from mailhub.people.passwords import (
    CHEAPEST_PROFILE,
    CONCURRENT_VERIFICATIONS,
    OWASP_PROFILE,
    HashProfile,
    PasswordHasher,
    PasswordRules,
    common_passwords,
    one_time_password,
)
from mailhub.testing.entropy import FakeEntropy


@pytest.fixture
def hasher() -> PasswordHasher:
    return PasswordHasher(CHEAPEST_PROFILE, FakeEntropy())


@pytest.fixture(scope="module")
def rules() -> PasswordRules:
    return PasswordRules(common_passwords())


def test_the_profile_in_use_is_argon2id_with_46_mib_and_one_pass() -> None:
    stored = PasswordHasher(OWASP_PROFILE, FakeEntropy()).hash("correct horse")

    assert stored.startswith("$argon2id$v=19$m=47104,t=1,p=1$")


def test_a_password_is_known_again_and_no_other(hasher: PasswordHasher) -> None:
    stored = hasher.hash("correct horse")

    assert hasher.verify("correct horse", stored)
    for other in ["correct horse ", "Correct horse", "", "correct hors"]:
        assert not hasher.verify(other, stored)


def test_two_hashes_of_one_password_differ(hasher: PasswordHasher) -> None:
    assert hasher.hash("correct horse") != hasher.hash("correct horse")


def test_nothing_is_cut_off(hasher: PasswordHasher) -> None:
    stored = hasher.hash("x" * 1_024)

    assert not hasher.verify("x" * 1_023, stored)


def test_an_accent_is_the_same_however_it_was_typed(hasher: PasswordHasher) -> None:
    assert hasher.verify("cafe\u0301 creme", hasher.hash("caf\u00e9 creme"))


@pytest.mark.parametrize("stored", [None, "", "no hash", "$argon2id$v=19$m=8,t=1,p=1$broken"])
def test_what_is_no_hash_verifies_nothing(hasher: PasswordHasher, stored: str | None) -> None:
    assert not hasher.verify("correct horse", stored)


def test_half_a_character_is_just_wrong(hasher: PasswordHasher) -> None:
    assert not hasher.verify("\ud800 half", hasher.hash("correct horse"))


def test_a_hash_of_other_parameters_is_outdated(hasher: PasswordHasher) -> None:
    dearer = PasswordHasher(HashProfile(memory_kib=16, time_cost=1, parallelism=1), FakeEntropy())

    assert hasher.is_outdated(dearer.hash("correct horse"))
    assert not hasher.is_outdated(hasher.hash("correct horse"))
    assert hasher.verify("correct horse", dearer.hash("correct horse"))


class _Crowd:
    """Stands for argon2 and counts how many are in it; each stays until so many have come or nobody else can."""

    def __init__(self, size: int) -> None:
        self.most = 0
        self._inside = 0
        self._lock = threading.Lock()
        self._full = threading.Barrier(size)

    def verify(self, stored: str, password: bytes) -> bool:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        self._full.wait(timeout=10)
        with self._lock:
            self._inside -= 1
        return True


def test_four_verify_at_a_time(hasher: PasswordHasher) -> None:
    crowd = _Crowd(CONCURRENT_VERIFICATIONS)
    hasher._argon2 = crowd  # type: ignore[assignment]  # a stand-in for the library
    threads = [
        threading.Thread(target=hasher.verify, args=("x", "y")) for _ in range(3 * CONCURRENT_VERIFICATIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)

    assert crowd.most == CONCURRENT_VERIFICATIONS == 4


@pytest.mark.parametrize(
    "password",
    [
        "x7-kfq2b",
        "correct horse battery staple" * 3,
        " leading and trailing ",
        "\U0001f600" * 8,
        "пароль на русском",
        "z" * 1_024,
    ],
)
def test_long_enough_and_not_everybodys_is_good(rules: PasswordRules, password: str) -> None:
    assert rules.find_problem(password, login="ada") is None


@pytest.mark.parametrize(
    "password",
    [
        "",
        "x7-kfq2",
        "z" * 1_025,
        "with\0nul inside",
        "with\nline feed",
        "half \ud800 character",
        "AdaLovelace",
    ],
)
def test_what_breaks_a_rule_is_refused(rules: PasswordRules, password: str) -> None:
    assert rules.find_problem(password, login="adalovelace") is not None


def test_what_many_use_is_refused_in_any_case(rules: PasswordRules) -> None:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    known = [each for each in FREQUENCY_LISTS["passwords"][:3_000] if len(each) >= 8]

    assert len(known) > 50
    for password in known:
        assert rules.find_problem(password, login="ada")
        assert rules.find_problem(password.upper(), login="ada")


def test_a_made_up_password_keeps_the_rules_and_is_another_each_time(rules: PasswordRules) -> None:
    entropy = FakeEntropy()
    made = {one_time_password(entropy) for _ in range(200)}

    assert len(made) == 200
    for password in made:
        assert rules.find_problem(password, login="ada") is None
        assert len(password) == 23
        assert not set(password) & set("l1o0")
