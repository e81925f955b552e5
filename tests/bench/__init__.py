"""Figures, each printed with what it is held against: ``make bench``. Not part of the tests."""
