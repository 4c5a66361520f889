"""Finding records: one table, one request value, one function."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "portal.search"
    label = "search"
    verbose_name = "Search"

    def ready(self) -> None:
        from portal.reference import changes
        from portal.search import index

        changes.listen(index.refresh)
