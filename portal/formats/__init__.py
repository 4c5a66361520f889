"""Formats of dates and numbers, where the portal departs from those of Django."""
