import pytest

from mailhub.accounts.service import ConnectorsService
from mailhub.errors import Denied, NotFound
from mailhub.people.permissions import Permission
from tests.unit.accounts.service.kit import AccountsKit, may

P = Permission


def allows_http(kit: AccountsKit, id: str) -> bool:
    return kit.use(lambda work: work.service(ConnectorsService).get_connector(id)[1].allow_http)


def set_it(kit: AccountsKit, id: str, allow_http: bool, *who: P) -> None:
    identity = may(*(who or P))
    kit.use(lambda work: work.service(ConnectorsService).set_allow_http(id, allow_http), identity)


def test_all_that_are_loaded_are_listed_as_they_are_proposed(kit: AccountsKit) -> None:
    found = kit.use(lambda work: [kind.id for kind, _ in work.service(ConnectorsService).list_connectors()])

    assert found == ["capture", "file", "fake", "vault"]


def test_allow_http_is_kept_and_audited(kit: AccountsKit) -> None:
    assert not allows_http(kit, "vault")

    set_it(kit, "vault", True)
    set_it(kit, "vault", True)

    assert allows_http(kit, "vault")
    assert not allows_http(kit, "fake")
    entries = kit.trail("connector")
    assert [(entry.id, entry.before, entry.after) for entry in entries] == [
        ("vault", {"allow_http": False}, {"allow_http": True})
    ]


def test_only_set_up_changes_it_and_only_for_what_is_there(kit: AccountsKit) -> None:
    with pytest.raises(Denied):
        set_it(kit, "vault", True, P.SETUP_READ)
    with pytest.raises(NotFound):
        set_it(kit, "pigeon", True)
