"""Where a list of people goes on."""

from mailhub.http.paging import Page
from mailhub.people.model import Place


def place_of(page: Page) -> Place | None:
    """The place that the page before ended at."""
    return None if page.position is None else Place(*page.position)
