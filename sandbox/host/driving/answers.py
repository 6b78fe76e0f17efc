"""The answer to one request, read piece by piece: bounded, and hostile until the end."""

from __future__ import annotations

from typing import Final

import h11

from sandbox.protocol import MAX_BODY_BYTES, DrivenRequest, ResponseProblem

MOST_BYTES: Final = 1024 * 1024  # of an answer on the wire
MOST_EVENTS: Final = 1000  # pieces of an answer: each takes time of ours
MOST_INTERIM: Final = 8  # answers of status 1xx before the one that counts
MOST_HEADERS: Final = 64
MOST_HEADER_BYTES: Final = 16 * 1024  # all of them, and the line of the status
MOST_HEADER_CHARACTERS: Final = 2000  # of one that is kept


class Answer:
    """Fed with what comes; it says when there is no need of more.

    ``problem`` is "not HTTP" or "too large", or "connection closed" before the end was there.
    """

    def __init__(self, request: DrivenRequest) -> None:
        """Raises ValueError for a request that cannot be put into HTTP."""
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEADER_BYTES)
        self.question = _write(self._connection, request)
        self._bytes = 0
        self._events = 0
        self._body = bytearray()
        self.body_bytes = 0
        self.status = 0
        self.headers: dict[str, str] = {}
        self.is_over = False
        self.problem: ResponseProblem = ""

    def feed(self, piece: bytes) -> None:
        """What came; nothing when the connection was closed. Not once ``is_over``."""
        self._bytes += len(piece)
        try:
            self._connection.receive_data(piece)
            while self._take(self._connection.next_event()):
                pass
        except h11.RemoteProtocolError:
            # Closed too early reads as wrong, too.
            self._end("not HTTP" if piece else "connection closed")
        if self._bytes > MOST_BYTES or self._events > MOST_EVENTS:
            self._end("too large")
        if not piece:
            self._end("connection closed")

    def body(self) -> str:
        """What is kept of it; undecodable bytes as U+FFFD."""
        text = self._body.decode(errors="replace").encode()[:MAX_BODY_BYTES]
        return text.decode(errors="ignore")

    def _take(self, event: object) -> bool:
        """Whether there may be another."""
        self._events += 1
        match event:
            case h11.Response(status_code=status, headers=headers):
                self.status = status
                if len(headers) > MOST_HEADERS:
                    self._end("too large")
                self.headers = dict(map(_readable, list(headers)[:MOST_HEADERS]))
            case h11.Data(data=data):
                self.body_bytes += len(data)
                self._body += data[: MAX_BODY_BYTES - len(self._body)]
            case h11.EndOfMessage():
                self._end("")
            case h11.InformationalResponse():
                if self._events > MOST_INTERIM:
                    self._end("too large")
            case _:  # more is needed, or nothing will come
                return False
        return not self.is_over and self._events <= MOST_EVENTS

    def _end(self, problem: ResponseProblem) -> None:
        """The first reason is the one that counts."""
        if not self.is_over:
            self.is_over = True
            self.problem = problem


def _write(connection: h11.Connection, request: DrivenRequest) -> bytes:
    body = request.body.encode()
    headers = {"host": "app", "connection": "close", "content-length": str(len(body))}
    if body and not any(name.lower() == "content-type" for name in request.headers):
        headers["content-type"] = "application/json"
    headers |= {name.lower(): value for name, value in request.headers.items()}
    if headers["content-length"] != str(len(body)) or "transfer-encoding" in headers:
        raise ValueError("the length of a request's body is ours to say")
    try:
        head = h11.Request(
            method=request.method, target=request.path, headers=list(headers.items())
        )
        pieces = [head, h11.Data(data=body), h11.EndOfMessage()]
        return b"".join(connection.send(piece) or b"" for piece in pieces)
    except (h11.LocalProtocolError, UnicodeEncodeError) as error:
        raise ValueError(f"{request.method} {request.path!r}: {error}") from error


def _readable(header: tuple[bytes, bytes]) -> tuple[str, str]:
    name, value = (part.decode("latin-1")[:MOST_HEADER_CHARACTERS] for part in header)
    return name.lower(), value
