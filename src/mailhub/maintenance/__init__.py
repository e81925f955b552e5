"""Maintenance: packing, checking, a new secret key, the configuration as a file, steps of evolution."""
