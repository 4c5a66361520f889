"""What the pages of the articles write a hundred times; in Python, as a template takes ten times
as long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.templatetags.portal_tags import money, number, years

if TYPE_CHECKING:
    from portal.insights.tables import Number

register = template.Library()


@register.simple_tag
def number_link(found: Number) -> SafeString:
    """A number as a link to what it counts; nothing leads to none."""
    if not found.count:
        return format_html('<span class="none">{}</span>', number(0))
    return format_html('<a href="{}">{}</a>', found.url, number(found.count))


@register.simple_tag
def choices(options: Iterable[Any]) -> SafeString:
    """The options of a select."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}',
        (
            (option.value, SafeString(" selected") if option.is_selected else "", option.label)
            for option in options
        ),
    )


@register.simple_tag
def provision_link(provision: Any) -> SafeString:
    """A provision by its number, linked to its place on the page of its law, and its heading."""
    name = provision.number or provision.heading
    shown = (
        format_html('<bdi lang="en">{}</bdi>', name)
        if name
        else _("Provision %(number)s") % {"number": number(provision.position + 1)}
    )
    link = format_html('<a href="{}">{}</a>', provision.get_absolute_url(), shown)
    if provision.number and provision.heading:
        return format_html('{} <bdi lang="en">{}</bdi>', link, provision.heading)
    return link


@register.simple_tag
def penalty(provision: Any) -> SafeString:
    """The maximum penalty of a provision: imprisonment or life, and a fine in its currency."""
    parts = []
    if provision.life:
        parts.append(format_html("{}", _("Life imprisonment")))
    elif provision.max_imprisonment_years is not None:
        parts.append(format_html("<bdi>{}</bdi>", years(provision.max_imprisonment_years)))
    if provision.max_fine_amount is not None:
        fine = money(provision.max_fine_amount, provision.max_fine_currency)
        parts.append(format_html('{} <bdi class="num">{}</bdi>', _("Fine:"), fine))
    if not parts:
        return format_html('<span class="soft">{}</span>', _("Not recorded"))
    return format_html_join("", '<span class="part-of">{}</span>', ((part,) for part in parts))
