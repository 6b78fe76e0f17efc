"""Addresses of the self-quiz."""

from django.urls import path

from playground.quiz import views

urlpatterns = [
    path("", views.home, name="quiz-home"),
    path("<int:quiz>/", views.go_on, name="quiz"),
    path("<int:quiz>/score/", views.score, name="quiz-score"),
    path("<int:quiz>/<int:number>/", views.question, name="quiz-question"),
]
