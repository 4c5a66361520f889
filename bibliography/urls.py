"""Addresses of the bibliography."""

from django.urls import path

from bibliography.views import WorkSearchView, WorkView

app_name = "bibliography"
urlpatterns = [
    path("", WorkSearchView.as_view(), name="search"),
    path("<slug:code>/", WorkView.as_view(), name="record"),
]
