"""The hooks. Few, and most are called once at start and only return descriptors; the objects do the work.

Names are ``mailhub_<verb>_<noun>``. ``register_`` collects at start; ``choose_``: the first answer that is not None
wins; ``change_`` may alter what it is given; ``filter_`` may take away; ``check_`` may refuse; ``on_`` is told.
All hooks are called one plugin at a time, the plugin loaded last first (pluggy's order; ``tryfirst`` and ``trylast`` are
obeyed), and every call is guarded on its own: what one plugin raises never keeps the next from being called. The
docstrings say when a hook is called, how often, what None means and what an error does.

Hooks are plain functions: not asynchronous, no wrappers, generators only where an iterable is returned. They may leave
out arguments, but not ask for others. A function named ``mailhub_...`` without the marker, or with a name that is not
here (unless marked ``optionalhook=True``, for hooks of newer hubs), makes the plugin ``failed``.

A plugin is a module named by an entry point of group ``mailhub``::

    from mailhub.contract import hookimpl

    @hookimpl
    def mailhub_register_connectors():
        return [MY_CONNECTOR]
"""

from collections.abc import Iterable, Sequence

import pluggy

from .body import RendererType
from .connector import ConnectorType
from .events import AccountDeleted, DefaultAttachment, MessageChanges, MessageEvent, TestMailRequest
from .message import Address
from .policy import PolicyType
from .scenario import ScenarioSpec
from .texts import Text

PROJECT = "mailhub"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def mailhub_register_connectors() -> Iterable[ConnectorType] | None:
    """The kinds of account this plugin brings.

    Called once, when the plugin is loaded. None: it brings none. An id that another plugin has already taken, or an
    exception, makes the whole plugin ``failed``: nothing of it is used, the reason is shown.
    """


@hookspec
def mailhub_register_scenarios() -> Iterable[ScenarioSpec] | None:
    """The scenarios this plugin brings.

    Called once, when the plugin is loaded. None: it brings none. A clash of ids or an exception makes the plugin
    ``failed``. When the plugin is uninstalled, its assignments stay stored and come back with it.
    """


@hookspec
def mailhub_register_policies() -> Iterable[PolicyType] | None:
    """The view policies this plugin brings.

    Called once, when the plugin is loaded. None: it brings none. A clash of ids or an exception makes the plugin
    ``failed``; whoever has a policy that is not installed sees his own mail only.
    """


@hookspec
def mailhub_register_renderers() -> Iterable[RendererType] | None:
    """The kinds of layout this plugin can render.

    Called once, when the plugin is loaded. None: it brings none. A clash of ids or an exception makes the plugin
    ``failed``.
    """


@hookspec(firstresult=True)
def mailhub_choose_test_body(request: TestMailRequest) -> str | None:
    """Another HTML body for the test mail of an account (TM3).

    Called once per test mail, before it is made. None: no opinion. The first plugin that answers wins. An exception is
    logged and counts as None.
    """


@hookspec
def mailhub_check_address(address: Address) -> Text | None:
    """Refuse an address that is well formed but not wanted (AD4).

    Called for every recipient and sender of a message when it is validated, often: answer from memory. None: it may
    pass. A text, or ``Refusal`` raised: the reason, shown at the field with code ``address.invalid``. Any other exception
    is logged and counts as None, so that a broken check does not stop a company's mail.
    """


@hookspec
def mailhub_change_message(message: MessageChanges) -> None:
    """Change a message before it is queued (before-send, S3), or refuse it by raising ``Refusal``.

    Called when a message is sent, or tried by a dry run, once its account, its sender and everything that will be
    attached are known; never for a draft. What it changed is validated again. ``Refusal`` becomes a 422 with its
    sentence; any other exception refuses the message with ``plugin.failed``, because half a change must not go out.
    """


@hookspec
def mailhub_filter_default_attachments(
    scenario: str, attachments: Sequence[DefaultAttachment]
) -> Iterable[str] | None:
    """Take files out of a scenario's default attachments for this message.

    Called when a message with default attachments is sent, tried (dry run) or made a draft, again where it is composed
    anew, and when somebody asks what a message of the scenario would get (explain): it must only look. Returns the ids
    to keep; None: keep all. Plugins are asked one after another, each with what the ones before left. ``Refusal`` becomes
    a 422 with its sentence; any other exception refuses the message with ``plugin.failed``: a missing attachment is worse
    than a refused mail (SM8).
    """


@hookspec
def mailhub_on_message_sent(event: MessageEvent) -> None:
    """A message was sent: at least one recipient accepted it.

    Called after the commit, at least once per message (again after a crash in between), in a thread of its own. The
    result is ignored, an exception is logged. A call that takes longer than 30 seconds
    (``mailhub.plugins.notify_seconds``) is given up, and this plugin is told of nothing more until the hub is restarted;
    the plugins page says so. Its hooks that are asked (``choose_``, ``check_``, ``change_``, ``filter_``) go on being
    called, because leaving them out would change what goes out.
    """


@hookspec
def mailhub_on_message_failed(event: MessageEvent) -> None:
    """A message failed for good: no attempt is left. Called as ``mailhub_on_message_sent`` is."""


@hookspec
def mailhub_on_account_deleted(event: AccountDeleted) -> None:
    """An account was deleted; clean up what belongs to it elsewhere. Called as ``mailhub_on_message_sent`` is."""
