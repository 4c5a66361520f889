"""The address at which libraries harvest the portal."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.request import split_domain_port
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from portal.oai.answers import Repository, answer, refusal
from portal.oai.arguments import ProtocolError, read


@method_decorator(csrf_exempt, name="dispatch")
class OaiView(View):
    """OAI-PMH 2.0: arguments in the address, or form-encoded in the body of a POST.

    Errors of the protocol are answers as well, with status 200.
    """

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _answered(request, request.GET)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_form = request.content_type == "application/x-www-form-urlencoded"
        return _answered(request, request.POST if is_form else QueryDict())


def _answered(request: HttpRequest, data: QueryDict) -> HttpResponse:
    here = repository_of(request)
    arguments: dict[str, str] = {}
    try:
        arguments = read(data)
        text = answer(here, arguments)
    except ProtocolError as error:
        text = refusal(here, arguments, error)
    return HttpResponse(text, content_type="text/xml; charset=utf-8")


def repository_of(request: HttpRequest) -> Repository:
    """How the portal calls itself to a request.

    The domain in the identifiers is that of the settings; without it the host that was asked,
    without port and in lower case.
    """
    host, _port = split_domain_port(request.get_host())
    return Repository(
        address=request.build_absolute_uri(reverse("oai")),
        origin=request.build_absolute_uri("/").rstrip("/"),
        domain=settings.OAI_DOMAIN or host,
        email=settings.OAI_ADMIN_EMAIL,
    )
