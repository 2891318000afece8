"""The shop of the stories."""

from __future__ import annotations

from typing import Any

import pytest
import worlds
from programs.dunning.shop import MONDAY, Shop

from tenure.accounts.models import Account, Membership, Person
from tenure.core import policy
from tenure.programs.dunning import settings


@pytest.fixture
def shop(workspace: Any, db: None) -> Shop:
    worlds.fill("dunning shop", _open)
    return Shop()


def _open() -> None:
    text = settings.DEFAULT.read_text("utf-8").replace("on = false ", "on = true ", 1)
    policy.save(settings.DOCUMENT, text, "alice", "", MONDAY)
    account = Account.objects.create(id="acme", name="Acme")
    ann = Person.objects.create(id="ann", name="Ann", email="ann@acme.example")
    Membership.objects.create(person=ann, account=account, role="admin")
