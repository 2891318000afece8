"""``tenure policy``: policy as files, under version control and in CI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tenure.cli import main as cli

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenure(workspace: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command in this process; gives exit code, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(a) for a in arguments])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_a_change_in_a_file_goes_in_force_and_back(tenure: Any, tmp_path: Path) -> None:
    assert tenure("policy", "export", tmp_path)[0] == 0
    file = tmp_path / "operations.toml"
    file.write_text(file.read_text().replace("disk_free_warn_mb = 2048", "disk_free_warn_mb = 99"))
    assert "+disk_free_warn_mb = 99" in tenure("policy", "diff", tmp_path)[1]
    assert tenure("policy", "check", tmp_path)[:2] == (0, "All files hold.\n")
    code, out, _ = tenure("policy", "apply", tmp_path, "--note", "small disk", "--json")
    assert (code, json.loads(out)) == (0, [{"name": "operations", "version": 1}])
    assert "disk_free_warn_mb = 99" in tenure("policy", "show", "operations")[1]
    assert "+disk_free_warn_mb = 99" in tenure("policy", "diff", "operations")[1]
    (version,) = json.loads(tenure("policy", "history", "operations", "--json")[1])
    assert version["note"] == "small disk"
    assert "version 2" in tenure("policy", "rollback", "operations", "--to", "0")[1]
    assert tenure("policy", "diff", "operations")[1] == "No difference.\n"


def test_a_wrong_file_is_named_with_key_and_remedy(tenure: Any, tmp_path: Path) -> None:
    tenure("policy", "export", tmp_path)
    file = tmp_path / "operations.toml"
    file.write_text(file.read_text().replace("disk_free_warn_mb", "disk_free_warn_gb"))
    code, _, said = tenure("policy", "check", tmp_path)
    assert code == 1
    assert "operations.toml: doctor." in said
    assert "To fix:" in said
    assert tenure("policy", "apply", tmp_path)[0] == 2
    code, out, _ = tenure("policy", "check", tmp_path, "--json")
    assert (code, json.loads(out)[0]["source"]) == (1, "operations.toml")


def test_the_list_names_every_document(tenure: Any) -> None:
    rows = json.loads(tenure("policy", "list", "--json")[1])
    assert {"roles", "operations"} <= {row["name"] for row in rows}
    assert tenure("policy", "show", "nonsense")[0] == 2
