"""The ways out of a list of the admin."""

from __future__ import annotations

from django import template

from portal.curation.export_admin import exports_of

register = template.Library()

register.simple_tag(exports_of)
