"""Pages about oneself: signing in and out, profile, password, sessions."""

from . import me, signing_in

MODULES = (signing_in, me)
