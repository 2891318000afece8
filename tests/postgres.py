"""A private PostgreSQL server for the test run, from Debian's package, thrown away afterwards.

Used when TENURE_TEST_DATABASE=postgres. Root may not run the server, so root runs it as
``postgres``. Also: ``python tests/postgres.py COMMAND ...`` runs COMMAND with DATABASE_URL set.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

FAST = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"  # it is thrown away
DATABASE = "tenure"


def binaries() -> Path:
    """The folder that holds ``initdb`` and ``pg_ctl``; SystemExit names the package to install."""
    on_path = shutil.which("pg_ctl")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not on_path and not found:
        sys.exit("PostgreSQL is not installed: apt-get install postgresql")
    return (found[-1] if found else Path(str(on_path))).parent


def _as_postgres(*command: object) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words]
    done = subprocess.run(words, capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        sys.exit(f"{words[-1]} failed:\n{done.stdout}{done.stderr}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start() -> str:
    """Start a server in a new folder, to be stopped at exit; gives its DATABASE_URL."""
    folder = Path(tempfile.mkdtemp(prefix="tenure-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    tools, data, port = binaries(), folder / "data", _free_port()
    _as_postgres(
        tools / "initdb",
        "--pgdata",
        data,
        "--username=tenure",
        "--auth=trust",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    )
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=60 {FAST}"
    control = (tools / "pg_ctl", "--pgdata", data, "--wait")
    _as_postgres(*control, "--log", folder / "log", "--options", options, "start")
    atexit.register(_stop, control, folder)
    _as_postgres(tools / "createdb", "-h", folder, "-p", port, "-U", "tenure", DATABASE)
    return f"postgres://tenure@127.0.0.1:{port}/{DATABASE}"


def _stop(control: tuple[object, ...], folder: Path) -> None:
    _as_postgres(*control, "--mode", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Run the command given against a fresh server."""
    environment = {**os.environ, "DATABASE_URL": start()}
    return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
