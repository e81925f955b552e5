"""Sends mail by pigeon; a plugin for tests of forms."""
