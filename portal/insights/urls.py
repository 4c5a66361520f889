"""Addresses of the insights."""

from django.urls import path

from portal.insights import (
    coverage_pictures,
    coverage_views,
    report_picture_views,
    report_views,
    views,
)
from portal.insights.picture_views import picture_paths

app_name = "insights"
urlpatterns = [
    path("", views.IndexView.as_view(), name="index"),
    path("coverage/", coverage_views.CoverageView.as_view(), name="coverage"),
    path("coverage/table.csv", coverage_views.CoverageCsvView.as_view(), name="coverage-csv"),
    *coverage_pictures.paths(),
    *report_views.pages(),
    *report_picture_views.paths(),
    *picture_paths(),
    path("table/", views.OwnTableView.as_view(), name="own"),
    path("table/table.csv", views.OwnCsvView.as_view(), name="own-csv"),
    path("<slug:slug>/", views.InsightView.as_view(), name="insight"),
    path("<slug:slug>/table.csv", views.CsvView.as_view(), name="csv"),
]
