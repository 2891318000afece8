"""A channel is one folder and its name: everything else finds it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tenure.channels import registry
from tenure.channels.settings import DEFAULT, packaged
from tenure.plays import spec
from tenure.plays.step_specs import ON_CHANNELS, POSTS, WRITES

KIND = """
from pydantic import BaseModel, Field
from tenure.channels.kinds import Kind, StepSpec

class Fax(BaseModel):
    lines_most: int = Field(ge=1)

class FaxStep(StepSpec):
    text: str = Field(min_length=1)
    purpose: str = ""
    urgent: bool = False

class FaxKind(Kind[FaxStep]):
    name, title, icon, to = "fax", "Fax", "bell", "person"
    step, settings = FaxStep, Fax
    sent = "A test is on its way."

    def content(self, step, values, fill, about):
        return {"lines": fill(step.text, values).splitlines()[: about.limits.lines_most]}

KIND = FaxKind()
"""
TRANSPORT = """
from contextlib import contextmanager
from tenure.channels.registry import Channel

class FaxTransport(Channel):
    name = "fax"

    def check(self, source, address, content):
        assert content["lines"]

    @contextmanager
    def session(self):
        def send(parcel, hand_over):
            hand_over()
            return "sent to " + parcel.address
        yield send

TRANSPORT = FaxTransport()
"""
POLICY = """
[channels.fax]
title = "Fax"
reaches = "person"
quiet = false
about = "On paper."

[fax]
lines_most = 2
"""
TRY = """
import json
import django
from tenure.channels import registry
registry.NAMES = (*registry.NAMES, "fax")  # the one line
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from datetime import UTC, datetime
from tenure.accounts.models import Account, Membership, Person
from tenure.channels import periodic_tasks, settings
from tenure.channels.models import Message
from tenure.plays import contents, people, spec
from tenure.plays.pages import form, summary
now = datetime(2026, 3, 4, 12, tzinfo=UTC)
kept = settings.parse("kept.toml", settings.DEFAULT.read_text("utf-8"))  # from before
step = spec.parse("p", PLAY).steps[0]
content = contents.content(step, {"account.name": "Acme"})
from tenure.channels.drafts import Draft, submit
Account.objects.create(id="acme", name="Acme")
ann = Person.objects.create(id="ann", name="Ann")
Membership.objects.create(person=ann, account_id="acme", role="admin")
reached = sorted(people.contacts({"acme"}, ["admin"], "fax"))
submit([Draft("f1", "fax", "service", "ann", content, now, person_id="ann")], now=now)
periodic_tasks.work(lambda: now)
row = Message.objects.get()
print(json.dumps({
    "settings": kept.fax.lines_most, "title": kept.channels["fax"].title, "content": content,
    "editor": "fax" in form.STEPS, "shown": summary.KINDS["fax"], "reached": reached,
    "state": row.state, "receipt": row.receipt,
}))
"""
PLAY = """
title = "Fax them"
about = "On paper."
purpose = "service"
unit = "account"
to = ["admin"]
trigger = { kind = "manual" }
steps = [{ id = "one", kind = "fax", text = "Hello {{ account.name }}\\nsecond\\nthird" }]
"""


def test_a_channel_that_is_dropped_in_is_found_by_policy_gate_outbox_and_plays(
    tmp_path: Path,
) -> None:
    """Beside its folder nothing is written but its name; a policy from before it still holds."""
    folder = tmp_path / "fax"
    folder.mkdir()
    for name, text in (("__init__.py", ""), ("kind.py", KIND), ("transport.py", TRANSPORT),
                       ("policy.toml", POLICY)):  # fmt: skip
        (folder / name).write_text(text)
    lines = f"import tenure.channels; tenure.channels.__path__.append({str(tmp_path)!r})\n"
    script = lines + TRY.replace("PLAY)", f"{textwrap.dedent(PLAY)!r})")
    env = {
        "PATH": "", "PYTHONPATH": ":".join(sys.path), "TENURE_HOME": str(tmp_path / "home"),
        "DJANGO_SETTINGS_MODULE": "tenure.web.settings",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) == {
        "settings": 2, "title": "Fax", "content": {"lines": ["Hello Acme", "second"]},
        "editor": True, "shown": ["Fax", "bell"], "reached": ["acme"], "state": "sent",
        "receipt": "sent to ann",
    }  # fmt: skip


def test_every_channel_has_its_words_its_settings_and_its_way_out() -> None:
    numbers = packaged()
    for name, kind in registry.kinds().items():
        assert (kind.name, registry.channel(name).name) == (name, name)
        assert kind.title
        assert name in numbers.channels
        assert (kind.settings is None) or hasattr(numbers, name)
        assert bool(kind.endpoint) == (kind.to == "endpoint")
        assert ON_CHANNELS[name] in (*WRITES, *POSTS)
    assert registry.addressed_to("endpoint") == ("webhook", "chat")


def test_no_central_file_of_plays_and_channels_names_each_channel() -> None:
    """What knows each channel knows it from the registry."""
    source = Path(spec.__file__).parents[1]
    knowing = [
        path.relative_to(source).as_posix()
        for room in ("channels", "plays", "work")
        for path in (source / room).rglob("*.py")
        if sum(f'"{name}"' in path.read_text("utf-8") for name in registry.NAMES) >= 3
    ]
    assert knowing == ["channels/registry.py"]
    assert DEFAULT.name == "policy.toml"


@pytest.mark.parametrize("name", ["carrier_pigeon", ""])
def test_a_channel_that_is_not_there_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        registry.channel(name)
