"""The address of documents: without a language, as it is kept in other places."""

from django.urls import re_path

from portal.attachments.views import download

urlpatterns = [
    re_path(
        r"^(?P<code>[a-z0-9-]{1,120})/(?P<digest>[0-9a-f]{16})/(?P<name>[A-Za-z0-9._-]{1,100})$",
        download,
        name="attachment",
    ),
]
