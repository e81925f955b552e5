"""A new key reaches every secret, is proven, and is in use without a restart."""

from pathlib import Path

import pytest

from mailhub.accounts.model import accounts_of
from mailhub.accounts.settings import revealed_settings
from mailhub.errors import WrongState
from mailhub.maintenance import rotating
from mailhub.maintenance.rotating import KeyRotation
from mailhub.store.database import Database
from mailhub.store.rotation import find_in_file, mark_of
from mailhub.store.secrets import KeyRing, key_id_of, read_key_file
from tests.unit.maintenance.conftest import SECRET, Owner


def secrets_of(owner: Owner) -> list[str]:
    with owner.kit.hub.database.reading() as hub:
        return [revealed_settings(each, owner.kit.hub.box)["password"] for each in accounts_of(hub)]


def traces(folder: Path, key_id: str) -> list[str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return [path.name for path in paths if find_in_file(path, [mark_of(key_id)]) is not None]


def test_the_old_key_and_all_it_sealed_are_gone(owner: Owner, data: Path) -> None:
    for number in range(3):
        owner.add_account(name=f"Sales {number}")
    old = key_id_of(read_key_file(data / "secret.key")[0])
    assert traces(data, old)
    run = owner.maintain("rotate-key")
    assert (run["outcome"], run["error"]) == ("ok", None)
    assert [step["name"] for step in run["steps"]] == ["make_key", "encrypt", "pack", "prove", "drop_key"]
    assert traces(data, old) == []
    assert [key_id_of(key) for key in read_key_file(data / "secret.key")] == [
        owner.kit.hub.box.keys.sealing_id
    ]
    assert secrets_of(owner) == [SECRET] * 3
    owner.add_account(name="Later")
    assert secrets_of(owner) == [SECRET] * 4


def test_many_secrets_take_several_transactions(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotating, "BATCH", 2)
    for number in range(5):
        owner.add_account(name=f"Sales {number}")
    run = owner.maintain("rotate-key")
    assert "5 secrets" in run["steps"][1]["detail"]
    assert secrets_of(owner) == [SECRET] * 5


def test_a_secret_that_comes_by_the_old_key_meanwhile_is_reached_too(
    owner: Owner, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = owner.add_account()
    hub = owner.kit.hub
    old = hub.box.keys
    pack, packed = Database.pack, list[bool]()

    def pack_late(database: Database) -> None:
        pack(database)
        if not packed:
            packed.append(True)
            new = hub.box.keys
            hub.box.use(KeyRing(read_key_file(data / "secret.key")[1:]))
            record = f"account:{account_id}:password"
            late = hub.box.seal(SECRET, record)
            hub.box.use(new)

            def store(root: object) -> None:
                account = accounts_of(root).find(account_id)  # type: ignore[arg-type]  # the hub's root
                assert account is not None
                account.secrets = {"password": late}

            database.transact(store, "late")

    monkeypatch.setattr(Database, "pack", pack_late)
    run = owner.maintain("rotate-key")
    assert run["outcome"] == "ok"
    assert [step["name"] for step in run["steps"]].count("encrypt") == 2
    assert traces(data, old.sealing_id) == []
    assert secrets_of(owner) == [SECRET]


def test_a_secret_that_does_not_open_keeps_the_old_key(owner: Owner, data: Path) -> None:
    account_id = owner.add_account()

    def damage(root: object) -> None:
        account = accounts_of(root).find(account_id)  # type: ignore[arg-type]  # the hub's root
        assert account is not None
        account.secrets = {"password": account.secrets["password"][:-8] + "AAAAAAA="}

    owner.kit.hub.database.transact(damage, "damage")
    run = owner.maintain("rotate-key")
    assert (run["outcome"], run["error"]["code"]) == ("failed", "secret.unreadable")
    assert len(read_key_file(data / "secret.key")) == 2


def test_a_key_in_a_setting_is_for_its_owner_to_change(owner: Owner) -> None:
    hub = owner.kit.hub
    rotation = KeyRotation(hub.database, hub.box, hub.entropy, None)
    with pytest.raises(WrongState) as refused:
        rotation._begin()
    assert refused.value.code == "maintenance.key_in_setting"
