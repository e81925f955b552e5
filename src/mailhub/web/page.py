"""How a page is declared: one description gives its route, its permission check and its protection against forgery.

::

    @page("GET", "/accounts/{id}", permission=Permission.SETUP_READ)
    def show_account(request: PageRequest) -> Answer:
        account = request.work.service(AccountsService).get_account(request.path["id"])
        return Shown("mailhub.accounts:templates/account.jinja2", {"account": account}, title=account.name)

The decorator attaches the description to the function and does nothing else; ``app`` names the modules and
``mailhub.web.mount`` makes routes of what ``pages_of`` finds in them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from mailhub.people.permissions import Permission

from .answers import Answer
from .request import PageRequest

__all__ = ["Page", "PageMethod", "PageView", "page", "pages_of"]

PageView = Callable[[PageRequest], Answer]
PageMethod = Literal["GET", "POST"]
_ATTRIBUTE = "__mailhub_pages__"

LONGEST_FORM_BYTES = 2 * 1024 * 1024
"""What a form without files may weigh; a mail as somebody typed it, with room to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page or one form's target. See ``page`` for the meaning of each attribute."""

    method: PageMethod
    path: str
    permission: Permission
    view: PageView
    once: bool
    max_bytes: int
    is_for_new_password: bool
    policy: str | None

    @property
    def full_path(self) -> str:
        return self.path

    @property
    def name(self) -> str:
        """What the route of this page is known by."""
        return f"{self.view.__module__}.{self.view.__name__}"

    @property
    def path_names(self) -> tuple[str, ...]:
        """The names in braces, in order."""
        return tuple(re.findall(r"{(\w+)}", self.path))


def page(
    method: PageMethod,
    path: str,
    *,
    permission: Permission,
    once: bool = False,
    max_bytes: int = LONGEST_FORM_BYTES,
    is_for_new_password: bool = False,
    policy: str | None = None,
) -> Callable[[PageView], PageView]:
    """Declare a page on ``def view(request: PageRequest) -> Answer``; a view may have several.

    ``permission``: ``Permission.PUBLIC`` shows it to people who are not signed in. ``once``: the view hands commands to the
    writer thread or acts outside its transaction, so it is never run a second time after a conflict. ``max_bytes``: of a
    form, refused with 413 before it is read. ``is_for_new_password``: open to somebody who has to choose a password first.
    ``policy``: a Content-Security-Policy instead of that of all pages.
    """

    def attach(view: PageView) -> PageView:
        described = Page(
            method=method,
            path=path,
            permission=permission,
            view=view,
            once=once,
            max_bytes=max_bytes,
            is_for_new_password=is_for_new_password,
            policy=policy,
        )
        setattr(view, _ATTRIBUTE, (*getattr(view, _ATTRIBUTE, ()), described))
        return view

    return attach


def pages_of(module: ModuleType | Any) -> list[Page]:
    """The pages declared in a module (not those it imported), in the order of their definition."""
    found = [each for value in vars(module).values() for each in getattr(value, _ATTRIBUTE, ())]
    return [each for each in found if isinstance(each, Page) and each.view.__module__ == module.__name__]
