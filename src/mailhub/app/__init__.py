"""The composition root: puts a hub together, for the web, the command line and tests alike.

Nothing else knows how the parts are made; there are no globals, and importing this does nothing.
"""

import atexit
import os
from typing import Any

from mailhub.settings import Settings
from mailhub.signals import exit_at_sigterm

from .hub import Hub, Surroundings

__all__ = ["Hub", "Surroundings", "main"]


def main(_global_config: dict[str, str], **ini: str) -> Any:
    """The entry point of ``pserve`` (paste.app_factory): a hub that must have been set up by ``mailhub init``.

    It is closed when the process exits, also at SIGTERM, unless the server has its own handler of that.
    """
    exit_at_sigterm()
    hub = Hub.open(Settings.load(ini, os.environ))
    if hub.settings.delivery_embedded:
        hub.start_delivery()
    hub.start_background()
    atexit.register(hub.close)
    return hub.wsgi_app()
