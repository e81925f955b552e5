"""The kit for whoever writes a plugin: contract suites, fakes and factories. Nothing in the hub imports it.

``connector_contract.ConnectorContract`` (and ``policy_contract``, ``renderer_contract``) are suites of tests that a
plugin's own tests inherit. The modules that need pytest are those and ``pytest_plugin``.
"""

from .clock import FakeClock
from .context import RecordingContext
from .entropy import FakeEntropy
from .fake_connector import fake_connector_type
from .fake_provider import FakeProvider
from .messages import BytesContent, GeneratedContent, make_attachment, make_message
from .network import FakeNetwork, LoopbackNetwork
from .received import ReceivedMail

__all__ = [
    "BytesContent",
    "FakeClock",
    "FakeEntropy",
    "FakeNetwork",
    "FakeProvider",
    "GeneratedContent",
    "LoopbackNetwork",
    "ReceivedMail",
    "RecordingContext",
    "fake_connector_type",
    "make_attachment",
    "make_message",
]
