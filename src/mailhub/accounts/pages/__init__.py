"""Pages of e-mail accounts: the list, adding one, looking at one, changing, trying out, deleting."""

from . import adding, deleting, editing, listing, showing, trying

MODULES = (listing, adding, showing, editing, trying, deleting)
