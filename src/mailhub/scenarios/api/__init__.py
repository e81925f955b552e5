"""Calls about scenarios (api.md, "Scenarios")."""

from . import attachments, explaining, scenarios

MODULES = (scenarios, attachments, explaining)
"""Where they are declared, in the order of the reference."""
