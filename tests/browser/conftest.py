# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium that is given a page and posts back what it saw, or a skip that says what is missing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

HERE = Path(__file__).parent
PARSER = HERE / "node_modules" / "vtt.js" / "lib" / "vtt.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 90
sys.path.insert(0, str(HERE.parent / "pure"))

See = Callable[[Path, dict[str, Any]], dict[str, Any]]


class _Handler(SimpleHTTPRequestHandler):
    extensions_map: ClassVar[dict[str, str]] = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".vtt": "text/vtt",
        ".mp4": "video/mp4",
    }

    def do_POST(self) -> None:
        self.server.seen = json.loads(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()
        self.server.done.set()  # type: ignore[attr-defined]

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="session")
def see(tmp_path_factory: pytest.TempPathFactory) -> See:
    """``see(folder, request)``: what the browser saw of the request's files (``page.html`` says what can be asked)."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("chromium is not installed")
    if not PARSER.is_file():
        pytest.skip("vtt.js is not installed: npm install --no-package-lock --prefix tests/browser")

    def look(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
        shutil.copyfile(HERE / "page.html", folder / "page.html")
        shutil.copyfile(PARSER, folder / "vtt.js")
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
        server.seen, server.done = None, threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        profile = tmp_path_factory.mktemp("profile")
        command = [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ]
        command += ["--autoplay-policy=no-user-gesture-required", f"--user-data-dir={profile}"]
        command += [f"http://127.0.0.1:{server.server_port}/page.html"]
        log = profile / "log.txt"
        with log.open("wb") as output:
            child = subprocess.Popen(command, stdout=output, stderr=output)
            try:
                assert server.done.wait(PATIENCE_S), log.read_text(errors="replace")[-2000:]  # type: ignore[attr-defined]
            finally:
                child.terminate()
                child.wait(20)
                server.shutdown()
                server.server_close()
        seen = server.seen  # type: ignore[attr-defined]
        assert "failed" not in seen, seen["failed"]
        return seen

    return look
