"""Addresses of the legislation database."""

from django.urls import path

from legislation.views import LawFacetView, LawSearchView, LawView

app_name = "legislation"
urlpatterns = [
    path("", LawSearchView.as_view(), name="search"),
    path("facets/<slug:name>/", LawFacetView.as_view(), name="facet"),
    path("<slug:code>/", LawView.as_view(), name="record"),
]
