"""Signing in and out."""

from mailhub.contract.texts import Text, _
from mailhub.errors import HubError, Invalid, TooManyRequests
from mailhub.people.permissions import Permission
from mailhub.people.service import SignInService
from mailhub.web.answers import Answer, Redirect, Shown, is_own_path
from mailhub.web.page import page
from mailhub.web.request import PageRequest

_TEMPLATE = "mailhub.people:templates/sign_in.jinja2"
_PASSWORD_PATH = "/me/password"
_MOST_BYTES = 32 * 1024
"""A login, a password and an address. Anybody can send this form, and reading it costs the hub more than sending it."""


@page("GET", "/sign-in", permission=Permission.PUBLIC)
def show_sign_in(request: PageRequest) -> Answer:
    next_path = _own_path(request.query.get("next", "/"))
    if request.is_signed_in:
        return Redirect(next_path)
    return _sign_in_page(request, next_path)


@page("POST", "/sign-in", permission=Permission.PUBLIC, max_bytes=_MOST_BYTES)
def sign_in(request: PageRequest) -> Answer:
    next_path = _own_path(request.posted_value("next", "/"))
    service = request.work.service(SignInService)
    try:
        begun = service.sign_in(
            request.posted_value("login"),
            request.posted_value("password"),
            request.address,
            request.headers.get("User-Agent", ""),
        )
    except (Invalid, TooManyRequests) as refused:
        return _sign_in_page(request, next_path, refused)
    if request.session is not None:
        service.sign_out(request.session, request.address)
    request.new_session = begun.text
    signed_in = service.find(begun.text, request.address)
    if signed_in is not None and signed_in.user.must_change_password:
        return Redirect(_PASSWORD_PATH)
    return Redirect(next_path)


@page("POST", "/sign-out", permission=Permission.PUBLIC, max_bytes=_MOST_BYTES)
def sign_out(request: PageRequest) -> Answer:
    if request.session is not None:
        request.work.service(SignInService).sign_out(request.session, request.address)
        request.is_session_over = True
        request.flash(_("You are signed out."), "info")
    return Redirect("/sign-in")


def _sign_in_page(request: PageRequest, next_path: str, refused: HubError | None = None) -> Answer:
    problem: Text | None = None if refused is None else refused.message
    wait = refused.retry_after_seconds if isinstance(refused, TooManyRequests) else None
    values = {
        "login": request.posted_value("login") if refused is not None else "",
        "next": next_path,
        "problem": problem,
        "wait_seconds": None if wait is None else max(1, round(wait)),
    }
    status = 200 if refused is None else 429 if wait is not None else 422
    headers = {} if wait is None else {"Retry-After": str(values["wait_seconds"])}
    return Shown(_TEMPLATE, values, title=_("Sign in"), status=status, headers=headers)


def _own_path(path: str) -> str:
    """Where to go on; the start for what leads elsewhere, or back to signing in and out (V1.3.6)."""
    return path if is_own_path(path) and not path.startswith(("/sign-", "/static/")) else "/"
