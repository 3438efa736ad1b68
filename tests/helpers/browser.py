"""A headless Chromium, spoken to by the DevTools protocol over a pipe: no driver, no port and no further package.

Source
------
Chrome DevTools Protocol; with ``--remote-debugging-pipe`` messages are JSON that ends in a zero byte, read by the
browser from descriptor 3 and written by it to descriptor 4.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = (
    "--headless=new",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
_DEADLINE_S = 120.0


def chromium() -> str | None:
    """Path of a Chromium on this machine."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@dataclass
class Browser:
    """A page in a browser, and everything that it said and asked for."""

    reads: int
    writes: int
    session: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    _number: int = 0
    _rest: bytes = b""

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol, and its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writes, json.dumps(message).encode("utf-8") + b"\0")
        while True:
            answer = self._next(_DEADLINE_S)
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def value(self, expression: str) -> Any:
        """Value of an expression of JavaScript in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def open(self, page: Path, width_px: int, height_px: int = 900) -> None:
        """Open a file at a width, and wait until all its figures are drawn."""
        self.events.clear()
        is_narrow = width_px < 600
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width_px,
            height=height_px,
            deviceScaleFactor=1,
            mobile=is_narrow,
        )
        self.call("Page.navigate", url=page.resolve().as_uri())
        drawn = "document.documentElement?.dataset"
        deadline = time.monotonic() + _DEADLINE_S
        while not self.value(f"!!{drawn}?.figuresTotal && {drawn}.figuresDrawn === {drawn}.figuresTotal"):
            assert time.monotonic() < deadline, f"figures are not drawn: {self.problems()}"
            time.sleep(0.1)

    def problems(self) -> list[str]:
        """Errors and warnings of the console, refused scripts and exceptions, in words."""
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(str(params["exceptionDetails"].get("exception", {}).get("description")))
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                found.append(str([part.get("value") for part in params["args"]]))
            elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"]["text"])
        return found

    def requests(self) -> list[str]:
        """Addresses that the page asked for."""
        asked = (event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent")
        return [str(params["request"]["url"]) for params in asked]

    def screenshot(self, path: Path) -> None:
        """The whole page as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(taken["data"]))

    def _next(self, seconds: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self.reads], [], [], seconds)
            assert ready, "the browser does not answer"
            more = os.read(self.reads, 1 << 20)
            assert more, "the browser has ended"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


@contextmanager
def headless(program: str, profile: Path) -> Iterator[Browser]:
    """A browser with one empty page, ended at the end.

    Parameters
    ----------
    program : str
    profile : path
        Folder for its files.
    """
    to_browser, from_browser = os.pipe(), os.pipe()
    # as root, which CI is, Chromium starts only without its sandbox; the pages are our own
    options = [*_OPTIONS, *(["--no-sandbox"] if os.geteuid() == 0 else []), f"--user-data-dir={profile}", "about:blank"]
    # descriptors 3 and 4 of the browser, whatever numbers the pipes have here
    script = f'exec 3<&{to_browser[0]} 4>&{from_browser[1]}; exec "$@"'
    process = subprocess.Popen(
        ["bash", "-c", script, "bash", program, *options],
        pass_fds=(to_browser[0], from_browser[1]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser[0])
    os.close(from_browser[1])
    try:
        browser = Browser(from_browser[0], to_browser[1])
        targets = browser.call("Target.getTargets")["targetInfos"]
        page = next((one for one in targets if one["type"] == "page"), None)
        target = browser.call("Target.createTarget", url="about:blank") if page is None else page
        browser.session = browser.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            browser.call(f"{domain}.enable")
        yield browser
    finally:
        os.close(to_browser[1])
        os.close(from_browser[0])
        process.terminate()
        process.wait(30)
