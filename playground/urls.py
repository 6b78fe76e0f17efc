"""The addresses of the site."""

from django.http import HttpRequest, JsonResponse
from django.urls import include, path


def healthz(request: HttpRequest) -> JsonResponse:
    """For load balancers: this process answers."""
    return JsonResponse({"status": "ok"})


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    # Before the catalog, as an address there may have any name.
    path("", include("playground.runs.urls")),
    path("", include("playground.catalog.urls")),
]
