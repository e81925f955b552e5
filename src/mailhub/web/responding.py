"""Answers of views as HTTP responses: templates filled within their frame, cookies set, notices carried on."""

from typing import Any
from urllib.parse import quote

from pyramid.response import Response

from .answers import Answer, Fragment, Raw, Redirect, Shown
from .cookies import GUEST, NOTICES, SESSION
from .frame import Frame, NavItem, nav_items
from .notices import Notice, packed, unpacked
from .parts import WebParts
from .rendering import Templates
from .request import PageRequest


class PageResponse(Response):
    """A response whose Location stays the path it is: no Host header of a caller gets into it (ASVS V4.1.3)."""

    @staticmethod
    def _make_location_absolute(_environ: dict[str, Any], value: str) -> str:
        return value


class Responder:
    """Makes responses. Nothing that it answers may be kept by a cache: all of it is somebody's."""

    def __init__(self, parts: WebParts, templates: Templates) -> None:
        self._parts = parts
        self._templates = templates

    def response_of(self, answer: Answer, request: PageRequest) -> Response:
        response = self._made(answer, request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.update(answer.headers)
        self._set_cookies(answer, request, response)
        return response

    def _made(self, answer: Answer, request: PageRequest) -> Response:
        match answer:
            case Redirect():
                return self._redirect(answer, request)
            case Raw(body=bytes(body)):
                return PageResponse(body=body, status=answer.status, content_type=answer.content_type)
            case Raw():
                return PageResponse(
                    app_iter=answer.body, status=answer.status, content_type=answer.content_type
                )
            case Fragment():
                text = self._templates.render(answer.template, answer.values, request, None)
            case Shown():
                frame = self._frame(answer, request)
                text = self._templates.render(answer.template, answer.values, request, frame)
        return PageResponse(
            body=text.encode("utf-8", "replace"),
            status=answer.status,
            content_type="text/html",
            charset="utf-8",
        )

    @staticmethod
    def _redirect(answer: Redirect, request: PageRequest) -> Response:
        # a header holds nothing but ASCII; what is escaped already stays so
        path = quote(answer.path, safe="/?#[]@!$&'()*+,;=:%~", errors="replace")
        if request.is_htmx:
            # a script would follow a 303 by itself and put the page where a part of one belongs
            return PageResponse(status=204, headerlist=[("HX-Redirect", path)])
        return PageResponse(status=303, headerlist=[("Location", path)])

    def _frame(self, answer: Shown, request: PageRequest) -> Frame:
        user = request.user
        return Frame(
            title=request.translated(answer.title),
            crumbs=[(request.translated(title), url) for title, url in answer.crumbs],
            nav=self._nav(request),
            notices=[*self._carried(request), *request.notices],
            user_name=None if user is None else user.name or user.login,
            login=None if user is None else user.login,
            locale=request.locale,
            theme="system" if user is None else user.theme,
            csrf_token=request.csrf_token,
            path=request.url_path,
            version=self._parts.version,
            environment=self._parts.environment,
            languages=self._parts.api.languages,
        )

    def _nav(self, request: PageRequest) -> list[NavItem]:
        if request.user is None or request.user.must_change_password:
            return []
        path = request.url_path.partition("?")[0]
        return [
            NavItem(
                request.translated(each.title), each.url, each.icon, is_at, request.translated(each.group)
            )
            for each, is_at in nav_items(self._parts.navigation, request.identity, path)
        ]

    def _carried(self, request: PageRequest) -> list[Notice]:
        return unpacked(request.cookies.get(NOTICES), self._parts.key)

    def _set_cookies(self, answer: Answer, request: PageRequest, response: Response) -> None:
        cookies = request.cookies
        if isinstance(answer, Redirect) and request.notices:
            carried = [*self._carried(request), *request.notices]
            cookies.set(response, NOTICES, packed(carried, self._parts.key), max_age_seconds=60)
        elif isinstance(answer, Shown):
            cookies.remove(response, NOTICES)
        if (guest := getattr(request.pyramid, "new_guest", None)) is not None:
            cookies.set(response, GUEST, guest)
        if request.new_session is not None:
            cookies.set(response, SESSION, request.new_session)
            cookies.remove(response, GUEST)
        elif request.is_session_over:
            cookies.remove(response, SESSION)
