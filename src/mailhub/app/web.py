"""The web application of a hub: the API's calls and the pages of every subject, mounted on Pyramid."""

from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pyramid.config import Configurator

from mailhub.accounts import api as accounts_api
from mailhub.accounts import pages as accounts_pages
from mailhub.company import api as company_api
from mailhub.composing import pages as composing_pages
from mailhub.http.limiting import CallLimiter
from mailhub.http.locale import LANGUAGES, include_texts
from mailhub.http.mount import mount_api
from mailhub.http.paging import CursorSeal
from mailhub.http.parts import ApiParts
from mailhub.maintenance import api as maintenance_api
from mailhub.messages import api as messages_api
from mailhub.messages import pages as messages_pages
from mailhub.people import api as people_api
from mailhub.people import pages as people_pages
from mailhub.people.identity import HUB
from mailhub.people.service import Authenticator, SignInService
from mailhub.pluginhost import api as plugins_api
from mailhub.scenarios import api as scenarios_api
from mailhub.scenarios import pages as scenarios_pages
from mailhub.services import Work
from mailhub.store.root import HubRoot
from mailhub.telemetry import api as health_api
from mailhub.telemetry import pages as home_pages
from mailhub.uploads import api as uploads_api
from mailhub.web.assets import Assets, own_bundles
from mailhub.web.mount import mount_pages
from mailhub.web.parts import WebParts

from .navigation import NAVIGATION

if TYPE_CHECKING:
    from .hub import Hub

API_MODULES = (
    plugins_api,
    *people_api.MODULES,
    uploads_api,
    company_api,
    accounts_api,
    *scenarios_api.MODULES,
    *messages_api.MODULES,
    health_api,
    maintenance_api,
)

PAGE_MODULES = (
    home_pages,
    *people_pages.MODULES,
    *messages_pages.MODULES,
    *composing_pages.MODULES,
    *accounts_pages.MODULES,
    *scenarios_pages.MODULES,
)
PAGE_API_MODULES = (uploads_api,)
"""Calls that scripts of the pages use too."""


def make_wsgi_app(hub: "Hub") -> Any:
    """Raises what ``mount_api`` raises for a declaration that cannot be described."""
    config = Configurator()
    include_texts(config, [each.text_folder for each in hub.plugins.plugins if each.text_folder])
    parts = api_parts(hub)
    mount_api(config, parts, API_MODULES)
    config.registry[health_api.HEALTH] = hub.health
    mount_pages(config, web_parts(hub, parts), PAGE_MODULES, PAGE_API_MODULES)
    return config.make_wsgi_app()


def api_parts(hub: "Hub") -> ApiParts:
    """What the shell of the API needs of this hub."""
    with hub.database.reading() as root:
        cursor_key: bytes = root.cursor_key
    return ApiParts(
        database=hub.database,
        runner=hub.writer,
        clock=hub.clock,
        services=hub.services,
        token_checker=_token_checker(hub),
        entropy=hub.entropy,
        cursors=CursorSeal(cursor_key),
        settings_schemas={kind.id: kind.settings_schema for kind in hub.plugins.connectors.values()},
        languages=LANGUAGES,
        max_json_bytes=hub.settings.http_max_json_bytes,
        limiter=_limiter(hub),
    )


def web_parts(hub: "Hub", parts: ApiParts) -> WebParts:
    """What the shell of the pages needs of this hub."""

    def note_use(text: str) -> None:
        def note(work: Work) -> None:
            service = work.service(SignInService)
            found = service.find(text, "")
            if found is not None:
                service.note_use(found.session)

        hub.run(note, "session in use")

    return WebParts(
        api=parts,
        key=parts.cursors.key,
        note_use=note_use,
        session_checker=lambda root: Work(hub.services, root, HUB).service(SignInService),
        assets=Assets(own_bundles()),
        navigation=NAVIGATION,
        version=version("mailhub"),
        environment=hub.settings.environment,
        plain_http_on_loopback=hub.settings.pages_plain_http == "loopback",
    )


def _token_checker(hub: "Hub") -> Callable[[HubRoot], Authenticator]:
    return lambda root: Authenticator(root, hub.clock, hub.hasher)


def _limiter(hub: "Hub") -> CallLimiter | None:
    calls = hub.settings.http_calls_per_minute
    return CallLimiter(hub.clock, calls) if calls else None
