"""A real HTTP server on localhost that misbehaves on request.

The first part of a path names the behaviour, so that one server is many mirrors: `server.mirror("cut")`.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self):
        _, behaviour, name = self.path.split("/", 2)
        asked = self.headers.get("Range")
        self.server.seen.append((behaviour, name, asked))
        self.close_connection = True
        try:
            getattr(self, "do_" + behaviour)(name, self.server.files[name], asked)
        except (ConnectionError, TimeoutError):
            self.server.client_left.set()

    def log_message(self, *args):
        pass

    def head(self, status, **fields):
        self.send_response(status)
        self.send_header("Connection", "close")
        for key, value in fields.items():
            self.send_header(key.replace("_", "-"), str(value))
        self.end_headers()

    def ranged(self, body, asked):
        """Send the headers of a full or a partial answer; return the bytes that should follow."""
        if not asked:
            self.head(200, Content_Length=len(body))
            return body
        at = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
        if at >= len(body):
            self.head(416, Content_Range=f"bytes */{len(body)}", Content_Length=0)
            return b""
        self.head(206, Content_Length=len(body) - at, Content_Range=f"bytes {at}-{len(body) - 1}/{len(body)}")
        return body[at:]

    def times(self, name):
        self.server.count[self.path] += 1
        return self.server.count[self.path]

    def do_good(self, name, body, asked):
        self.wfile.write(self.ranged(body, asked))

    def do_chunked(self, name, body, asked):
        self.head(200, Transfer_Encoding="chunked")
        for i in range(0, len(body), 10_000):
            part = body[i : i + 10_000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def do_norange(self, name, body, asked):
        self.do_good(name, body, None)

    def do_absent(self, name, body, asked):
        self.head(404, Content_Length=0)

    def do_broken(self, name, body, asked):
        self.head(503, Content_Length=0)

    def do_wrong(self, name, body, asked):
        self.do_good(name, bytes(b ^ 1 for b in body), asked)

    def do_page(self, name, body, asked):
        self.do_good(name, b"<html>please log in</html>", None)

    def do_cut(self, name, body, asked):
        """Cut the first answer in the middle; serve the rest properly."""
        rest = self.ranged(body, asked)
        self.wfile.write(rest[: len(rest) // 2] if self.times(name) == 1 else rest)

    def do_cut_norange(self, name, body, asked):
        self.do_cut(name, body, None)

    def do_cut_unannounced(self, name, body, asked):
        """Cut the first answer, which gave no length: it looks complete."""
        if self.times(name) == 1:
            self.head(200)
            self.wfile.write(body[: len(body) // 2])
        else:
            self.do_good(name, body, asked)

    def do_always_cut(self, name, body, asked):
        rest = self.ranged(body, asked)
        self.wfile.write(rest[: len(rest) // 2])

    def do_no_body(self, name, body, asked):
        self.ranged(body, asked)

    def do_elsewhere(self, name, body, asked):
        """Cut, then 'resume' at the wrong place; serve it properly when asked from the start again."""
        if asked:
            self.head(206, Content_Length=1, Content_Range=f"bytes 0-0/{len(body)}")
            self.wfile.write(body[:1])
        else:
            self.do_cut(name, body, None)

    def do_forgetful(self, name, body, asked):
        """Cut, then refuse to resume (416)."""
        if asked:
            self.head(416, Content_Length=0)
        else:
            self.do_cut(name, body, None)

    def do_trickle(self, name, body, asked):
        self.ranged(body, asked)
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.server.pause(0.05)

    def do_paced(self, name, body, asked):
        rest = self.ranged(body, asked)
        for i in range(0, len(rest), 20_000):
            self.wfile.write(rest[i : i + 20_000])
            self.server.pause(0.05)

    def do_stall(self, name, body, asked):
        self.wfile.write(self.ranged(body, asked)[:1000])
        self.server.pause(30)

    def do_silent(self, name, body, asked):
        self.server.pause(30)

    def do_late(self, name, body, asked):
        self.server.pause(1.2)
        self.do_endless(name, body, asked)

    def do_endless(self, name, body, asked):
        self.head(200)
        while True:
            self.wfile.write(bytes(65536))

    def do_enormous(self, name, body, asked):
        self.head(200, Content_Length=10**12)
        while True:
            self.wfile.write(bytes(65536))

    def do_redirect(self, name, body, asked):
        self.head(302, Location=f"/good/{name}", Content_Length=0)

    def do_loop(self, name, body, asked):
        self.head(302, Location=self.path, Content_Length=0)


class Server(ThreadingHTTPServer):
    """Serves `files` (name -> bytes); remembers each request as (behaviour, file, Range header)."""

    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = dict(files)
        self.seen = []
        self.count = Counter()
        self.client_left = threading.Event()
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def mirror(self, behaviour):
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"

    def pause(self, seconds):
        if self.closing.wait(seconds):
            raise ConnectionAbortedError

    def handle_error(self, request, address):
        pass

    def stop(self):
        self.closing.set()
        self.shutdown()
        self.thread.join()
        self.server_close()


def wait_for(condition, seconds=10.0):
    """Whether `condition()` became true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
