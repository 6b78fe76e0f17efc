"""The addresses of the site."""

from django.urls import include, path

from playground.operating import views
from playground.operating.site import site

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("admin/", site.urls),
    path("accounts/", include("playground.accounts.urls")),
    # Before the catalog, as an address there may have any name.
    path("", include("playground.teams.urls")),
    path("", include("playground.runs.urls")),
    path("", include("playground.news.urls")),
    path("", include("playground.progress.urls")),
    path("", include("playground.edits.urls")),
    path("quiz/", include("playground.quiz.urls")),
    path("", include("playground.catalog.urls")),
]
