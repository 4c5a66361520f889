"""Addresses of the bibliography."""

from django.urls import path

from bibliography.views import WorkFacetView, WorkSearchView, WorkView

app_name = "bibliography"
urlpatterns = [
    path("", WorkSearchView.as_view(), name="search"),
    path("facets/<slug:name>/", WorkFacetView.as_view(), name="facet"),
    path("<slug:code>/", WorkView.as_view(), name="record"),
]
