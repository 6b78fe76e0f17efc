"""Addresses of packs and cards."""

from django.urls import path

from playground.catalog import views

urlpatterns = [
    path("", views.home, name="home"),
    path("errors/", views.known_errors, name="known-errors"),
    path("<slug:pack>/", views.card_list, name="card-list"),
    path("<slug:pack>/<slug:card>/", views.card, name="card"),
]
