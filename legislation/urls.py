"""Addresses of the legislation database."""

from django.urls import path

from legislation.models import Law
from legislation.views import LawFacetView, LawSearchView, LawView
from portal.citing.views import CiteView
from portal.publishing.feeds import FeedView

app_name = "legislation"
urlpatterns = [
    path("", LawSearchView.as_view(), name="search"),
    path("feed/", FeedView.as_view(database_slug=Law.database), name="feed"),
    path("facets/<slug:name>/", LawFacetView.as_view(), name="facet"),
    path("<slug:code>/cite/", CiteView.as_view(database_slug=Law.database), name="cite"),
    path("<slug:code>/", LawView.as_view(), name="record"),
]
