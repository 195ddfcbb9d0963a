"""Pictures of pages as people see them: a phone or a desk, by day or by night."""

from __future__ import annotations

import base64
from pathlib import Path

from tests.support.browser import Browser


class Camera(Browser):
    """A browser that looks and touches nothing."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._screen: dict[str, int] = {}
        self._call("Page.removeScriptToEvaluateOnNewDocument", identifier="1")

    def look(self, url: str, *, width: int, dark: bool = False) -> None:
        """Open an address on a screen of that many pixels."""
        self._screen = {"width": width, "deviceScaleFactor": 1, "mobile": width < 600}
        self._call("Emulation.setDeviceMetricsOverride", height=900, **self._screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        self._call("Page.navigate", url=url)
        waiting = "new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))"
        self.evaluate(waiting)

    def sideways(self) -> int:
        """By how many pixels the page is wider than the screen."""
        root = "document.documentElement"
        return int(self.evaluate(f"Math.max({root}.scrollWidth, document.body?.scrollWidth ?? 0) - {root}.clientWidth"))

    def style(self, selector: str, name: str) -> str:
        """What a property of an element comes to."""
        return str(self.evaluate(f"getComputedStyle(document.querySelector({selector!r}))[{name!r}]"))

    def press(self, key: str) -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9}[key])

    def picture(self, path: Path, *, height: int = 1600) -> None:
        """Keep what stands on the page's first so many pixels."""
        whole = int(self.evaluate("document.documentElement.scrollHeight"))
        self._call("Emulation.setDeviceMetricsOverride", height=min(whole, height), **self._screen)
        shot = self._call("Page.captureScreenshot", format="png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))
