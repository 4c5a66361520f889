"""Addresses of the case law database."""

from django.urls import path

from caselaw.models import Case
from caselaw.views import CaseFacetView, CaseSearchView, CaseView
from portal.citing.views import CiteView
from portal.publishing.feeds import FeedView

app_name = "cases"
urlpatterns = [
    path("", CaseSearchView.as_view(), name="search"),
    path("feed/", FeedView.as_view(database_slug=Case.database), name="feed"),
    path("facets/<slug:name>/", CaseFacetView.as_view(), name="facet"),
    path("<slug:code>/cite/", CiteView.as_view(database_slug=Case.database), name="cite"),
    path("<slug:code>/", CaseView.as_view(), name="record"),
]
