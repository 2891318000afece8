"""A full disk: senders are told so, nothing is acknowledged in vain, and all goes on afterwards."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import Live

pytestmark = pytest.mark.faults
MEGABYTE = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 120 MB, of which nothing else is on."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=120m", "tmpfs", str(place)]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, check=False).returncode:
        pytest.skip("a small file system can be mounted by root only")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def post(live: Live, message_id: str) -> tuple[int, dict[str, str]]:
    call = {"type": "track", "event": "Signed In", "userId": "alice", "messageId": message_id}
    asked = urllib.request.Request(
        f"{live.url}/v1/batch",
        data=json.dumps({"batch": [call]}).encode(),
        headers={"Authorization": "Basic " + base64.b64encode(f"{live.key}:".encode()).decode()},
    )
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, {**json.loads(error.read()), "later": error.headers["Retry-After"]}


def fill(disk: Path, leave: int) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        while shutil.disk_usage(disk).free > leave + MEGABYTE:
            file.write(b"\0" * MEGABYTE)
            file.flush()
    return ballast


def test_a_full_disk_is_told_and_overcome(small_disk: Path) -> None:
    live = Live(small_disk / "home")
    try:
        live.start()
        assert post(live, "before")[0] == 200
        live.until_landed(1)
        ballast = fill(small_disk, leave=0)
        live.until(lambda: post(live, "full")[0] == 503, 20)
        status, said = post(live, "full")
        assert (status, said["code"]) == (503, "disk_full")
        assert "free space" in said["message"]
        assert int(said["later"]) > 0
        ballast.unlink()
        live.until(lambda: post(live, "full")[0] == 200, 20)
        assert post(live, "after")[0] == 200
        rows = live.until_landed(3)
        assert sorted(row["message_id"] for row in rows) == ["after", "before", "full"]
        assert live.server is not None
        assert live.server.poll() is None
    finally:
        live.stop()
