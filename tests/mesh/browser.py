"""A Chromium without a window, driven by chromedriver in the W3C's WebDriver protocol; of it, what the tests need."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ENTER = "\ue007"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# Without a sandbox, which root and most containers cannot have: it opens pages of our own alone.
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server", "--disable-gpu")


class Browser:
    """One window."""

    def __init__(self, driver: httpx.Client, session: str) -> None:
        self._driver, self._session = driver, session

    def open(self, url: str) -> None:
        """Goes to an address, and waits until it is loaded."""
        self._call("url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script in the page returns, or what the promise that it returns is kept with."""
        return self._call("execute/sync", {"script": script, "args": arguments})

    def fill(self, selector: str, text: str) -> None:
        """Puts this in the place of what a field holds, as if it were pasted."""
        self._call(f"element/{self._element(selector)}/clear", {})
        self.run("document.querySelector(arguments[0]).focus()", selector)
        self.command("Input.insertText", {"text": text})

    def press(self, selector: str, key: str) -> None:
        """Presses a key there."""
        self._call(f"element/{self._element(selector)}/value", {"text": key})

    def click(self, selector: str) -> None:
        """Clicks as a person would: on what is shown and enabled."""
        self._call(f"element/{self._element(selector)}/click", {})

    def text(self, selector: str) -> str:
        """What a person reads there."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def complaints(self) -> list[str]:
        """What the console was told since it was last asked, but for answers that were no success."""
        entries = self._call("se/log", {"type": "browser"})
        return [each["message"] for each in entries if "Failed to load resource" not in each["message"]]

    def resize(self, width: int, height: int) -> None:
        """Gives the page this many pixels."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", metrics)

    def command(self, name: str, parameters: dict[str, Any]) -> Any:
        """A command of Chromium's own protocol."""
        return self._call("goog/cdp/execute", {"cmd": name, "params": parameters})

    def _element(self, selector: str) -> str:
        return str(self._call("element", {"using": "css selector", "value": selector})[ELEMENT])

    def _call(self, what: str, body: dict[str, Any]) -> Any:
        answer = self._driver.post(f"/session/{self._session}/{what}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]


@contextmanager
def browser() -> Iterator[Browser]:
    """A window with a profile of its own, that is closed and forgotten afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="qpo-browser-", ignore_cleanup_errors=True) as folder,
        _chromedriver(Path(folder)) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=60) as driver,
    ):
        options = {"args": [*OPTIONS, f"--user-data-dir={folder}/profile"]}
        asked = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        made = driver.post("/session", json={"capabilities": {"alwaysMatch": asked}})
        assert made.status_code == 200, made.text
        session = made.json()["value"]["sessionId"]
        try:
            yield Browser(driver, session)
        finally:
            driver.delete(f"/session/{session}")


@contextmanager
def _chromedriver(home: Path) -> Iterator[str]:
    """A chromedriver on a free port; the address."""
    command, environment = ["chromedriver", "--port=0"], {**os.environ, "HOME": str(home)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        try:
            said: list[str] = []
            for line in process.stdout or ():
                if found := re.search(r"started successfully on port (\d+)", line):
                    yield f"http://127.0.0.1:{found[1]}"
                    return
                said.append(line)
            raise AssertionError(f"chromedriver did not start: {''.join(said)}")
        finally:
            process.terminate()
