"""Pages in other sites' frames know nobody."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


def drop_cookies_of_frames(get_response: GetResponse) -> GetResponse:
    """Whoever frames a page of ours must not see in it who looks: it is asked for by nobody."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(("/embed/", "/oembed")):
            request.COOKIES = {}
        return get_response(request)

    return answer
