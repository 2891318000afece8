"""The workspace folder, its key, and which database holds its state."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tenure.analytics.errors import SpecError
from tenure.core import migrate, workspace
from tenure.core.database import database_settings
from tenure.core.workspace import Workspace

FILE = Path("/w/state.sqlite3")


def test_the_folder_is_made_on_first_use_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "a" / "b"))
    assert workspace.current().home == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0


def test_the_key_is_made_once_and_stays(tmp_path: Path) -> None:
    key = Workspace(tmp_path).secret_key()
    assert len(key) > 50
    assert Workspace(tmp_path).secret_key() == key
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\nfrom tenure.core.workspace import Workspace\n"
        f"print(Workspace(Path({str(tmp_path)!r})).secret_key())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(4)
    ]
    assert len({p.communicate(timeout=120)[0] for p in started}) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["secret.key"]


def test_threads_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    found: list[object] = []
    for attempt in range(40):
        home, barrier = tmp_path / str(attempt), threading.Barrier(8)
        home.mkdir()

        def ask(home: Path = home, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            try:
                found.append((home.name, Workspace(home).secret_key()))
            except OSError as error:
                found.append(error)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [p.name for p in home.iterdir()] == ["secret.key"]
    assert [e for e in found if isinstance(e, OSError)] == []
    assert len(found) == 40 * 8
    assert len(set(found)) == 40


def test_state_is_in_the_workspace_and_survives_a_power_cut() -> None:
    settings = database_settings(None, FILE)
    assert settings["NAME"] == str(FILE)
    assert "synchronous=FULL" in settings["OPTIONS"]["init_command"]
    assert settings["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_url_names_a_postgresql_database() -> None:
    settings = database_settings("postgres://al%40ice:p%2Fw@db:5433/cs?sslmode=require", FILE)
    wanted = {"NAME": "cs", "USER": "al@ice", "PASSWORD": "p/w", "HOST": "db", "PORT": "5433"}
    assert wanted.items() <= settings.items()
    assert settings["OPTIONS"] == {"sslmode": "require"}
    socket = database_settings("postgresql:///cs?host=/run/pg", FILE)
    assert (socket["HOST"], socket["OPTIONS"]) == ("/run/pg", {})


@pytest.mark.parametrize("url", ["mysql://a@b/c", "postgres://db", "nonsense", "postgres://db/"])
def test_any_other_url_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(SpecError, match="unset it to use SQLite"):
        database_settings(url, FILE)


@pytest.mark.django_db
def test_a_current_database_has_nothing_pending_and_nothing_unknown() -> None:
    assert migrate.pending() == []
    assert migrate.ahead() == []
    assert migrate.ensure_current() == []


@pytest.mark.django_db
def test_a_database_from_the_future_is_recognised() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('core', '9999_later', CURRENT_TIMESTAMP)"
        )
    assert migrate.ahead() == ["core.9999_later"]
