"""What an import works with: a unit of work, the secrets of the file, and everything found on the way."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from mailhub.contract.texts import Text
from mailhub.errors import FieldError, Invalid, NotFound, WrongState
from mailhub.maintenance.report import Change
from mailhub.people.identity import Identity
from mailhub.services import Work
from mailhub.store.root import HubRoot
from mailhub.store.secrets import SecretBox
from mailhub.store.shards import Shard

T = TypeVar("T")
S = TypeVar("S")

Item = dict[str, Any]


class ImportContext:
    """One attempt at an import. ``secrets``: those of the file, by the id of the record they belong to."""

    def __init__(self, work: Work, secrets: dict[str, str], box: SecretBox) -> None:
        self._work = work
        self._errors: list[FieldError] = []
        self.secrets = secrets
        self.box = box
        self.changes: list[Change] = []

    @property
    def hub(self) -> HubRoot:
        return self._work.root

    @property
    def identity(self) -> Identity:
        """Who imports."""
        return self._work.identity

    @property
    def now(self) -> datetime:
        """The time of the transaction."""
        return self.service(Shard).now

    def service(self, service: type[S]) -> S:
        return self._work.service(service)

    def of(self, pointer: str, act: Callable[[], T]) -> T | None:
        """What a use case returns; None when it refused, which is remembered as a mistake at this place of the file."""
        try:
            return act()
        except Invalid as refused:
            found = (FieldError(pointer + each.pointer, each.code, each.message) for each in refused.errors)
            self._errors.extend(found)
        except (NotFound, WrongState) as refused:
            self.refuse(pointer, refused.code, refused.message)
        return None

    def refuse(self, pointer: str, code: str, message: Text) -> None:
        """Note a mistake."""
        self._errors.append(FieldError(pointer, code, message))

    def raise_all(self) -> None:
        """Raises ``Invalid`` if there were mistakes."""
        if self._errors:
            raise Invalid(self._errors)

    def created(self, subject: str, name: str) -> None:
        self.changes.append(Change("create", subject, name))

    def changed(self, subject: str, name: str) -> None:
        self.changes.append(Change("change", subject, name))

    def note(self, subject: str, name: str, text: Text) -> None:
        """Something that somebody has to see to afterwards."""
        self.changes.append(Change("note", subject, name, text))


def places(name: str, items: Sequence[Item]) -> Iterator[tuple[str, Item]]:
    """Each item with its place in the file."""
    return ((f"/{name}/{number}", item) for number, item in enumerate(items))


def differing(item: Item, current: Any, names: Sequence[str]) -> Item:
    """Those of the named fields that an object has otherwise."""
    return {name: item[name] for name in names if item[name] != getattr(current, name)}
