"""Bring docs/reference/permissions.md up to date with permissions and calls; ``--check`` changes nothing."""

import sys
from collections.abc import Iterator, Mapping

from mailhub.people.permissions import ON_BEHALF_SCOPE, PERMISSION_SETS, SCOPES, Permission
from tools.endpoints import mounted, shown
from tools.pages import REFERENCE, Pages, bring_up_to_date, code, codes, table

PAGE = REFERENCE / "permissions.md"

MEANINGS: Mapping[Permission, str] = {
    Permission.PUBLIC: "Anybody, without a token.",
    Permission.SELF: "Everybody who is signed in, about himself.",
    Permission.MESSAGES_READ: "Read messages that one's view policy shows: today one's own.",
    Permission.MESSAGES_WRITE: "Send, cancel and retry messages.",
    Permission.UPLOADS_WRITE: "Send files ahead of messages.",
    Permission.ACCOUNTS_STATE_READ: "See which accounts there are and how they are.",
    Permission.ACCOUNTS_READ: "See accounts with their settings (never their secrets).",
    Permission.SETUP_READ: "See connectors and scenarios.",
    Permission.SETUP_WRITE: "Change accounts and scenarios; test accounts.",
    Permission.ACCOUNTS_OPERATE: "Pause and resume accounts, see their queues, see plugins.",
    Permission.OPERATIONS: "Operate the hub: see what happens to everybody's mail, without its content.",
    Permission.PEOPLE_ADMIN: "Manage users, groups, the company, and everybody's tokens.",
}

HEAD = """\
# Permissions

<!-- written by `make reference` from src/mailhub/people/permissions.py and the declared calls; do not edit -->

Every call of the API names exactly one permission. A user has the permissions of his permission sets; a token keeps, of
what its user may do, what its scopes name, and can add nothing. The user that `mailhub init` makes holds all sets. Without
the permission a call is 403 `permission.denied`; what exists and may not be seen is 404. A token may also be bound to
scenarios, accounts, client networks and an expiry.
"""


def expected() -> Pages:
    """The page, as it should be."""
    return {PAGE: "".join(_parts())}


def _parts() -> Iterator[str]:
    yield HEAD
    yield "\n## Permissions and their calls\n\nPaths are below `/api/v1` unless they begin with `/health`.\n\n"
    yield table(["permission", "lets one", "calls"], map(_permission, Permission))
    yield "\n## Permission sets\n\n"
    rows = ([code(name), _granted(granted)] for name, granted in PERMISSION_SETS.items())
    yield table(["set", "permissions"], rows)
    yield "\n`self` belongs to everybody who is signed in.\n\n## Scopes of tokens\n\n"
    yield table(["scope", "keeps"], ([code(name), _granted(kept)] for name, kept in SCOPES.items()))
    yield (
        "\nA token without scopes (`null`) keeps all of its user's permissions. "
        f"`{ON_BEHALF_SCOPE}` is never part of that: it lets a service name a user as the owner of a message "
        "([how](../how-to/on-behalf.md)), and only `email-admin` grants it.\n"
    )


def _permission(permission: Permission) -> list[str]:
    calls = (shown(each) for each in mounted() if each.permission is permission)
    return [code(permission), MEANINGS[permission], codes(calls) or "none yet"]


def _granted(permissions: frozenset[Permission]) -> str:
    return codes(each for each in Permission if each in permissions) or "nothing by itself"


if __name__ == "__main__":
    sys.exit(bring_up_to_date(__doc__ or "", expected))
