"""Uploads: the sender's file name is never a path."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenure.analytics.errors import SpecError
from tenure.connectors.files import uploads
from tenure.connectors.files.settings import settings


def test_an_upload_is_kept_under_a_name_of_our_own(workspace: Any) -> None:
    kept = uploads.save([b"a,b\n", b"1,2\n"], "../../../etc/passwd\0.csv")
    assert kept.path.read_bytes() == b"a,b\n1,2\n"
    assert kept.path.is_relative_to(workspace.home / "uploads")
    assert uploads.find(kept.token) == kept
    assert "/" not in kept.name


@pytest.mark.parametrize(
    "token", ["", "..", "../../secret.key", "a" * 32, "A" * 32, "0" * 31 + "\n"]
)
def test_only_tokens_that_were_given_are_found(workspace: Any, token: str) -> None:
    with pytest.raises(SpecError, match="upload the file again"):
        uploads.find(token)


def test_links_put_in_the_place_of_an_upload_are_not_followed(workspace: Any) -> None:
    kept = uploads.save([b"a\n"], "a.csv")
    kept.path.unlink()
    kept.path.symlink_to("/etc/passwd")
    with pytest.raises(SpecError):
        uploads.find(kept.token)


def test_too_large_or_empty_uploads_leave_nothing(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings(), "upload_mb", 1)
    for chunks, says in (([b"x" * (1 << 20)] * 2, "larger than 1 MB"), ([], "is empty")):
        with pytest.raises(SpecError, match=says):
            uploads.save(chunks, "a.csv")
    assert list((workspace.home / "uploads").iterdir()) == []


def test_old_uploads_are_tidied_away(workspace: Any) -> None:
    kept = uploads.save([b"a\n"], "a.csv")
    assert uploads.tidy(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert uploads.tidy(datetime.now(UTC) + timedelta(hours=1)) == 1
    uploads.remove(kept.token)
