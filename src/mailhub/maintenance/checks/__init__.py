"""What ``mailhub check`` looks for: in the database as a whole, in the mail, in the set-up."""

from .whole import WholeCheck

__all__ = ["WholeCheck"]
