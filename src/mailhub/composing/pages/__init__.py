"""Pages on which people write messages: the sheet, what keeps it as a draft, and what sends it."""

from . import discarding, keeping, sending, sheet

MODULES = (sheet, keeping, sending, discarding)
