"""One live server for the SDK tests, and the Node SDKs installed as locked."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import Live

HERE = Path(__file__).parent
NODE = HERE / "node"
SCRIPTS = HERE / "scripts"


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    server = Live(tmp_path_factory.mktemp("live") / "home")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The locked Node SDKs, installed once into a cache folder."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed here")
    lock = NODE / "package-lock.json"
    cache = Path(os.environ.get("TENURE_TEST_CACHE") or HERE.parents[1] / ".cache")
    folder = cache / f"node-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if not (folder / "node_modules").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(NODE / file, folder / file)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        if done.returncode:
            shutil.rmtree(folder)
            pytest.fail(f"npm ci failed: {done.stderr}")
    return folder / "node_modules"


def run_python(script: str, *arguments: str) -> None:
    """Run a script of SDK calls in a process of its own: SDKs keep global state."""
    command = [sys.executable, str(SCRIPTS / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def run_node(modules: Path, script: str, *arguments: str) -> None:
    """The same with Node."""
    env = {**os.environ, "NODE_PATH": str(modules)}
    command = ["node", str(SCRIPTS / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def python_sdk():
    return run_python


@pytest.fixture(scope="session")
def node_sdk(node_modules: Path):
    return lambda script, *arguments: run_node(node_modules, script, *arguments)
