"""Headless Chromium by its DevTools protocol: open a file at a width and a colour scheme, and say what went wrong."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--remote-debugging-port=0", "--hide-scrollbars"),
    "--remote-allow-origins=*",
)


class Browser:
    """One page of one browser. `trouble` collects console errors, exceptions and failed loads."""

    def __enter__(self):
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            [CHROMIUM, *FLAGS, *sandbox, f"--user-data-dir={self._profile.name}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._next, self.trouble, self.asked = 0, [], []
        self._socket = self._connect()
        for domain in ("Page", "Log", "Runtime", "Network"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._process.terminate()
        self._process.wait(20)
        self._profile.cleanup()

    def _connect(self):
        import requests
        import websocket

        port = Path(self._profile.name) / "DevToolsActivePort"
        end = time.monotonic() + 60
        while not (port.exists() and port.read_text().strip()):
            assert time.monotonic() < end and self._process.poll() is None, "Chromium did not start"
            time.sleep(0.1)
        number = port.read_text().split()[0]
        session = requests.Session()
        session.trust_env = False  # a proxy has no business here
        pages = session.get(f"http://127.0.0.1:{number}/json", timeout=20).json()
        address = next(p["webSocketDebuggerUrl"] for p in pages if p["type"] == "page")
        session.close()
        return websocket.create_connection(address, timeout=60, http_no_proxy=["127.0.0.1"])

    def call(self, method, **given):
        """The result of one command; events on the way are looked at."""
        self._next += 1
        self._socket.send(json.dumps({"id": self._next, "method": method, "params": given}))
        while True:
            said = json.loads(self._socket.recv())
            if said.get("id") == self._next:
                assert "error" not in said, said
                return said["result"]
            self._event(said)

    def _event(self, said):
        what, facts = said.get("method"), said.get("params", {})
        if what == "Log.entryAdded" and facts["entry"]["level"] in ("error", "warning"):
            self.trouble.append(facts["entry"]["text"])
        elif what == "Runtime.exceptionThrown":
            self.trouble.append(facts["exceptionDetails"]["exception"]["description"])
        elif what == "Runtime.consoleAPICalled" and facts["type"] == "error":
            self.trouble.append(json.dumps(facts["args"]))
        elif what == "Network.requestWillBeSent":
            self.asked.append(facts["request"]["url"])
        elif what == "Network.loadingFailed":
            self.trouble.append(f"not loaded: {facts['errorText']}")

    def open(self, path, width=900, dark=False):
        """Load a file at a width, in a colour scheme; waits until all of it is there."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)
        self.call("Page.navigate", url=path.resolve().as_uri())
        end = time.monotonic() + 60
        while self.ask("document.readyState") != "complete" or self.ask("location.href") == "about:blank":
            assert time.monotonic() < end, f"{path} does not load"
            time.sleep(0.05)

    def ask(self, expression):
        """The value of a JavaScript expression on the page."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")
