"""The orders and the pages of the table of provisions, as links."""

from __future__ import annotations

from dataclasses import dataclass

from portal.protocol.asking import ORDERS, ProvisionsAsked


@dataclass(frozen=True)
class Order:
    """An order of the table.

    Attributes:
        url: the table in that order; in the other direction if it has that order.
        direction: `ascending`, `descending`, or '' where the table has another order.
    """

    url: str
    direction: str


def orders_of(asked: ProvisionsAsked, path: str) -> dict[str, Order]:
    """Of each order, where it leads and whether the table has it."""
    found = {}
    for name in ORDERS:
        is_turned = asked.sort == name
        is_rising = (name == "jurisdiction") == (not asked.sort.startswith("-"))
        direction = ("ascending" if is_rising else "descending") if name in asked.sort else ""
        url = asked.address(path, sort=f"-{name}" if is_turned else name)
        found[name] = Order(f"{url}#provisions", direction)
    return found


@dataclass(frozen=True)
class Page:
    number: int
    url: str
    is_current: bool


@dataclass(frozen=True)
class Pages:
    """The pages of the table, and the rows of the present one."""

    items: tuple[Page, ...]
    first_row: int
    last_row: int
    #: Whether the page asked for lies behind the last.
    is_beyond: bool


def pages_of(asked: ProvisionsAsked, path: str, total: int) -> Pages:
    count = max(1, -(-total // asked.page_size))
    first = (asked.page - 1) * asked.page_size + 1
    return Pages(
        tuple(
            Page(number, f"{asked.address(path, page=number)}#provisions", number == asked.page)
            for number in range(1, count + 1)
        ),
        first,
        min(first + asked.page_size - 1, total),
        first > max(total, 1),
    )
