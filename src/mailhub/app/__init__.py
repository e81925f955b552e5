"""The composition root: puts a hub together, for the web, the command line and tests alike.

Nothing else knows how the parts are made; there are no globals, and importing this does nothing.
"""

import atexit
import os
from typing import Any

from mailhub.settings import Settings

from .hub import Hub, Surroundings

__all__ = ["Hub", "Surroundings", "main"]


def main(_global_config: dict[str, str], **ini: str) -> Any:
    """The entry point of ``pserve`` (paste.app_factory): a hub that must have been set up by ``mailhub init``."""
    hub = Hub.open(Settings.load(ini, os.environ))
    if hub.settings.delivery_embedded:
        hub.start_delivery()
    hub.start_background()
    atexit.register(hub.close)
    return hub.wsgi_app()
