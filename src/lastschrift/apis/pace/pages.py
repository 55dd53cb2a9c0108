"""Where the other pages of a list are: JSON:API's pagination links, each with the whole query."""

from msgspec import UNSET, UnsetType

from lastschrift.apis.pace.models import PageLinks
from lastschrift.apis.pace.paths import payment_methods_url
from lastschrift.apis.pace.query import PAGE_SIZE_MAX, WHOLE_LIST_MAX, ListQuery, NumberedPage
from lastschrift.web.http import Request


def page_links(request: Request, query: ListQuery, *, has_more: bool) -> PageLinks | UnsetType:
    """Return the links of a page; of the whole list only where it has more than is answered.

    There is no link to the last page: that would cost a count of all.
    """
    page = query.page

    def link(number: int, size: int) -> str:
        return payment_methods_url(request, query.at(NumberedPage(number, size)))

    if page is None:
        rest = link(WHOLE_LIST_MAX // PAGE_SIZE_MAX, PAGE_SIZE_MAX)
        return PageLinks(next=rest) if has_more else UNSET
    return PageLinks(
        first=link(0, page.size),
        prev=link(page.number - 1, page.size) if page.number else UNSET,
        next=link(page.number + 1, page.size) if has_more else UNSET,
    )
