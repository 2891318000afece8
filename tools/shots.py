"""Screenshots of every page of a running workspace: light, dark and phone width.

    tools/shots.py                       the demo workspace, on a server of its own
    tools/shots.py --url http://... --email you@... --password ...     a server that runs already
    tools/shots.py --only accounts --out shots

Pages are those of the navigation, plus the first account, the first task and every link of a tab.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

LOOKS = (("light", 1280, 900), ("dark", 1280, 900), ("phone", 390, 844), ("phone-dark", 390, 844))
FIRST = ".accounts tbody tr:first-child .cell-main, .tasks:first-child li:first-child .task-title"
OUTSIDE = ("/sign-in/login/",)
# The first colleague of the demo workspace.
EMAIL, PASSWORD = "alice@larkspur.example", "try-the-demo"


def main() -> None:
    """Take the pictures."""
    options = _options()
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    with _server(options) as (url, email, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for look, width, height in LOOKS:
            if options.look and look not in options.look:
                continue
            page = _open(browser, look, width, height)
            _outside(page, url, out, look, options.only)
            _sign_in(page, url, email, password)
            for path in _paths(page, url):
                if options.only in path:
                    _shoot(page, url + path, out / f"{_name(path)}.{look}.png")
            page.context.close()
        browser.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="")
    parser.add_argument("--email", default=EMAIL)
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--out", default="shots")
    parser.add_argument("--only", default="", help="paths that contain this text")
    parser.add_argument("--look", action="append", choices=[look for look, _, _ in LOOKS])
    return parser.parse_args()


@contextmanager
def _server(options: argparse.Namespace) -> Iterator[tuple[str, str, str]]:
    if options.url:
        yield options.url.rstrip("/"), options.email, options.password
        return
    with tempfile.TemporaryDirectory(prefix="tenure-shots-") as home:
        env = {**os.environ, "TENURE_HOME": home}
        tenure = [str(Path(sys.executable).with_name("tenure"))]
        subprocess.run([*tenure, "demo", "--no-serve"], env=env, check=True)
        port = _free_port()
        server = subprocess.Popen([*tenure, "serve", "--port", str(port)], env=env)
        try:
            _wait(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}", EMAIL, PASSWORD
        finally:
            server.terminate()
            server.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"the server did not answer at {url} within {seconds:.0f} seconds")


def _open(browser: Browser, look: str, width: int, height: int) -> Page:
    scheme: Any = "dark" if "dark" in look else "light"
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1
    )
    return context.new_page()


def _outside(page: Page, url: str, out: Path, look: str, only: str) -> None:
    for path in OUTSIDE:
        if only in path:
            _shoot(page, url + path, out / f"{_name(path)}.{look}.png")


def _sign_in(page: Page, url: str, email: str, password: str) -> None:
    page.goto(f"{url}/sign-in/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_selector(".sidebar", state="attached")


def _paths(page: Page, url: str) -> list[str]:
    """Navigation, start and profile; below each, its tabs and its first account or task."""
    found = ["/start/", "/profile/", "/sign-in/2fa/", "/no-such-page"]
    for link in page.locator(".sidebar .nav-list a").all():
        found.append(str(link.get_attribute("href")))
    for path in list(found):
        page.goto(url + path)
        for link in page.locator(f".tabs a, {FIRST}").all():
            href = str(link.get_attribute("href"))
            found.append(href if href.startswith("/") else path + href)
    return list(dict.fromkeys(found))


def _name(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"


def _shoot(page: Page, url: str, file: Path) -> None:
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
    print(f"{file}{'  WIDER THAN THE SCREEN' if wide else ''}")


if __name__ == "__main__":
    main()
