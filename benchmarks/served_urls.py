"""The portal's addresses, and one whose view costs nothing: what the server alone takes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from benchmarks.measure import CONSTANT
from portal import urls


def constant(request: HttpRequest) -> HttpResponse:
    """Always the same; all that surrounds a request is around this one, too."""
    return HttpResponse("constant")


urlpatterns = [path(CONSTANT.lstrip("/"), constant), *urls.urlpatterns]
