"""Addresses of the country pages."""

from django.urls import path

from portal.countries import views
from portal.countries.picture_views import picture_paths

app_name = "countries"
urlpatterns = [
    path("", views.IndexView.as_view(), name="index"),
    path("countries.csv", views.IndexCsvView.as_view(), name="csv"),
    *picture_paths(),
    path("<slug:code>/", views.CountryView.as_view(), name="country"),
    path("<slug:code>/figures.csv", views.FiguresCsvView.as_view(), name="figures"),
    path("<slug:code>/<slug:kind>.csv", views.RecordsCsvView.as_view(), name="records"),
]
