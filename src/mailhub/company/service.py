"""What administrators say of the company that this hub sends for."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mailhub.contract.texts import Text, _
from mailhub.errors import NOT_FOUND, FieldError, Invalid, NotFound
from mailhub.events.audit import record_change
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.store.content import first_bytes
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard
from mailhub.uploads.model import uploads_of

from .model import Company, Logo, company_of
from .presenting import present_company

AddressCheck = Callable[[str], Text | None]
"""Says what is wrong with an e-mail address; None when nothing is."""

Values = Mapping[str, Any]

LOGO_BYTES: Final = 1024 * 1024
_PICTURES: Final[Mapping[bytes, str]] = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class CompanyService:
    """The company, in one transaction. Every change is audited."""

    def __init__(
        self, hub: HubRoot, shard: Shard, identity: Identity, *, check_address: AddressCheck
    ) -> None:
        self._hub = hub
        self._shard = shard
        self._identity = identity
        self._check_address = check_address

    def get_company(self) -> Company:
        """Raises ``Denied``."""
        self._identity.require(Permission.PEOPLE_ADMIN)
        return company_of(self._hub)

    def get_logo(self) -> Logo:
        """Raises ``Denied``, ``NotFound`` (``company.no_logo``)."""
        logo = self.get_company().logo
        if logo is None:
            raise NotFound(NOT_FOUND, code="company.no_logo")
        return logo

    def set_company(self, values: Values) -> Company:
        """Set all of it to ``schema.CompanyFields``' values. Raises ``Denied``, ``Invalid``."""
        company = self.get_company()
        logo = self._find_logo(company, values["logo"])
        if errors := [*self._iter_mistakes(values, logo)]:
            raise Invalid(errors)
        before = present_company(company)
        company.name, company.sender_name = values["name"], values["sender_name"]
        company.reply_to, company.logo = values["reply_to"], logo
        if present_company(company) != before:
            company.count_change()
            self._audit(before, present_company(company))
        return company

    def mistakes_in(self, values: Values, _unread: object) -> list[FieldError]:
        """What is wrong with those of ``schema.CompanyFields``' values that could be read. Raises ``Denied``."""
        return [*self._iter_mistakes(values, self._find_logo(self.get_company(), values["logo"]))]

    def _find_logo(self, company: Company, id: str | None) -> Logo | None:
        """The logo of this id: the one that is there, or an upload of the caller's."""
        if id is None:
            return None
        if company.logo is not None and company.logo.id == id:
            return company.logo
        upload = uploads_of(self._hub).find(id)
        if upload is None or upload.owner_id != self._identity.user_id:
            return None
        return Logo(id, picture_type(upload.content), upload.content)

    def _iter_mistakes(self, values: Values, logo: Logo | None) -> Iterator[FieldError]:
        if values["reply_to"] and (problem := self._check_address(values["reply_to"])):
            yield FieldError("/reply_to", "address.invalid", problem)
        if values["logo"] is not None and logo is None:
            yield FieldError("/logo", "upload.not_found", _("There is no such upload of yours."))
        if logo is not None and not (logo.content_type and logo.content.size <= LOGO_BYTES):
            text = _("A logo is a PNG or JPEG picture of 1 MB at most.")
            yield FieldError("/logo", "company.logo_unusable", text)

    def _audit(self, before: Values, after: Values) -> None:
        record_change(self._hub, self._shard, self._identity, "changed", "company", "", before, after)


def picture_type(content: Any) -> str:
    """The media type of a stored picture by its first bytes; "" for what no page and no mail can show safely."""
    start = first_bytes(content, 16)
    return next((kind for magic, kind in _PICTURES.items() if start.startswith(magic)), "")
