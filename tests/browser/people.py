"""People who use the pages: one with a mouse, one with keys alone; both read English or French.

Both are told what to do in English; what they look for on the page is its translation, so that one story can be told in
each way.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from babel.messages.pofile import read_po
from playwright.sync_api import Locator, Page, expect

from .keyboard import Keys, press_until_focused

ROOT = Path(__file__).parents[2]
CATALOGUES = (
    ROOT / "src/mailhub/locale/fr/LC_MESSAGES/mailhub.po",
    ROOT / "plugins/mailhub-smtp/src/mailhub_smtp/locale/fr/LC_MESSAGES/mailhub-smtp.po",
)
GROUP_OF_FOCUS = """
(document.activeElement.closest('fieldset')?.querySelector('legend')?.innerText
    ?? document.activeElement.closest('[role=radiogroup]')?.getAttribute('aria-label') ?? '')
"""
Words = Callable[[str], str]


def english(text: str) -> str:
    return text.rpartition("|")[2]


def french() -> Words:
    """English texts as French readers see them. Raises KeyError for one that is in no catalogue."""
    said: dict[tuple[str | None, str], str] = {}
    for path in CATALOGUES:
        with path.open("rb") as stream:
            for message in read_po(stream):
                said[message.context, str(message.id)] = str(message.string)

    def translated(text: str) -> str:
        context, _bar, bare = text.rpartition("|")
        return said[context or None, bare]

    return translated


class Own(str):
    """A text that is no translation: a name, an address, a subject."""

    __slots__ = ()


class Person(ABC):
    """Does things on a page. A text with a context is written ``context|text``; one that is ``Own`` is looked for as it is."""

    def __init__(self, page: Page, words: Words = english) -> None:
        self.page = page
        self.words = words
        # Playwright begins to hold back the system's dialogs when somebody listens, which takes its time
        page.on("filechooser", lambda _chooser: None)

    def said(self, text: str) -> str:
        """A text as it stands on the page."""
        return text if isinstance(text, Own) else self.words(text)

    @abstractmethod
    def follow(self, text: str) -> None:
        """A link."""

    @abstractmethod
    def press(self, text: str) -> None:
        """A button."""

    @abstractmethod
    def fill(self, label: str, value: str) -> None:
        """A field, over what stands in it."""

    @abstractmethod
    def choose(self, label: str, *, of: str) -> None:
        """One of a group of radio buttons."""

    @abstractmethod
    def tick(self, label: str) -> None:
        """A box or a switch that is off."""

    @abstractmethod
    def pick(self, label: str, option: str) -> None:
        """An option, by the beginning of its text, of a list that drops down."""

    @abstractmethod
    def give_files(self, label: str, *files: Path) -> None:
        """Files, by the system's dialog that the control opens."""

    @abstractmethod
    def write(self, label: str, text: str) -> None:
        """In the editor of formatted text; the focus stays there."""

    @abstractmethod
    def open_menu(self, text: str) -> None:
        """A menu, so that what is in it can be followed and pressed."""

    def sees(self, text: str) -> Locator:
        """Wait for a text."""
        found = self.page.get_by_text(self.said(text)).locator("visible=true").first
        expect(found).to_be_visible()
        return found

    def is_at(self, heading: str) -> None:
        """Wait for the page with this heading."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.said(heading))

    def called(self, label: str) -> re.Pattern[str]:
        """The accessible name that is a text, perhaps with a mark in brackets after it: "Name (needed)"."""
        return re.compile(rf"^\s*{re.escape(self.said(label))}\s*(\([^()]*\))?\s*$")

    def begun(self, text: str) -> re.Pattern[str]:
        """The accessible name that begins with a text: "More", and for screen readers "of Sales"."""
        return re.compile(rf"^\s*{re.escape(self.said(text))}(?![\w-])")


class MousePerson(Person):
    """Points and clicks."""

    def follow(self, text: str) -> None:
        with self.page.expect_navigation():
            self._click("link", text)

    def press(self, text: str) -> None:
        self._click("button", text)

    def _click(self, role: str, text: str) -> None:
        found = self.page.get_by_role(role, name=self.begun(text))  # type: ignore[arg-type] # one of a long list
        found.locator("visible=true").first.click()

    def fill(self, label: str, value: str) -> None:
        name = self.called(label)
        field = self.page.get_by_role("textbox", name=name).or_(self.page.get_by_role("combobox", name=name))
        field.locator("visible=true").first.fill(value)

    def choose(self, label: str, *, of: str) -> None:
        group = self.page.get_by_role("group", name=self.called(of))
        group.or_(self.page.get_by_role("radiogroup", name=self.called(of))).get_by_role(
            "radio", name=self.called(label)
        ).first.check()

    def tick(self, label: str) -> None:
        name = self.called(label)
        box = self.page.get_by_role("checkbox", name=name).or_(self.page.get_by_role("switch", name=name))
        box.locator("visible=true").first.check()

    def pick(self, label: str, option: str) -> None:
        lists = self.page.get_by_role("combobox", name=self.called(label)).locator("visible=true").first
        text = lists.locator(
            "option", has_text=re.compile(f"^\\s*{re.escape(self.said(option))}")
        ).first.inner_text()
        lists.select_option(label=text.strip())

    def give_files(self, label: str, *files: Path) -> None:
        with self.page.expect_file_chooser() as opened:
            self.page.locator("label").filter(has_text=self.begun(label)).first.click()
        opened.value.set_files(files)

    def write(self, label: str, text: str) -> None:
        self.page.frame_locator("iframe").locator("body").click()
        self.page.keyboard.type(text)

    def open_menu(self, text: str) -> None:
        self.page.locator("summary").filter(has_text=self.begun(text)).first.click()


class KeysPerson(Person):
    """Has keys alone: finds controls by Tab and by what is announced."""

    def __init__(self, page: Page, words: Words = english) -> None:
        super().__init__(page, words)
        self.keys = Keys(page)

    def follow(self, text: str) -> None:
        self.keys.to(self.begun(text), role="link")
        with self.page.expect_navigation():
            self.keys.press("Enter")

    def press(self, text: str) -> None:
        self.keys.to(self.begun(text), role="button").press("Enter")

    def fill(self, label: str, value: str) -> None:
        self.keys.to(self.called(label)).type(value)

    def choose(self, label: str, *, of: str) -> None:
        wanted, group = self.called(label), self.called(of)
        for _radio in range(20):
            self.keys.to(re.compile(""), role="radio")
            if group.match(self.page.evaluate(GROUP_OF_FOCUS)):
                press_until_focused(self.page, wanted, role="radio", key="ArrowDown")
                self.keys.press("Space")
                return
            self.keys.press("Tab")
        raise AssertionError(f"no radio buttons “{group.pattern}”")

    def tick(self, label: str) -> None:
        self.keys.to(self.called(label)).press("Space")

    def pick(self, label: str, option: str) -> None:
        self.keys.to(self.called(label))
        self.page.keyboard.type(self.said(option))

    def give_files(self, label: str, *files: Path) -> None:
        self.keys.to(self.begun(label), role="button")
        with self.page.expect_file_chooser() as opened:
            self.keys.press("Space")
        opened.value.set_files(files)

    def write(self, label: str, text: str) -> None:
        self.keys.to(self.begun(label))
        self.page.keyboard.type(text)

    def open_menu(self, text: str) -> None:
        self.keys.to(self.begun(text)).press("Enter")
