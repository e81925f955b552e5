"""Calls about people (api.md, "Policies, people, records")."""

from . import groups, me, sessions, tokens, users

MODULES = (users, groups, tokens, me, sessions)
"""Where they are declared, in the order of the reference."""
