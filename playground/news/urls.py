"""Addresses of news."""

from django.urls import path

from playground.news import views

urlpatterns = [
    path("news/", views.news, name="news"),
    path("news/by-mail/", views.by_mail, name="news-by-mail"),
    path("news/unsubscribe/<str:token>/", views.unsubscribe, name="news-unsubscribe"),
    path("news.atom", views.news_feed, name="news-feed"),
]
