"""Addresses of the case law database."""

from django.urls import path

from caselaw.views import CaseFacetView, CaseSearchView, CaseView

app_name = "cases"
urlpatterns = [
    path("", CaseSearchView.as_view(), name="search"),
    path("facets/<slug:name>/", CaseFacetView.as_view(), name="facet"),
    path("<slug:code>/", CaseView.as_view(), name="record"),
]
