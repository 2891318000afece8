"""An installation of one's own, driven as a user would: the command ``tenure`` in a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from people import PASSWORD

TENURE = (sys.executable, "-m", "tenure.cli.main")


@dataclass
class Installation:
    """A workspace folder (and database) that only commands touch."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [*TENURE, *map(str, arguments)], input=stdin, capture_output=True, text=True,
            env=self.environment, timeout=240, check=False, cwd=self.home.parent,
        )  # fmt: skip

    def ok(self, *arguments: object, stdin: str = "") -> str:
        """Run one command that must succeed without a word on standard error."""
        done = self.run(*arguments, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    def init(self) -> str:
        """Make the workspace with Alice as its admin."""
        return self.ok("init", "--email", "alice@example.com", "--password-stdin", stdin=PASSWORD)

    def ready(self, template: Path) -> None:
        """Like ``init``, but copied from a workspace made before, where state is one file."""
        if "DATABASE_URL" in self.environment:
            self.init()
        else:
            shutil.copytree(template, self.home, dirs_exist_ok=True)


def _own_database(url: str) -> Iterator[str]:
    import psycopg

    name = f"tenure_{uuid4().hex[:10]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Callable[[str], Installation]]:
    """Make installations, each with its own folder and, on PostgreSQL, its own database."""
    open_databases = []

    def make(name: str = "workspace") -> Installation:
        environment = {**os.environ, "TENURE_HOME": str(tmp_path / name), "COLUMNS": "200"}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        if url := os.environ.get("DATABASE_URL"):
            database = _own_database(url)
            environment["DATABASE_URL"] = next(database)
            open_databases.append(database)
        return Installation(tmp_path / name, environment)

    yield make
    for database in open_databases:
        next(database, None)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with Alice as its admin, to be copied."""
    home = tmp_path_factory.mktemp("template") / "workspace"
    environment = {**os.environ, "TENURE_HOME": str(home)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    if "DATABASE_URL" not in environment:
        Installation(home, environment).init()
    return home


@pytest.fixture
def installation(install: Callable[[], Installation]) -> Installation:
    """One installation, not yet initialised."""
    return install()
