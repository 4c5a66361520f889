"""Addresses of the data releases: pages in each language, files without one."""

from __future__ import annotations

from django.urls import path

from portal.releases import views

pages = (
    [
        path("", views.IndexView.as_view(), name="index"),
        path("<str:version>/", views.ReleaseView.as_view(), name="release"),
    ],
    "releases",
)
files = (
    [
        path("", views.in_own_language, name="index"),
        path("releases.json", views.listed, name="list"),
        path("<str:version>/", views.in_own_language, name="release"),
        path("<str:version>/<str:name>", views.file, name="file"),
    ],
    "release-files",
)
