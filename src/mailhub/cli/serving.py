"""``mailhub serve``: web application, API and delivery in one process."""

import argparse
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Condition, Thread
from typing import Any, TextIO

from waitress import wasyncore
from waitress.server import create_server

from mailhub.app import Hub
from mailhub.contract.texts import Text, _
from mailhub.errors import HubError
from mailhub.settings import Settings
from mailhub.signals import until_signalled
from mailhub.store.problems import DatabaseLocked
from mailhub.telemetry.logging import configured_logging

from .client import LOCAL_SOCKET
from .exits import CONFLICT, DONE, FAILED, CommandEnded
from .opening import is_running, open_hub
from .settings import load_settings, socket_path

logger = logging.getLogger(__name__)

COMMAND_THREADS = 4
DRAIN_SECONDS = 10.0
STARTING_SECONDS = 5.0
OVERHEAD_BYTES = 1024 * 1024


def serve(settings: Settings, out: TextIO, started: Callable[[Hub, str], None] | None = None) -> int:
    """Run a hub until SIGTERM or SIGINT; the exit code. ``started`` is called when it accepts calls."""
    with configured_logging(settings, sys.stderr):
        return _serve(settings, out, started)


def _serve(settings: Settings, out: TextIO, started: Callable[[Hub, str], None] | None) -> int:
    hub = _opened(settings)
    try:
        with until_signalled() as stopped:
            servers = _servers(hub)
            try:
                if settings.delivery_embedded:
                    hub.start_delivery()
                hub.start_background()
                for server in servers:
                    server.start()
                _announce(out, servers[0].url)
                if started is not None:
                    started(hub, servers[0].url)
                stopped.wait()
            finally:
                for server in servers:
                    server.stop()
    finally:
        hub.close()
    return DONE


def _announce(out: TextIO, url: str) -> None:
    out.write(f"listening on {url}\n")
    out.flush()


def _opened(settings: Settings) -> Hub:
    if is_running(socket_path(settings)):
        raise CommandEnded(_already_running(settings), CONFLICT)
    try:
        # a command that runs just now ends soon
        return open_hub(settings, wait_seconds=STARTING_SECONDS)
    except DatabaseLocked as error:
        raise CommandEnded(error.message, CONFLICT) from error
    except HubError as error:
        raise CommandEnded(error.message, FAILED) from error


def _already_running(settings: Settings) -> Text:
    return _(
        "A hub is running on ${data} already. One database takes one process.",
        mapping={"data": settings.data_dir},
    )


def _servers(hub: Hub) -> "list[HttpServer]":
    application = hub.wsgi_app()
    settings = hub.settings
    over_tcp = HttpServer(
        _without_local_claim(application),
        settings,
        threads=settings.http_threads,
        host=settings.http_host,
        port=settings.http_port,
    )
    try:
        over_socket = HttpServer(
            _with_local_claim(application),
            settings,
            threads=COMMAND_THREADS,
            unix_socket=str(socket_path(settings)),
            unix_socket_perms="600",
        )
    except BaseException:
        over_tcp.stop()
        raise
    return [over_tcp, over_socket]


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


class HttpServer:
    """A waitress server in a thread of its own, which can be stopped gracefully."""

    def __init__(self, application: Any, settings: Settings, **options: Any) -> None:
        self._map: dict[int, Any] = {}
        try:
            self._server: Any = create_server(application, map=self._map, **_common(settings), **options)
        except OSError as error:
            raise CommandEnded(_cannot_listen(options, error), FAILED) from error
        self._socket = Path(options["unix_socket"]) if "unix_socket" in options else None
        self._thread = Thread(target=self._server.run, name="http", daemon=True)

    @property
    def url(self) -> str:
        host = self._server.effective_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.effective_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take no new connection, let the calls in hand end, close the rest."""
        self._server.trigger.pull_trigger(lambda: wasyncore.dispatcher.close(self._server))
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=DRAIN_SECONDS)
        if self._thread.is_alive():
            self._flush()
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._map, ignore_all=True))
            self._thread.join(DRAIN_SECONDS)
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)

    def _flush(self) -> None:
        """Give the last answers a moment to leave."""
        pause = Condition()
        with pause:
            for _turn in range(20):
                if not any(each.total_outbufs_len for each in list(self._server.active_channels.values())):
                    return
                pause.wait(0.05)


def _common(settings: Settings) -> dict[str, Any]:
    trusted = {"trusted_proxy": settings.http_trusted_proxy} if settings.http_trusted_proxy else {}
    if trusted:
        trusted["trusted_proxy_headers"] = "x-forwarded-for x-forwarded-proto x-forwarded-host"
    largest = max(settings.message_max_attachment_bytes, settings.http_max_json_bytes)
    return {
        "ident": None,
        "clear_untrusted_proxy_headers": True,
        "max_request_body_size": largest + OVERHEAD_BYTES,
        **trusted,
    }


def _cannot_listen(options: dict[str, Any], error: OSError) -> Text:
    where = options.get("unix_socket") or f"{options.get('host')}:{options.get('port')}"
    return _(
        "mailhub cannot listen on ${where}: ${reason}. Choose another address by --host and --port.",
        mapping={"where": where, "reason": error.strerror or str(error)},
    )


def run(args: argparse.Namespace) -> int:
    """The command."""
    settings = load_settings(args.config, args.data)
    if args.host is not None or args.port is not None:
        settings = with_address(settings, args.host, args.port)
    return serve(settings, sys.stdout)


def with_address(settings: Settings, host: str | None, port: int | None) -> Settings:
    changes: dict[str, Any] = {"http_host": host, "http_port": port}
    return replace(settings, **{name: value for name, value in changes.items() if value is not None})
