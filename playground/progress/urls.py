"""Addresses of what learners did, and do, on a card."""

from django.urls import path

from playground.progress import review_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("review/", review_views.review, name="review"),
    path("review/rate/", review_views.rate, name="review-rate"),
    path("review/answer/", review_views.answer, name="review-answer"),
    path("review/answered/<int:log>/", review_views.answered, name="review-answered"),
    path("review/rated/", review_views.rated, name="review-rated"),
    path("review/correct/", review_views.correct, name="review-correct"),
    path("review/skip/", review_views.skip, name="review-skip"),
    path("review/limit/", review_views.limit, name="review-limit"),
    path("progress/", views.own_progress, name="progress"),
    path("<slug:pack>/<slug:card>/read/", views.mark_read, name="mark-read"),
    path(
        "<slug:pack>/<slug:card>/exercises/<slug:exercise>/hints/<int:number>/",
        views.hint,
        name="hint",
    ),
]
