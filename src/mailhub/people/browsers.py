"""What people call the browser and system that a User-Agent header names, for them to recognise a session as theirs."""

import re
from typing import Final

_BROWSERS: Final = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"\bOPR/(\d+)"),
    ("Samsung Internet", r"\bSamsungBrowser/(\d+)"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"\b(?:Chrome|CriOS|HeadlessChrome)/(\d+)"),
    ("Safari", r"\bVersion/(\d+)[^ ]* .*Safari/"),
)
"""In this order: most of them name the later ones too."""

_SYSTEMS: Final = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("macOS", r"\bMac OS X\b"),
    ("Linux", r"\bLinux\b"),
)


def browser_of(user_agent: str) -> tuple[str | None, str | None]:
    """Browser with its version, and system; None for what is not known. Both are said by the client, so both may be wrong."""
    found = ((name, re.search(pattern, user_agent)) for name, pattern in _BROWSERS)
    browser = next((f"{name} {match[1]}" for name, match in found if match), None)
    system = next((name for name, pattern in _SYSTEMS if re.search(pattern, user_agent)), None)
    return browser, system
