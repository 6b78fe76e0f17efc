"""Addresses of packs and cards."""

from django.urls import path

from playground.catalog import previews, search_views, views

urlpatterns = [
    path("robots.txt", previews.robots, name="robots"),
    path("sitemap.xml", previews.sitemap, name="sitemap"),
    path("search/", search_views.search, name="search"),
    path("errors/", views.known_errors, name="known-errors"),
    path("<slug:pack>/", views.card_list, name="card-list"),
    path("<slug:pack>/<slug:card>/", views.card, name="card"),
    path("<slug:pack>/<slug:card>/cells/<slug:cell>/", views.cell, name="cell"),
]
