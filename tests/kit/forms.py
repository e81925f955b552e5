"""A reader, and a browser that has no script: what it finds in a form's HTML and what it would send."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html

from mailhub.contract.texts import Text, plain

CONTROLS = "descendant-or-self::*[self::input or self::select or self::textarea]"


@dataclass(frozen=True)
class Reader:
    """Somebody before a form, whose texts are the English ones."""

    locale: str = "en"
    time_zone: ZoneInfo = ZoneInfo("Europe/Zurich")  # noqa: RUF009  # it never changes
    csrf_token: str = "token-of-the-session"

    def translated(self, text: Text) -> str:
        return plain(text)


def parsed(html: str) -> Any:
    """The element tree of a page's part, as a browser sees it: what is in a ``template`` is not there yet."""
    tree = lxml.html.fromstring(f"<div>{html}</div>")
    for template in tree.xpath("//template"):
        template.drop_tree()
    return tree


def submitted(html: str, press: str | None = None) -> list[tuple[str, str]]:
    """The controls that a browser sends (HTML standard 4.10.22.4). ``press``: the name of the button, else the default."""
    return [pair for control in parsed(html).xpath(CONTROLS) for pair in _sent(control)] + (
        [(press, "1")] if press else []
    )


def _sent(control: Any) -> Iterator[tuple[str, str]]:
    name = control.get("name")
    if not name or control.xpath("ancestor-or-self::*[@disabled]"):
        return
    if control.tag == "select":
        yield name, _chosen(control)
    elif control.tag == "textarea":
        # the first line break belongs to the markup; those that are sent are CRLF
        yield name, (control.text or "").removeprefix("\n").replace("\n", "\r\n")
    elif control.get("type") in {"checkbox", "radio"}:
        if control.get("checked") is not None:
            yield name, control.get("value", "on")
    elif control.get("type") != "file":
        yield name, control.get("value", "")


def _chosen(select: Any) -> str:
    options = select.xpath(".//option")
    chosen = [option for option in options if option.get("selected") is not None]
    value: str = (chosen or options)[0].get("value")
    return value


def typed(html: str, **values: str) -> list[tuple[str, str]]:
    """What is sent after somebody has typed into some controls; ``__`` stands for ``/`` in their names."""
    given = {name.replace("__", "/"): value for name, value in values.items()}
    sent = [(name, given.pop(name, value)) for name, value in submitted(html)]
    return sent + list(given.items())


def faults_of(html: str) -> list[str]:
    """What is wrong with the HTML of a form for those who do not see it, or under a strict CSP."""
    # rows that a script would add are looked at too
    tree = lxml.html.fromstring(f"<div>{html}</div>")
    ids = [element.get("id") for element in tree.xpath("//*[@id]")]
    faults = [f"id {each} twice" for each in {each for each in ids if ids.count(each) > 1}]
    faults += [
        f"{attribute} names {target}, which is not there"
        for attribute in ("aria-describedby", "aria-labelledby", "for")
        for element in tree.xpath(f"//*[@{attribute}]")
        for target in element.get(attribute).split()
        if target not in ids
    ]
    faults += [
        f"{link.get('href')} leads nowhere"
        for link in tree.xpath("//a[starts-with(@href, '#')]")
        if link.get("href")[1:] not in ids
    ]
    faults += [
        f"no label: {control.get('name')}" for control in tree.xpath(CONTROLS) if not _labelled(control)
    ]
    faults += [
        f"a button without words: {button.get('name')}"
        for button in tree.xpath("//button")
        if not button.text_content().strip()
    ]
    faults += [
        f"no legend: {group.get('id')}"
        for group in tree.xpath("//fieldset[not(@role='presentation')]")
        if not group.xpath("legend[normalize-space()]")
    ]
    return faults + list(_unsafe(tree))


def _labelled(control: Any) -> bool:
    if control.get("type") == "hidden":
        return True
    labels = control.getroottree().xpath("//label[@for=$id]", id=control.get("id"))
    return any(label.text_content().strip() for label in labels)


def _unsafe(tree: Any) -> Iterator[str]:
    for element in tree.iter():
        if element.tag in {"script", "style"}:
            yield f"a {element.tag} element"
        yield from (
            f"{name} on {element.tag}" for name in element.attrib if name.startswith("on") or name == "style"
        )
