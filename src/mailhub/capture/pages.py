"""The page of the capture server, a small Pyramid application of its own.

``GET /`` is the list, ``/messages/{n}`` a mail, ``/messages.json`` and ``/messages/{n}.eml`` are for machines, as are
``DELETE /messages`` and ``DELETE /messages/{n}``. Everything works without JavaScript, except that new mail appears by
itself.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPBadRequest, HTTPException, HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render, render_to_response
from pyramid.request import Request
from pyramid.response import FileIter, Response

from mailhub.contract.texts import Text, _, plain
from mailhub.errors import NotFound
from mailhub.http.locale import LANGUAGES, include_texts, locale_of

from .folder import CapturedMail
from .guard import FILE_POLICY, SAFE_METHODS, SECURITY_HEADERS, is_same_origin
from .listening import bracketed, is_allowed_host
from .mail import ParsedMail, Part
from .present import Row, full_time_text, recipient_lines, size_text, tab_content
from .preview import PREVIEW_POLICY, preview_html
from .shown import shown
from .site import CaptureSite
from .summary import MailSummary

_log = logging.getLogger(__name__)

PAGE_LENGTH = 50
LONGEST_PAGE = 200
_LONGEST_NUMBER = 12
_LONGEST_QUERY = 200

TABS = (
    ("html", _("HTML")),
    ("text", _("Text")),
    ("headers", _("Headers")),
    ("source", _("Source")),
    ("attachments", _("Attachments")),
    ("structure", _("Structure")),
    ("envelope", _("Envelope")),
)


def make_app(site: CaptureSite) -> Callable[..., Any]:
    """The WSGI application over one capture folder."""
    settings = {
        "jinja2.filters": {"shown": shown, "size": size_text, "full_time": full_time_text},
        "jinja2.i18n.domain": "mailhub",
        "jinja2.trim_blocks": "true",
        "jinja2.lstrip_blocks": "true",
    }
    config = Configurator(settings=settings)
    config.include("pyramid_jinja2")
    config.add_jinja2_search_path("mailhub.capture:templates")
    include_texts(config)
    config.set_locale_negotiator(_language)
    config.registry["capture.site"] = site
    config.add_request_method(_site, "site", reify=True)
    config.add_tween("mailhub.capture.pages.guard_tween")
    config.add_static_view("static", "mailhub.capture:static", cache_max_age=0)
    _add_pages(config)
    _add_machine_views(config)
    config.add_view(_show_http_error, context=HTTPException, exception_only=True)
    config.add_view(_show_not_found, context=NotFound, exception_only=True)
    config.add_view(_show_fault, context=Exception, exception_only=True)
    return _application(config)


def _application(config: Configurator) -> Callable[..., Any]:
    application: Callable[..., Any] = config.make_wsgi_app()
    return application


def _add_pages(config: Configurator) -> None:
    def add(
        name: str, pattern: str, view: Callable[..., Any], template: str = "", method: str = "GET"
    ) -> None:
        config.add_route(name, pattern, request_method=method)
        config.add_view(view, route_name=name, renderer=f"{template}.jinja2" if template else None)

    add("list", "/", show_list, "list")
    add("rows", "/rows", show_rows)
    add("clear", "/clear", clear_by_form, method="POST")
    add("preview", r"/messages/{number:\d+}/preview", show_preview)
    add("part", r"/messages/{number:\d+}/parts/{index:\d+}", download_part)
    add("delete", r"/messages/{number:\d+}/delete", delete_by_form, method="POST")
    add("message", r"/messages/{number:\d+}", show_message, "message")
    add("tab", r"/messages/{number:\d+}/{tab}", show_message, "message")


def _add_machine_views(config: Configurator) -> None:
    def add(name: str, pattern: str, view: Callable[..., Any], method: str) -> None:
        config.add_route(name, pattern, request_method=method)
        config.add_view(view, route_name=name)

    add("messages.json", "/messages.json", list_messages, "GET")
    add("message.eml", r"/messages/{number:\d+}.eml", download_message, "GET")
    add("delete messages", "/messages", delete_messages, "DELETE")
    add("delete message", r"/messages/{number:\d+}", delete_message, "DELETE")


def guard_tween(
    handler: Callable[[Request], Response], registry: Mapping[str, Any]
) -> Callable[[Request], Response]:
    """Refuse foreign Host headers and cross-site changes; put the security headers on every response."""
    site: CaptureSite = registry["capture.site"]

    def guarded(request: Request) -> Response:
        response = _refusal(site, request) or handler(request)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return guarded


def _refusal(site: CaptureSite, request: Request) -> Response | None:
    if not is_allowed_host(request.headers.get("Host", ""), site.bound_host):
        text = _("This page is served to this machine only. Call it by its address, such as 127.0.0.1.")
        return Response(plain(text), status=421, content_type="text/plain", charset="utf-8")
    if request.method not in SAFE_METHODS and not is_same_origin(request.headers, request.host_url):
        text = _("This was asked for by another site, so it was not done.")
        return Response(plain(text), status=403, content_type="text/plain", charset="utf-8")
    return None


def _language(request: Request) -> str:
    return locale_of(request.headers.get("Accept-Language"), LANGUAGES)


def _site(request: Request) -> CaptureSite:
    site: CaptureSite = request.registry["capture.site"]
    return site


# The list


def show_list(request: Request) -> dict[str, Any]:
    """The list, newest first, a page at a time; with ``q`` what matches the search."""
    before = _number_or_none(request.GET.get("before"))
    return _shell(request) | _rows(request, before)


def show_rows(request: Request) -> Response:
    """The newest rows as a fragment, for the script that keeps the list fresh; 304 while nothing has changed."""
    current = _number_or_none(request.GET.get("current"))
    response = Response(content_type="text/html", charset="utf-8")
    if not _is_unchanged(request, response):
        values = _rows(request, None) | {"current": current}
        response.text = render("mailhub.capture:templates/rows.jinja2", values, request=request)
    return response


def _rows(request: Request, before: int | None) -> dict[str, Any]:
    site: CaptureSite = request.site
    query = _query(request)
    found = list(islice(site.summaries.iter_newest(query, before), PAGE_LENGTH + 1))
    now = site.clock.now()
    return {
        "rows": [Row.of(summary, now) for summary in found[:PAGE_LENGTH]],
        "older": found[PAGE_LENGTH - 1].number if len(found) > PAGE_LENGTH else None,
        "before": before,
        "q": query,
        "suffix": _suffix(query),
        "current": None,
    }


def _shell(request: Request) -> dict[str, Any]:
    """What the frame of every page shows."""
    site: CaptureSite = request.site
    query = _query(request)
    return {
        "q": query,
        "suffix": _suffix(query),
        "total": len(site.folder.numbers()),
        "keep": site.folder.keep,
        "smtp_host": site.smtp_host,
        "smtp_port": site.smtp_port,
        "smtp_address": f"{bracketed(site.smtp_host)}:{site.smtp_port}",
    }


def clear_by_form(request: Request) -> Response:
    """Forget all mail, and show the empty list."""
    request.site.folder.clear()
    return HTTPSeeOther("/")


# One mail


def show_message(request: Request) -> dict[str, Any]:
    """A mail under one of its tabs."""
    mail, parsed = _mail(request)
    tab = _tab(request, parsed)
    summary = request.site.summaries.find(mail.number) or MailSummary(mail=mail)
    newer, older = _neighbours(request.site, mail.number)
    page = _shell(request) | _rows(request, None) | tab_content(tab, mail, parsed)
    return page | {
        "mail": mail,
        "parsed": parsed,
        "summary": summary,
        "tab": tab,
        "tabs": TABS,
        "current": mail.number,
        "newer": newer,
        "older_mail": older,
        "recipients": recipient_lines(mail.envelope, parsed) if mail.envelope else [],
    }


def _tab(request: Request, parsed: ParsedMail) -> str:
    wanted: str | None = request.matchdict.get("tab")
    if wanted is None:
        return "source" if parsed.problem else "html" if parsed.html or not parsed.text else "text"
    if wanted not in dict(TABS):
        raise HTTPNotFound
    return wanted


def _neighbours(site: CaptureSite, number: int) -> tuple[int | None, int | None]:
    numbers = site.folder.numbers()
    newer = [each for each in numbers if each > number]
    older = [each for each in numbers if each < number]
    return (newer[-1] if newer else None, older[0] if older else None)


def show_preview(request: Request) -> Response:
    """The HTML of a mail, for the sandboxed frame."""
    mail, parsed = _mail(request)
    if parsed.html is None:
        raise HTTPNotFound

    def url_of(content_id: str) -> str | None:
        part = parsed.find_by_content_id(content_id)
        return None if part is None else f"/messages/{mail.number}/parts/{part.index}"

    html = preview_html(parsed.html.text, url_of)
    response = Response(html.encode("utf-8", "replace"), content_type="text/html", charset="utf-8")
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    return response


def download_part(request: Request) -> Response:
    """The decoded bytes of one part. A picture of the HTML is loaded from here too."""
    parsed = _mail(request)[1]
    index = int(request.matchdict["index"][:_LONGEST_NUMBER])
    if index >= len(parsed.parts) or not parsed.parts[index].is_leaf:
        raise HTTPNotFound
    part = parsed.parts[index]
    return _as_file(Response(part.content, charset=None), part.content_type, _attachment_name(part))


def download_message(request: Request) -> Response:
    """The mail as it came."""
    mail = _find(request)
    try:
        file = mail.open()
    except OSError as error:
        raise HTTPNotFound from error
    response = Response(app_iter=FileIter(file), charset=None, content_length=mail.path.stat().st_size)
    return _as_file(response, "message/rfc822", f"mail-{mail.number}.eml")


def delete_by_form(request: Request) -> Response:
    """Forget a mail, and show the one that came before it."""
    number = _number(request)
    request.site.folder.delete(number)
    newer, older = _neighbours(request.site, number)
    beside = older or newer
    return HTTPSeeOther((f"/messages/{beside}" if beside else "/") + _suffix(_query(request)))


def _mail(request: Request) -> tuple[CapturedMail, ParsedMail]:
    mail = _find(request)
    return mail, request.site.parsed.get(mail)


def _find(request: Request) -> CapturedMail:
    mail: CapturedMail = request.site.folder.get(_number(request))
    return mail


def _attachment_name(part: Part) -> str:
    # a name given by RFC 2231 may hold line breaks, which a header may not
    return " ".join(shown(part.file_name).split()).replace('"', "'")


def _as_file(response: Response, content_type: str, name: str) -> Response:
    """Never shown by the browser as a page of ours: downloaded, sandboxed, not sniffed (RFC 6266, RFC 8187)."""
    plain_name = name.encode("ascii", "replace").decode("ascii").replace("?", "_").replace("\\", "_")
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response


# For machines


def list_messages(request: Request) -> Response:
    """``{"items", "next_cursor", "total"}``, newest first; ``limit``, ``cursor`` and ``q`` as query."""
    limit, before = _limit(request), _cursor(request)
    response = Response(content_type="application/json")
    if not _is_unchanged(request, response):
        found = list(islice(request.site.summaries.iter_newest(_query(request), before), limit + 1))
        response.json_body = {
            "items": [summary.to_json() for summary in found[:limit]],
            "next_cursor": str(found[limit - 1].number) if len(found) > limit else None,
            "total": len(request.site.folder.numbers()),
        }
    return response


def delete_messages(request: Request) -> Response:
    """Forget all mail: ``{"deleted": n}``."""
    return Response(json_body={"deleted": request.site.folder.clear()}, content_type="application/json")


def delete_message(request: Request) -> Response:
    """Forget one mail: 204, or 404."""
    request.site.folder.delete(_number(request))
    return Response(status=204)


def _is_unchanged(request: Request, response: Response) -> bool:
    """Set the ETag; when the caller has this state already, make it a 304."""
    site: CaptureSite = request.site
    day = site.clock.now().astimezone().date()
    state = f"{request.path_qs} {day} {site.folder.numbers()}"
    response.etag = hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()[:32]
    if response.etag not in request.if_none_match:
        return False
    response.status = 304
    response.content_type = None
    return True


def _limit(request: Request) -> int:
    limit = _number_or_none(request.GET.get("limit"))
    if limit is None:
        return PAGE_LENGTH
    if not 1 <= limit <= LONGEST_PAGE:
        raise HTTPBadRequest(plain(_("limit is a number from 1 to ${most}.", mapping={"most": LONGEST_PAGE})))
    return limit


def _cursor(request: Request) -> int | None:
    return _number_or_none(request.GET.get("cursor"))


def _number(request: Request) -> int:
    text = request.matchdict["number"]
    if len(text) > _LONGEST_NUMBER:
        raise HTTPNotFound
    return int(text)


def _number_or_none(text: str | None) -> int | None:
    if not text:
        return None
    if len(text) > _LONGEST_NUMBER or not text.isascii() or not text.isdecimal():
        raise HTTPBadRequest(plain(_("A number is needed.")))
    return int(text)


def _query(request: Request) -> str:
    return str(request.GET.get("q", "")).strip()[:_LONGEST_QUERY]


def _suffix(query: str) -> str:
    return f"?{urlencode({'q': query})}" if query else ""


# What cannot be shown


def _show_http_error(error: HTTPException, request: Request) -> Response:
    if error.status_code < 400:
        return error
    text = _("There is nothing here.") if isinstance(error, HTTPNotFound) else error.detail or error.title
    return _error_page(request, error.status_code, text)


def _show_not_found(error: NotFound, request: Request) -> Response:
    return _error_page(request, HTTPNotFound.code, error.message)


def _show_fault(error: Exception, request: Request) -> Response:
    _log.error("the page %s failed", request.path, exc_info=error)
    return _error_page(request, 500, _("Something went wrong here. The program's log says more."))


def _error_page(request: Request, status: int, said: Text) -> Response:
    text = request.localizer.translate(said)
    if "text/html" not in request.headers.get("Accept", ""):
        problem = {"type": "about:blank", "title": text, "status": status}
        return Response(json_body=problem, status=status, content_type="application/problem+json")
    response = render_to_response(
        "mailhub.capture:templates/error.jinja2", {"text": text, "q": "", "suffix": ""}, request=request
    )
    response.status = status
    return response
