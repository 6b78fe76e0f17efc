"""The site's addresses, and the barest page beside them: one statement, nothing else."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

BARE = "bench-bare"


def bare(request: HttpRequest) -> HttpResponse:
    """What no page can be faster than."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("bare")


urlpatterns = [path(BARE, bare), path("", include("playground.urls"))]
