"""Addresses of the bibliography."""

from django.urls import path

from bibliography.models import Work
from bibliography.views import WorkFacetView, WorkSearchView, WorkView
from portal.citing.views import CiteView
from portal.publishing.feeds import FeedView

app_name = "bibliography"
urlpatterns = [
    path("", WorkSearchView.as_view(), name="search"),
    path("feed/", FeedView.as_view(database_slug=Work.database), name="feed"),
    path("facets/<slug:name>/", WorkFacetView.as_view(), name="facet"),
    path("<slug:code>/cite/", CiteView.as_view(database_slug=Work.database), name="cite"),
    path("<slug:code>/", WorkView.as_view(), name="record"),
]
