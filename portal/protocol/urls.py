"""Addresses of the articles of the treaties."""

from django.urls import path

from portal.protocol import views

app_name = "protocol"
urlpatterns = [
    path("", views.IndexView.as_view(), name="index"),
    path("articles.csv", views.IndexCsvView.as_view(), name="index-csv"),
    path("compare/", views.CompareView.as_view(), name="compare"),
    path("compare/comparison.xlsx", views.CompareXlsxView.as_view(), name="compare-xlsx"),
    path("<str:code>/", views.ArticleView.as_view(), name="article"),
    path("<str:code>/provisions.csv", views.CsvView.as_view(), name="csv"),
    path("<str:code>/provisions.xlsx", views.XlsxView.as_view(), name="xlsx"),
]
