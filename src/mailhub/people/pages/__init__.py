"""Pages about oneself: signing in and out, profile, password, sessions."""

from . import signing_in

MODULES = (signing_in,)
