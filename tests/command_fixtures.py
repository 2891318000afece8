"""The command ``tenure``, driven as a user would: in a shell on an installation of one's own, or,
where nothing depends on a process of its own, in this process on the test's workspace."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from people import PASSWORD

from tenure.cli.main import main

TENURE = (sys.executable, "-m", "tenure.cli.main")


class Command:
    """``tenure`` on one workspace."""

    home: Path

    def run(self, *arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        raise NotImplementedError

    def ok(self, *arguments: object, stdin: str = "") -> str:
        """Run one command that must succeed without a word on standard error."""
        done = self.run(*arguments, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    def init(self) -> str:
        """Make the workspace with Alice as its admin."""
        return self.ok("init", "--email", "alice@example.com", "--password-stdin", stdin=PASSWORD)


@dataclass
class Here(Command):
    """In this process: state is in the test's database."""

    home: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def run(self, *arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        given = [str(word) for word in arguments]
        self.monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(given)
        said = self.capsys.readouterr()
        code = 0 if ended.value.code is None else int(ended.value.code)
        return subprocess.CompletedProcess(given, code, said.out, said.err)


@pytest.fixture
def here(
    workspace: Any, db: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Here:
    """The command in this process, on this test's workspace."""
    monkeypatch.setenv("COLUMNS", "200")
    return Here(workspace.home, capsys, monkeypatch)


@dataclass
class Installation(Command):
    """In a shell: a workspace folder (and database) that only commands touch."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*TENURE, *map(str, arguments)], input=stdin, capture_output=True, text=True,
            env=self.environment, timeout=240, check=False, cwd=self.home.parent,
        )  # fmt: skip

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
