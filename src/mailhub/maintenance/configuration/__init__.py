"""The configuration as one readable file: written, and taken in again."""

from .exporting import ConfigurationExport
from .importing import ConfigurationImport

__all__ = ["ConfigurationExport", "ConfigurationImport"]
