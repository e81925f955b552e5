"""Pages of scenarios: which account sends what, administrators' own scenarios, and the files that scenarios add."""

from . import adding, assigning, changing_file, deleting, files, listing, showing

MODULES = (listing, adding, assigning, showing, deleting, files, changing_file)
