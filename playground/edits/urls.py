"""Addresses of what learners type."""

from django.urls import path

from playground.edits import views

urlpatterns = [
    path("<slug:pack>/<slug:card>/edits/", views.card_edits, name="edits"),
    path("<slug:pack>/<slug:card>/edits/<slug:place>/", views.save, name="save-edit"),
]
