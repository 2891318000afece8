"""The command line itself: quick, quiet, and clear about what is wrong."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from tenure import __version__
from tenure.analytics.errors import SpecError
from tenure.cli import main as cli
from tenure.kit.commands.output import CommandError

HEAVY = ("django", "duckdb", "pyarrow", "deltalake", "numpy", "ninja", "pydantic", "msgspec")


def test_help_loads_nothing_heavy_so_that_it_is_quick() -> None:
    code = (
        "import sys\nfrom tenure.cli import main\n"
        "try:\n    main.main(['--help'])\nexcept SystemExit: pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert all(name in done.stdout for name in cli.commands())


@pytest.mark.parametrize("name", cli.commands())
def test_each_command_can_be_found_under_its_name(name: str) -> None:
    app = typer.Typer()
    app.callback()(lambda: None)
    import_module(cli.commands()[name][0]).register(app)
    names = [c.name for c in app.registered_commands] + [g.name for g in app.registered_groups]
    assert name in names


def _exit(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    return int(ended.value.code or 0)


def test_version(capsys: Any) -> None:
    assert _exit(["--version"]) == 0
    assert capsys.readouterr().out == f"tenure {__version__}\n"


def test_a_misspelt_command_is_refused_with_the_right_one(capsys: Any) -> None:
    assert _exit(["polcy"]) == 2
    assert "policy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SpecError("roles.toml", "roles.admin", "is gone", "put it back"), 2, "put it back"),
        (CommandError("no such file", "name another"), 2, "name another"),
        (FileNotFoundError(2, "No such file", "x.csv"), 2, "x.csv: No such file"),
        (OSError(28, "No space left on device"), 2, "free space"),
        (ValueError("[bold]odd[/]"), 1, "[bold]odd[/]"),
    ],
)
def test_an_error_is_one_line_with_its_remedy(
    error: Exception, code: int, said: str, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(given: list[str]) -> Any:
        raise error

    monkeypatch.setattr(cli, "build", broken)
    assert _exit(["anything"]) == code
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown


def test_debug_shows_where_it_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(given: list[str]) -> Any:
        raise CommandError("no")

    monkeypatch.setenv("TENURE_DEBUG", "")
    monkeypatch.setattr(cli, "build", broken)
    with pytest.raises(CommandError):
        cli.main(["anything", "--debug"])


def test_no_command_file_is_forgotten() -> None:
    source = Path(cli.__file__).parents[1]
    files = {
        ".".join(("tenure", *path.relative_to(source).with_suffix("").parts))
        for path in source.rglob("*.py")
        if "def register(app: typer.Typer)" in path.read_text("utf-8")
    }
    named = {module for module, _ in cli.commands().values()}
    assert len(files) > 30
    assert files <= named
