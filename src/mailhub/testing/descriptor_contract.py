"""The part of the connector suite that looks at the descriptor and its settings schema."""

import re
import struct
from typing import get_args
from xml.etree import ElementTree as ET

import colander
import pytest

from mailhub.contract.texts import plain
from mailhub.http.json_schema import Use, json_schema_of
from mailhub.pluginhost.descriptors import ID, checked
from mailhub.pluginhost.settings_schema import iter_faults, iter_nodes

from .connector_case import ConnectorCase

SECRET_NAME = re.compile(r"(^|_)(password|passphrase|secret|token|private_key|api_key)$")
PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}svg"


class DescriptorContract:
    """Inherited by ``ConnectorContract``."""

    def test_the_host_takes_the_descriptor(self, connector_case: ConnectorCase) -> None:
        assert checked(type(connector_case.type), [connector_case.type], None) == (connector_case.type,)
        assert ID.fullmatch(connector_case.type.id)

    def test_the_description_says_what_it_is_and_when_to_use_it(self, connector_case: ConnectorCase) -> None:
        for text in (
            connector_case.type.title,
            connector_case.type.description,
            connector_case.type.use_when,
        ):
            assert plain(text).strip()

    def test_the_logo_is_a_picture_that_runs_nothing(self, connector_case: ConnectorCase) -> None:
        logo = connector_case.type.logo
        if logo.startswith(PNG):
            width, height = struct.unpack(">II", logo[16:24])
            assert width > 0
            assert height > 0
            return
        root = ET.fromstring(logo)
        assert root.tag == SVG
        for element in root.iter():
            assert "script" not in element.tag
            assert not [name for name in element.attrib if name.lower().startswith("on")]

    def test_the_settings_schema_is_made_anew_at_every_call(self, connector_case: ConnectorCase) -> None:
        assert connector_case.type.settings_schema() is not connector_case.type.settings_schema()

    def test_the_settings_schema_holds_only_what_every_door_knows(
        self, connector_case: ConnectorCase
    ) -> None:
        assert list(iter_faults(connector_case.type.settings_schema())) == []

    @pytest.mark.parametrize("use", get_args(Use))
    def test_the_api_and_its_document_can_be_made_of_the_settings_schema(
        self, connector_case: ConnectorCase, use: Use
    ) -> None:
        described = json_schema_of(connector_case.type.settings_schema(), use)
        assert described["type"] == "object"

    def test_settings_have_titles_that_people_can_read(self, connector_case: ConnectorCase) -> None:
        for path, node in iter_nodes(connector_case.type.settings_schema()):
            assert plain(node.title).strip() or path[-1] == "*", ".".join(path)

    def test_secrets_are_hinted_as_such(self, connector_case: ConnectorCase) -> None:
        for path, node in iter_nodes(connector_case.type.settings_schema()):
            if SECRET_NAME.search(node.name) and isinstance(node.typ, colander.String):
                assert getattr(node, "secret", False), f"{'.'.join(path)} looks like a secret"

    def test_settings_are_plain_values_that_can_be_stored(self, connector_case: ConnectorCase) -> None:
        assert _is_plain(connector_case.valid_settings())

    def test_wrong_settings_are_refused(self, connector_case: ConnectorCase) -> None:
        with pytest.raises(colander.Invalid):
            connector_case.type.settings_schema().deserialize([])

    def test_presets_are_valid(self, connector_case: ConnectorCase) -> None:
        schema = connector_case.type.settings_schema()
        ids = [preset.id for preset in connector_case.type.presets]
        assert len(ids) == len(set(ids))
        for preset in connector_case.type.presets:
            assert plain(preset.title).strip()
            for name, value in preset.settings.items():
                schema[name].deserialize(value)

    def test_what_depends_on_settings_can_be_asked(self, connector_case: ConnectorCase) -> None:
        asked, settings = connector_case.type, connector_case.valid_settings()
        assert isinstance(asked.sends_as_user(settings), bool)
        for identity in ("", "user-1"):
            key = asked.limit_key(settings, identity)
            assert key is None or key.strip()
        for notice in asked.notices(settings):
            assert re.fullmatch(r"[a-z_]+\.[a-z_]+", notice.code)
            assert plain(notice.message).strip()

    def test_check_steps_end_with_sending(self, connector_case: ConnectorCase) -> None:
        steps = connector_case.type.check_steps
        assert steps[-1] == "send"
        assert len(steps) == len(set(steps))


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_plain(each) for name, each in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or type(value) in (str, int, float, bool)
