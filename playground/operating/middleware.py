"""A browser that is gone before what it sent was read: nobody's error, and nobody hears of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, BinaryIO, cast

from django.http import HttpRequest, HttpResponse, UnreadablePostError

GetResponse = Callable[[HttpRequest], HttpResponse]


class _Left:
    """What a browser sent. Django closes it under whoever reads it when the browser is gone."""

    def __init__(self, sent: Any) -> None:
        self._sent = sent

    def __getattr__(self, name: str) -> Any:
        """As of what it is, but for the error: an UnreadablePostError, which Django knows."""
        found = getattr(self._sent, name)
        return self._guard(found) if callable(found) else found

    def _guard(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(*given: Any) -> Any:
            try:
                return method(*given)
            except ValueError as error:
                if self._sent.closed:
                    raise UnreadablePostError("the browser is gone") from error
                raise

        return call


def forgive_leaving(get_response: GetResponse) -> GetResponse:
    """Answer whoever left, so that it is not logged as a failure of ours."""

    def answer(request: HttpRequest) -> HttpResponse:
        if hasattr(request, "_stream"):
            request._stream = cast(BinaryIO, _Left(request._stream))
        return get_response(request)

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return HttpResponse(status=400) if isinstance(exception, UnreadablePostError) else None

    answer.process_exception = process_exception  # type: ignore[attr-defined]
    return answer
