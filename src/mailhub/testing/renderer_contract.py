"""The contract suite for body renderers. A plugin's tests inherit it and give the fixture ``renderer_case``."""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from mailhub.contract.body import RendererType
from mailhub.contract.errors import Refusal
from mailhub.contract.texts import plain
from mailhub.pluginhost.descriptors import checked


@dataclass(frozen=True, slots=True, kw_only=True)
class RendererCase:
    """A renderer, a layout and data that go together, and a layout that cannot be used."""

    type: RendererType
    source: bytes
    unusable_source: bytes
    data: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"


class RendererContract:
    """Everything a hub relies on."""

    @pytest.fixture
    def renderer_case(self) -> RendererCase:
        raise NotImplementedError("give the fixture renderer_case")

    def test_the_host_takes_the_descriptor(self, renderer_case: RendererCase) -> None:
        assert checked(RendererType, [renderer_case.type], None) == (renderer_case.type,)

    def test_it_names_the_content_types_of_its_layouts(self, renderer_case: RendererCase) -> None:
        assert renderer_case.type.content_types
        for content_type in renderer_case.type.content_types:
            assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", content_type)

    def test_a_layout_becomes_a_body(self, renderer_case: RendererCase) -> None:
        case = renderer_case
        body = case.type.make().render(case.source, case.data, case.language)
        assert body.html or body.text
        assert "\n" not in (body.subject or "")
        assert "\r" not in (body.subject or "")

    def test_the_same_layout_and_data_give_the_same_body(self, renderer_case: RendererCase) -> None:
        case = renderer_case
        renderer = case.type.make()
        first = renderer.render(case.source, case.data, case.language)
        assert renderer.render(case.source, case.data, case.language) == first
        assert case.type.make().render(case.source, case.data, case.language) == first

    def test_the_data_are_left_as_they_are(self, renderer_case: RendererCase) -> None:
        case = renderer_case
        data = copy.deepcopy(dict(case.data))
        case.type.make().render(case.source, data, case.language)
        assert data == case.data

    def test_a_layout_that_cannot_be_used_is_refused_with_a_sentence(
        self, renderer_case: RendererCase
    ) -> None:
        case = renderer_case
        with pytest.raises(Refusal) as refused:
            case.type.make().render(case.unusable_source, case.data, case.language)
        assert plain(refused.value.message).strip()
