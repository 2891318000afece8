"""Policy: packaged text until somebody saves a version; every version kept, checked, audited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import pytest
from core.documents import PALETTE, WALL, registered

from tenure.analytics.errors import SpecError
from tenure.core import audit, policy

pytestmark = pytest.mark.django_db
GREEN = 'colours = ["red", "green"]\n'


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path) -> Iterator[None]:
    yield from registered(tmp_path / "packaged")


def _save(name: str, body: str, now: datetime, note: str = "") -> int:
    return policy.save(name, body, "alice@example.com", note, now)


def test_the_packaged_text_is_in_force_until_somebody_saves() -> None:
    assert policy.version("test/palette") == policy.PACKAGED
    assert policy.text("test/palette") == PALETTE
    assert policy.load("test/palette").colours == ["red", "blue"]
    assert policy.versions("test/palette") == []


def test_texts_of_many_documents_are_read_by_one_query(
    now: datetime, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    _save("test/palette", GREEN, now)
    with django_assert_num_queries(1):
        found = policy.texts(["test/paints/wall", "test/palette"])
    assert found == [("test/paints/wall", WALL), ("test/palette", GREEN)]


def test_a_saved_version_counts_at_once_and_keeps_author_note_and_time(now: datetime) -> None:
    assert _save("test/palette", GREEN, now, "blue is out") == 1
    assert policy.load("test/palette").colours == ["red", "green"]
    (version,) = policy.versions("test/palette")
    assert (version.author, version.note, version.at, version.active) == (
        "alice@example.com",
        "blue is out",
        now,
        True,
    )


def test_saving_is_audited_with_both_versions(now: datetime) -> None:
    _save("test/palette", GREEN, now, "blue is out")
    (entry,) = audit.entries(action="policy")
    assert (entry.actor, entry.target_id, entry.before, entry.after, entry.why) == (
        "alice@example.com",
        "test/palette",
        {"version": 0},
        {"version": 1},
        "blue is out",
    )


def test_saving_the_same_text_makes_no_version(now: datetime) -> None:
    assert _save("test/palette", PALETTE, now) == 0
    _save("test/palette", GREEN, now)
    assert _save("test/palette", GREEN, now) == 1
    assert len(policy.versions("test/palette")) == 1


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ('colors = ["red"]', "colors"),
        ('colours = ["red"]\nsize = 3', "size"),
        ('colours = "red"', "colours"),
        ("colours = [", "(file)"),
        ("x" * 1_000_001, "text"),
        ("colours = []\x00", "text"),
    ],
)
def test_a_wrong_text_is_refused_by_file_and_key_and_nothing_changes(
    body: str, key: str, now: datetime
) -> None:
    with pytest.raises(SpecError) as refused:
        _save("test/palette", body, now)
    assert (refused.value.source, refused.value.key) == ("test/palette.toml", key)
    assert refused.value.remedy
    assert policy.text("test/palette") == PALETTE


def test_a_change_that_breaks_another_document_is_refused(now: datetime) -> None:
    with pytest.raises(SpecError) as refused:
        _save("test/palette", 'colours = ["blue"]', now)
    assert refused.value.source == "test/paints/wall.toml"
    assert policy.version("test/palette") == 0


def test_two_changes_that_hold_only_together_are_taken_together(now: datetime) -> None:
    changes = {"test/palette": 'colours = ["blue"]', "test/paints/wall": 'colour = "blue"'}
    assert policy.save_all(changes, "alice", "", now) == {"test/palette": 1, "test/paints/wall": 1}


def test_who_started_from_an_older_version_is_told(now: datetime) -> None:
    _save("test/palette", GREEN, now)
    with pytest.raises(SpecError, match="somebody else"):
        policy.save("test/palette", 'colours = ["red"]', "bob", "", now, expected=0)
    assert policy.save("test/palette", 'colours = ["red"]', "bob", "", now, expected=1) == 2


def test_rolling_back_makes_a_new_version_with_the_old_text(now: datetime) -> None:
    _save("test/palette", GREEN, now)
    _save("test/palette", 'colours = ["red"]', now)
    assert policy.rollback("test/palette", 1, "alice", "", now) == 3
    assert policy.text("test/palette") == GREEN
    assert policy.versions("test/palette")[0].note == "back to version 1"


def test_rolling_back_to_the_packaged_text_follows_the_package_from_then_on(
    now: datetime, tmp_path: Path
) -> None:
    _save("test/palette", GREEN, now)
    policy.rollback("test/palette", policy.PACKAGED, "alice", "", now)
    assert policy.text("test/palette") == PALETTE
    (tmp_path / "packaged" / "palette.toml").write_text('colours = ["red", "new"]')
    assert policy.load("test/palette").colours == ["red", "new"]


def test_a_version_that_does_not_exist_is_refused(now: datetime) -> None:
    with pytest.raises(SpecError, match="9 does not exist"):
        policy.rollback("test/palette", 9, "alice", "", now)


def test_the_diff_names_what_changed(now: datetime) -> None:
    _save("test/palette", GREEN, now)
    found = policy.diff("test/palette")
    assert '-colours = ["red", "blue"]' in found
    assert '+colours = ["red", "green"]' in found
    assert "(packaged)" in found
    assert "(in force)" in found
    assert policy.diff("test/palette", 1, None) == ""


def test_a_workspace_adds_its_own_member_of_a_family_and_removes_it_again(now: datetime) -> None:
    _save("test/paints/door", 'colour = "blue"', now)
    assert policy.list_names("test/paints/") == ["test/paints/door", "test/paints/wall"]
    assert policy.load("test/paints/door").colour == "blue"
    policy.rollback("test/paints/door", policy.PACKAGED, "alice", "", now)
    assert policy.list_names("test/paints/") == ["test/paints/wall"]
    with pytest.raises(SpecError, match="does not exist"):
        policy.text("test/paints/door")


@pytest.mark.parametrize(
    "name", ["nope", "test/paints/../../x", "test/paints/A b", "test/paints/", ""]
)
def test_a_name_that_is_no_document_is_refused(name: str, now: datetime) -> None:
    with pytest.raises(SpecError, match="no policy document"):
        _save(name, WALL, now)


def test_the_label_changes_with_the_text_and_only_with_it(now: datetime) -> None:
    packaged = policy.label("test/palette")
    assert packaged.startswith("v0-")
    _save("test/palette", GREEN, now)
    assert policy.label("test/palette").startswith("v1-")
    policy.rollback("test/palette", 0, "alice", "", now)
    assert policy.label("test/palette") == packaged


class TestFolder:
    """Policy as files."""

    def test_an_exported_folder_applied_again_changes_nothing(
        self, tmp_path: Path, now: datetime
    ) -> None:
        _save("test/palette", GREEN, now)
        written = policy.export(tmp_path / "out")
        assert tmp_path / "out" / "test" / "paints" / "wall.toml" in written
        assert policy.check(tmp_path / "out") == []
        assert policy.apply(tmp_path / "out", "alice", "", now) == {}
        assert policy.compare(tmp_path / "out") == {}

    def test_one_wrong_file_keeps_all_others_out(self, tmp_path: Path, now: datetime) -> None:
        folder = tmp_path / "out"
        policy.export(folder)
        (folder / "test" / "palette.toml").write_text(GREEN)
        (folder / "test" / "paints" / "wall.toml").write_text('colour = "pink"')
        assert [e.source for e in policy.check(folder)] == ["test/paints/wall.toml"]
        with pytest.raises(SpecError, match="pink"):
            policy.apply(folder, "alice", "", now)
        assert policy.version("test/palette") == 0

    def test_every_wrong_file_is_named_at_once(self, tmp_path: Path) -> None:
        folder = tmp_path / "out"
        policy.export(folder)
        (folder / "test" / "palette.toml").write_text("colours = 3")
        (folder / "roles.toml").write_text("x = 1")
        assert {e.source for e in policy.check(folder)} == {"test/palette.toml", "roles.toml"}

    def test_comments_survive(self, tmp_path: Path, now: datetime) -> None:
        folder = tmp_path / "out"
        policy.export(folder)
        file = folder / "test" / "palette.toml"
        file.write_text(file.read_text() + "# and no more\n")
        policy.apply(folder, "alice", "", now)
        assert policy.text("test/palette").endswith("# and no more\n")

    @pytest.mark.parametrize("kind", ["missing", "empty", "stranger", "latin1"])
    def test_a_folder_that_is_none_of_ours_is_refused(
        self, tmp_path: Path, kind: str, now: datetime
    ) -> None:
        folder = tmp_path / "policy"
        if kind != "missing":
            folder.mkdir()
        if kind == "stranger":
            (folder / "stranger.toml").write_text("x = 1")
        if kind == "latin1":
            (folder / "roles.toml").write_bytes(b"# \xe9\n")
        with pytest.raises(SpecError) as refused:
            policy.apply(folder, "alice", "", now)
        assert refused.value.remedy
        assert len(policy.check(folder)) == 1
