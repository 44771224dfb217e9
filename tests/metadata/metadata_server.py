"""A local HTTP server that answers as told: well, badly, slowly, without end."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Behaviour = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """What the server answers: one behaviour a path, or a list of them, used in turn (the last one stays)."""

    def __init__(self) -> None:
        self.pages: dict[str, list[Behaviour]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.connections: list[socket.socket] = []
        self.base = ""

    def serve(self, path: str, *behaviours: Behaviour) -> None:
        self.pages[path] = list(behaviours)

    def close(self) -> None:
        """Cut every connection: an endless answer and its reader would go on in their threads, beside all tests."""
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.connections.append(handler.connection)
        self.requests.append((handler.path, dict(handler.headers)))
        turns = self.pages.get(handler.path, [status(404)])
        behaviour = turns.pop(0) if len(turns) > 1 else turns[0]
        try:
            behaviour(handler)
        except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
            pass  # the client has had enough, as it should


@contextmanager
def running(certificate: Path | None = None) -> Iterator[Site]:
    """Run a server on a free local port until the end of the block; with TLS if given a `certificate`."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.answer(self)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    site.base = f"http{'s' * bool(certificate)}://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        site.close()
        server.server_close()
        thread.join()


def send(handler: BaseHTTPRequestHandler, code: int, headers: dict[str, str], body: bytes = b"") -> None:
    handler.send_response(code)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def good(body: bytes, **headers: str) -> Behaviour:
    return lambda handler: send(handler, 200, {"Content-Length": str(len(body))} | headers, body)


def status(code: int, **headers: str) -> Behaviour:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: send(handler, code, {"Content-Length": "0"} | named)


def truncated(body: bytes) -> Behaviour:
    return lambda handler: send(handler, 200, {"Content-Length": str(len(body))}, body[: len(body) // 2])


def cut_without_length(body: bytes) -> Behaviour:
    return lambda handler: send(handler, 200, {}, body[: len(body) // 2])


def endless(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 200, {})
    while True:
        handler.wfile.write(b" " * 65536)


def slow(seconds: float) -> Behaviour:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        send(handler, 200, {"Content-Length": "0"})

    return behave


def dripping(pause: float, count: int) -> Behaviour:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        send(handler, 200, {"Content-Length": str(count)})
        for _ in range(count):
            handler.wfile.write(b"x")
            time.sleep(pause)

    return behave


def raw(*pieces: bytes) -> Behaviour:
    """Bytes as they are, head and all: for what no server should say."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        for piece in pieces:
            handler.wfile.write(piece)
        handler.close_connection = True

    return behave
