"""Bringing stored data from one form to the next (design decision 15)."""
