"""Users and groups of an import. Nobody gets a password: it is reset by hand, and shown once."""

from collections.abc import Sequence
from functools import partial

from mailhub.contract.texts import _
from mailhub.people.model import Group, User, groups_of, users_of
from mailhub.people.service import GroupsService, UsersService

from .context import ImportContext, Item, differing, places

FIELDS = ("name", "contact_email", "kind", "is_licensed", "language", "time_zone", "is_active")


def apply_users(context: ImportContext, items: Sequence[Item]) -> None:
    """Users are known by their logins."""
    for pointer, item in places("users", items):
        user = users_of(context.hub).find_by_login(item["login"])
        if user is None:
            context.of(pointer, partial(_create_user, context, item))
        else:
            context.of(pointer, partial(_change_user, context, user, item))


def _create_user(context: ImportContext, item: Item) -> None:
    made = context.service(UsersService).create_user({**item, "password": None})
    made.user.password_hash = None  # nobody is told the one that was made up
    context.created("user", item["login"])
    text = _("Has no password: mailhub user reset-password ${login}", mapping={"login": item["login"]})
    context.note("user", item["login"], text)


def _change_user(context: ImportContext, user: User, item: Item) -> None:
    values = differing(item, user, FIELDS)
    if set(item["permission_sets"]) != set(user.permission_sets):
        values["permission_sets"] = item["permission_sets"]
    if values:
        context.service(UsersService).change_user(user.id, values)
        context.changed("user", user.login)


def apply_groups(context: ImportContext, items: Sequence[Item]) -> None:
    """Groups are known by their names."""
    by_name = {group.name.casefold(): group for group in groups_of(context.hub).iter_newest_first()}
    for pointer, item in places("groups", items):
        group = by_name.get(item["name"].casefold())
        context.of(pointer, partial(_apply_group, context, group, item))


def _apply_group(context: ImportContext, group: Group | None, item: Item) -> None:
    service = context.service(GroupsService)
    if group is None:
        service.create_group(item)
        context.created("group", item["name"])
        return
    before = group.revision
    service.change_group(group.id, item)
    if group.revision != before:
        context.changed("group", item["name"])
