"""A headless Chromium of one's own, driven over its debugging pipe (https://chromedevtools.github.io/devtools-protocol/).

Every document that it opens, frames within frames too, has a function `fire`: whatever calls it is a script that ran.
Once a document has loaded, its elements are touched: each handler that one names is called, it is focused and clicked.
That is left out for a browser that shall only look (`touch=False`).
"""

from __future__ import annotations

import fcntl
import functools
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--no-proxy-server",
    "--disable-default-apps", "--mute-audio", "--remote-debugging-pipe",
    # Frames share a process, so that one session hears of them all; no name leads off this machine.
    "--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process,IsolateSandboxedIframes",
    "--host-resolver-rules=MAP * 127.0.0.1:9, EXCLUDE 127.0.0.1",
)  # fmt: skip
_TOUCH = """
window.fire = () => {
  const names = [];
  try { for (let here = window; here !== top; here = here.parent) names.push(here.frameElement.id); } catch {}
  __fired(names.filter(Boolean).join(' ') || location.href);
};
(() => {
  const scripted = link => /^javascript:/i.test(link.protocol || link.href?.animVal || link.href?.baseVal || '');
  const stay = event => {
    const link = event.target.closest?.('a, area'), button = event.submitter;
    const action = button?.hasAttribute('formaction') ? button.formAction : event.target.action;
    if (event.type == 'submit' ? !/^javascript:/i.test(action) : link && !scripted(link)) event.preventDefault();
  };
  const touch = () => {
    for (const one of ['click', 'submit']) addEventListener(one, stay);
    for (const element of document.querySelectorAll('*')) {
      for (const {name} of [...element.attributes]) if (name.startsWith('on'))
        try { element.dispatchEvent(new Event(name.slice(2))); } catch {}
      try { element.focus?.(); } catch {}
      const click = new MouseEvent('click', {bubbles: true});
      try { element.click ? element.click() : element.dispatchEvent(click); } catch {}
    }
  };
  addEventListener('load', () => setTimeout(touch, 0));
})();
"""
_GALLERY = """new Promise(done => {
  const pages = %s;
  document.body.replaceChildren(...pages.map(page => {
    const frame = document.createElement('iframe');
    if (page.url) frame.src = page.url; else [frame.id, frame.srcdoc] = [page.id, page.html];
    frame.addEventListener('load', () => pages.length == ++window.loaded && setTimeout(done, 250), {once: true});
    return frame;
  }));
  window.loaded = 0;
  setTimeout(done, 8000);
})"""


class Browser:
    """The browser, with one page. `fired` holds where scripts ran, `requests` what was asked for over the network."""

    def __init__(self, folder: Path, *, touch: bool = True) -> None:
        assert CHROMIUM
        self.fired: list[str] = []
        self.requests: list[str] = []
        self._count = 0
        self._rest = b""
        (theirs_in, self._out), (self._in, theirs_out) = os.pipe(), os.pipe()
        self._process = subprocess.Popen(
            [CHROMIUM, *_FLAGS, f"--user-data-dir={folder}"],
            preexec_fn=functools.partial(_place, theirs_in, theirs_out),
            pass_fds=(3, 4),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._session: str | None = None
        page = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self._call(f"{domain}.enable")
        self._call("Runtime.addBinding", name="__fired")
        if touch:
            self._call("Page.addScriptToEvaluateOnNewDocument", source=_TOUCH)

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._out)
        os.close(self._in)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def open(self, url: str) -> str:
        """Open an address as a person does, wait until it has loaded and been touched; gives the page's text."""
        self._call("Page.navigate", url="about:blank")
        self._call("Page.navigate", url=url)
        waiting = "new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))"
        self.evaluate(f"{waiting}.then(() => new Promise(done => setTimeout(done, 100)))")
        return str(self.evaluate("document.documentElement.outerHTML"))

    def show(self, urls: Sequence[str], *, within: str) -> None:
        """Open addresses of a server, each in a frame of the document `within`, which lies there and has no policy."""
        self._show([{"url": url} for url in urls], within)

    def show_documents(self, documents: Mapping[str, str]) -> None:
        """Open pages that lie nowhere, each in a frame; `fired` names them."""
        self._show([{"id": name, "html": html} for name, html in documents.items()], "about:blank")

    def _show(self, pages: Sequence[Mapping[str, str]], within: str) -> None:
        for start in range(0, len(pages), 50):
            self.open(within)
            self.evaluate(_GALLERY % json.dumps(pages[start : start + 50]))

    def evaluate(self, expression: str) -> Any:
        """What an expression, or its promise, comes to in the page."""
        result = self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return result["result"].get("value")

    def _call(self, method: str, **parameters: Any) -> Any:
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._count:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._hear(answer)

    def _next(self) -> Any:
        while b"\0" not in self._rest:
            part = os.read(self._in, 1 << 20)
            assert part, "the browser has gone"
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        return json.loads(line)

    def _hear(self, event: dict[str, Any]) -> None:
        match event.get("method"):
            case "Runtime.bindingCalled":
                self.fired.append(event["params"]["payload"])
            case "Network.requestWillBeSent":
                self.requests.append(event["params"]["request"]["url"])
            case "Page.javascriptDialogOpening":
                self.fired.append(event["params"]["url"])
                self._count += 1
                closing = {"id": self._count, "method": "Page.handleJavaScriptDialog", "params": {"accept": False}}
                os.write(self._out, json.dumps({**closing, "sessionId": self._session}).encode() + b"\0")


def _place(theirs_in: int, theirs_out: int) -> None:
    """The ends of the pipes where the browser looks for them: it reads from 3 and writes to 4."""
    apart = fcntl.fcntl(theirs_in, fcntl.F_DUPFD, 10), fcntl.fcntl(theirs_out, fcntl.F_DUPFD, 10)
    os.dup2(apart[0], 3)
    os.dup2(apart[1], 4)
