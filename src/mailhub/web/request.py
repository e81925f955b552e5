"""What a page's view is given: who looks, his unit of work, what he sent, and how he reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, cast
from zoneinfo import ZoneInfo

from pyramid.i18n import get_localizer

from mailhub.answers import RunsCommands
from mailhub.contract.texts import Text, _
from mailhub.errors import BadRequest, NotSignedIn, RevisionMissing, RevisionStale
from mailhub.http.locale import STORED_TEXTS, locale_of, localized
from mailhub.http.paging import DEFAULT_LIMIT, Page, page_of
from mailhub.http.stored_texts import StoredTexts
from mailhub.people.identity import HUB, Identity
from mailhub.services import Work
from mailhub.store.root import HubRoot

from . import forgery, seals
from .controls import controls_of
from .cookies import GUEST, SESSION, Cookies
from .notices import Kind, Notice
from .parts import SignedIn, WebParts

REVISION_FIELD = "revision"

Control = tuple[str, Any]
"""What one control of a form holds: its name, and a text, or a file as ``cgi.FieldStorage``."""


class PageRequest:
    """One request for a page. Made by the shell; lives as long as the request."""

    def __init__(self, request: Any, parts: WebParts, signed_in: SignedIn | None) -> None:
        self._request = request
        self._parts = parts
        self._signed_in = signed_in
        self._work: Work | None = None
        self._posted: list[Control] | None = None
        self.notices: list[Notice] = []
        self.new_session: str | None = None
        """The text of a session that has just begun, for the cookie."""
        self.is_session_over = False
        self.path: dict[str, str] = dict(request.matchdict or {})
        self.cookies = Cookies(request)
        request.locale_name = self.locale

    # -- who looks -------------------------------------------------------------------------------------------------

    @property
    def is_signed_in(self) -> bool:
        return self._signed_in is not None

    @property
    def identity(self) -> Identity:
        """Who acts. Raises ``NotSignedIn`` on a public page."""
        if self._signed_in is None:
            raise NotSignedIn(_("Sign in first."))
        return self._signed_in.identity

    @property
    def user(self) -> Any:
        """The signed-in user as he is stored, or None. Change him by a service only."""
        return None if self._signed_in is None else self._signed_in.user

    @property
    def session(self) -> Any:
        """The session by which he is signed in, or None."""
        return None if self._signed_in is None else self._signed_in.session

    @property
    def address(self) -> str:
        """The network address he comes from."""
        return cast(str, self._request.environ.get("REMOTE_ADDR", ""))

    @property
    def locale(self) -> str:
        """The language of the page: what he chose; before he signs in what his browser asks for."""
        languages = self._parts.api.languages
        if self.user is not None and self.user.language in languages:
            return cast(str, self.user.language)
        return locale_of(self._request.headers.get("Accept-Language"), languages)

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.user.time_zone if self.user is not None else "UTC")

    @property
    def now(self) -> datetime:
        return self._parts.api.clock.now()

    def translated(self, text: Text) -> str:
        """A text in the language of the page."""
        return localized(get_localizer(self._request), text)

    def recalled(self, stored: str) -> Text:
        """The text that a stored English sentence was made of, to be translated; itself when it is none of ours."""
        texts: StoredTexts = self._request.registry[STORED_TEXTS]
        return texts.recalled(stored)

    def pluralized(self, singular: str, plural: str, n: int) -> str:
        """A text with a number in it, in the language of the page; ``${count}`` is the number."""
        localizer = get_localizer(self._request)
        return cast(str, localizer.pluralize(singular, plural, n, domain="mailhub", mapping={"count": n}))

    # -- his work --------------------------------------------------------------------------------------------------

    @property
    def root(self) -> HubRoot:
        """The hub as the request's transaction sees it."""
        return cast(HubRoot, self._request.hub_root)

    @property
    def work(self) -> Work:
        """The unit of work of the request's transaction; the hub itself acts where nobody is signed in."""
        if self._work is None:
            identity = HUB if self._signed_in is None else self._signed_in.identity
            self._work = Work(self._parts.api.services, self.root, identity, self._runner)
        return self._work

    def fresh_work(self) -> Work:
        """A unit of work that sees what the writer thread has committed meanwhile.

        What the request's own transaction has changed so far is thrown away, and the view is not run again.
        """
        environ = self._request.environ
        environ["retry.attempts"] = environ.get("retry.attempt", 0) + 1
        self._request.tm.abort()
        self._request.tm.begin()
        self._work = None
        return self.work

    @property
    def _runner(self) -> RunsCommands:
        return self._parts.api.runner

    # -- what he sent ----------------------------------------------------------------------------------------------

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the address. Raises ``BadRequest`` for one that is no UTF-8."""
        return cast(Mapping[str, str], self._parameters)

    def query_all(self, name: str) -> list[str]:
        return cast("list[str]", self._parameters.getall(name))

    @property
    def _parameters(self) -> Any:
        try:
            return self._request.GET
        except UnicodeDecodeError as error:
            raise BadRequest(_("The address cannot be understood.")) from error

    @cached_property
    def _controls(self) -> Sequence[Control]:
        return controls_of(self._request)

    @property
    def posted_token(self) -> str | None:
        """The token against forgery that came with the form. Raises what ``posted`` raises."""
        found = (value for name, value in self._controls if name == forgery.FIELD and isinstance(value, str))
        return next(found, None)

    @property
    def posted(self) -> Sequence[Control]:
        """The controls of the form in their order, without the token against forgery.

        Raises ``BadRequest``, ``TooLarge``.
        """
        if self._posted is None:
            self._posted = [each for each in self._controls if each[0] != forgery.FIELD]
        return self._posted

    def posted_value(self, name: str, default: str = "") -> str:
        """The text of one control, the last of its name; ``default`` where it was not sent or is a file."""
        values = [value for key, value in self.posted if key == name and isinstance(value, str)]
        return values[-1] if values else default

    def posted_all(self, name: str) -> list[str]:
        return [value for key, value in self.posted if key == name and isinstance(value, str)]

    def check_revision(self, actual: str) -> None:
        """Compare the form's hidden field ``revision`` with the object's.

        Raises ``RevisionMissing``, and ``RevisionStale`` when somebody else has changed it since the form was shown.
        """
        seen = self.posted_value(REVISION_FIELD)
        if not seen:
            raise RevisionMissing(
                _("The form does not say which state it was made from. Load the page again.")
            )
        if seen != actual:
            raise RevisionStale(_("Somebody else has changed this since you opened it."))

    @property
    def is_htmx(self) -> bool:
        """A script asks for a part of a page."""
        return bool(self._request.headers.get("HX-Request") == "true")

    @property
    def headers(self) -> Mapping[str, str]:
        return cast(Mapping[str, str], self._request.headers)

    @property
    def url_path(self) -> str:
        """The address without host: path and query; the start for one that cannot be read."""
        try:
            return cast(str, self._request.path_qs)
        except UnicodeDecodeError:
            return "/"

    @property
    def url_root(self) -> str:
        """Scheme and host that people reach the hub by."""
        return self._parts.api.public_url or cast(str, self._request.host_url)

    def page_of_list(self, filters: Mapping[str, Any], limit: int = DEFAULT_LIMIT) -> Page:
        """Where a list goes on, by ``?cursor=``; a cursor is good for these filters and this person only.

        Raises ``Invalid`` with ``cursor.invalid``.
        """
        query = {**filters, "limit": limit, "cursor": self.query.get("cursor") or None}
        list_name = f"page {self._request.path_info}\n{self.identity.user_id}"
        return page_of(self._parts.api.cursors, query, list_name)

    # -- what he is told -------------------------------------------------------------------------------------------

    def flash(self, text: Text, kind: Kind = "success") -> None:
        """Say a sentence on the next page that is shown, after a redirect; or on this one."""
        self.notices.append(Notice(kind, self.translated(text)))

    def sealed(self, text: str) -> str:
        """A text for an address, by which this person comes back with it; ``find_opened`` has it again."""
        return seals.sealed(text, self._parts.key, self.identity.user_id)

    def find_opened(self, sealed: str) -> str | None:
        """The text that was sealed for this person; None for what is not: a link that somebody made up."""
        return seals.find_opened(sealed, self._parts.key, self.identity.user_id)

    @property
    def csrf_token(self) -> str:
        """For the hidden field ``csrf_token`` of forms. Who is not signed in gets a cookie of his own for it."""
        return forgery.token_for(self._parts.key, self.form_secret)

    @property
    def form_secret(self) -> str:
        """What the token against forgery is bound to: the session's cookie, or a guest's."""
        if self._signed_in is not None:
            return self.cookies.get(SESSION) or ""
        guest: str | None = self.cookies.get(GUEST) or getattr(self._request, "new_guest", None)
        if guest is None:
            guest = self._parts.api.entropy.token_bytes(24).hex()
            self._request.new_guest = guest
        return guest

    @property
    def pyramid(self) -> Any:
        """Pyramid's own request, for the shell."""
        return self._request
