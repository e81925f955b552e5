"""What a plugin author sees of mailhub, versioned by semantic versioning: ``CONTRACT_VERSION``.

Imports the standard library, pluggy, colander and translationstring only, so that a plugin can be written, typed and
tested against it alone.
"""

from .body import BodyRenderer, RenderedBody, RendererType
from .clock import Clock
from .connector import (
    Capabilities,
    Connector,
    ConnectorType,
    HostAddress,
    Network,
    Preset,
    SendingSession,
    SessionContext,
    Settings,
    SettingsNotice,
    Step,
)
from .errors import (
    AuthenticationFailed,
    DeliveryError,
    Misconfigured,
    Permanent,
    Refusal,
    Throttled,
    Transient,
    Uncertain,
)
from .events import (
    AccountDeleted,
    AttachedFile,
    DefaultAttachment,
    MessageChanges,
    MessageEvent,
    TestMailRequest,
)
from .hookspecs import hookimpl
from .message import Address, Attachment, Content, MimeForm, OutgoingMessage, Recipient, WireOptions
from .outcome import RecipientOutcome, SendOutcome
from .policy import PolicyEvaluator, PolicyType, RecordRef, Viewer
from .scenario import ScenarioSpec
from .sender import SenderSettings, UncertainSettings

CONTRACT_VERSION = "1.0"

__all__ = [
    "CONTRACT_VERSION",
    "AccountDeleted",
    "Address",
    "AttachedFile",
    "Attachment",
    "AuthenticationFailed",
    "BodyRenderer",
    "Capabilities",
    "Clock",
    "Connector",
    "ConnectorType",
    "Content",
    "DefaultAttachment",
    "DeliveryError",
    "HostAddress",
    "MessageChanges",
    "MessageEvent",
    "MimeForm",
    "Misconfigured",
    "Network",
    "OutgoingMessage",
    "Permanent",
    "PolicyEvaluator",
    "PolicyType",
    "Preset",
    "Recipient",
    "RecipientOutcome",
    "RecordRef",
    "Refusal",
    "RenderedBody",
    "RendererType",
    "ScenarioSpec",
    "SendOutcome",
    "SenderSettings",
    "SendingSession",
    "SessionContext",
    "Settings",
    "SettingsNotice",
    "Step",
    "TestMailRequest",
    "Throttled",
    "Transient",
    "Uncertain",
    "UncertainSettings",
    "Viewer",
    "WireOptions",
    "hookimpl",
]
