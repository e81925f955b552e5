"""``mailhub serve``: web application, API and delivery in one process."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any, TextIO

from mailhub.contract.texts import _
from mailhub.settings import Settings
from mailhub.signals import until_signalled
from mailhub.telemetry.logging import configured_logging

from .client import LOCAL_SOCKET
from .exits import CONFLICT, DONE, CommandEnded
from .http_server import HttpServer
from .opening import open_unless_running
from .settings import load_settings, socket_path

if TYPE_CHECKING:
    from mailhub.app import Hub

COMMAND_THREADS = 4

Started = Callable[["Hub", str], None]
"""Called with the hub and its address when it accepts calls."""


def serve(
    settings: Settings, out: TextIO, stopped: Event, *, as_json: bool = False, started: Started | None = None
) -> int:
    """Run a hub until the event is set; the exit code. Raises ``CommandEnded``."""
    with configured_logging(settings, sys.stderr):
        hub = open_unless_running(settings, must_end=stopped.is_set)
        if hub is None:
            if stopped.is_set():
                return DONE
            raise already_running(settings)
        try:
            servers = _servers(hub)
            try:
                _start(hub, servers)
                _announce(out, hub, servers[0].url, as_json=as_json)
                _serve(hub, servers[0].url, stopped, started)
            finally:
                _stop(servers)
        finally:
            hub.close()
    return DONE


def _serve(hub: "Hub", url: str, stopped: Event, started: Started | None) -> None:
    if started is not None and not stopped.is_set():
        started(hub, url)
    stopped.wait()


def _start(hub: "Hub", servers: "tuple[HttpServer, ...]") -> None:
    if hub.settings.delivery_embedded:
        hub.start_delivery()
    hub.start_background()
    for server in servers:
        server.start()


def _stop(servers: "tuple[HttpServer, ...]") -> None:
    for server in servers:
        server.stop_listening()
    for server in servers:
        server.stop()


def _announce(out: TextIO, hub: "Hub", url: str, *, as_json: bool) -> None:
    where = {"url": url, "socket": str(socket_path(hub.settings)), "data": str(hub.data_dir)}
    out.write(f"{json.dumps(where)}\n" if as_json else f"listening on {url}\n")
    out.flush()


def already_running(settings: Settings) -> CommandEnded:
    """Why a second hub cannot start."""
    text = _(
        "A hub is running on ${data} already. One database takes one process.",
        mapping={"data": settings.data_dir},
    )
    return CommandEnded(text, CONFLICT)


def _servers(hub: "Hub") -> tuple[HttpServer, ...]:
    """The first is the one that the world sees."""
    application, settings = hub.wsgi_app(), hub.settings
    over_tcp = HttpServer(
        _without_local_claim(application),
        settings,
        threads=settings.http_threads,
        host=settings.http_host,
        port=settings.http_port,
    )
    try:
        over_socket = HttpServer(
            _with_local_claim(application), settings, threads=COMMAND_THREADS, socket=socket_path(settings)
        )
    except BaseException:
        over_tcp.stop()
        raise
    return over_tcp, over_socket


def _with_local_claim(application: Any) -> Any:
    """Whoever can open the socket file owns the data: its mode is the check."""

    def claimed(environ: dict[str, Any], start_response: Any) -> Any:
        environ[LOCAL_SOCKET] = True
        return application(environ, start_response)

    return claimed


def _without_local_claim(application: Any) -> Any:
    def unclaimed(environ: dict[str, Any], start_response: Any) -> Any:
        environ.pop(LOCAL_SOCKET, None)
        return application(environ, start_response)

    return unclaimed


def run(args: argparse.Namespace) -> int:
    """The command."""
    settings = with_address(load_settings(args.config, args.data), args.host, args.port)
    with until_signalled() as stopped:
        return serve(settings, sys.stdout, stopped, as_json=args.json)


def with_address(settings: Settings, host: str | None, port: int | None) -> Settings:
    """The settings with another address to listen on, where one is given."""
    changes: dict[str, Any] = {"http_host": host, "http_port": port}
    return replace(settings, **{name: value for name, value in changes.items() if value is not None})
