"""The plugin host: loads what is installed, keeps one plugin's mistakes from the rest, and gives typed look-up."""

from .candidates import EntryPointLike
from .host import PluginHost
from .loading import load_plugins
from .report import PluginReport

__all__ = ["EntryPointLike", "PluginHost", "PluginReport", "load_plugins"]
