"""Mapping a file with every option, and a wrong merge, in real Chromium."""

from __future__ import annotations

import os
from typing import Any

import pytest
from connectors.files.test_import_pages import TITLED
from django.utils import timezone

from tenure.connectors.files import uploads
from tenure.facts.models import IdentityLink, IdentitySplit

MODES = [("light", False), ("dark", False), ("light", True)]
NAMES = ["light", "dark", "phone"]


@pytest.mark.parametrize(("theme", "phone"), MODES, ids=NAMES)
def test_a_titled_file_is_mapped_with_words_of_its_own(browse, workspace: Any, alice, theme, phone):
    kept = uploads.save([TITLED], "abos.csv")
    window = browse(alice, theme, phone)
    page = window.open(f"/facts/imports/new/{kept.token}/?table=subscriptions")
    page.click("summary:has-text('How the file is written')")
    page.fill("#header", "3")
    page.click("button:has-text('Read the file again')")
    page.select_option("[id='c-account_id']", "Kunde")
    page.fill("#words", "status: Churned = cancelled")
    page.wait_for_selector("#preview p")
    window.check()
    if folder := os.environ.get("TENURE_SHOTS"):
        page.screenshot(path=f"{folder}/map-{theme}-{phone}.png", full_page=True)


@pytest.mark.parametrize(("theme", "phone"), MODES, ids=NAMES)
def test_a_wrong_merge_is_split_where_it_is_seen(browse, workspace: Any, alice, theme, phone):
    IdentityLink.objects.create(alias="bob", person_id="ada", linked_at=timezone.now())
    window = browse(alice, theme, phone)
    page = window.open("/facts/people/?person=ada")
    window.check()
    page.click("button:has-text('Split')")
    page.wait_for_selector("text=bob is no longer ada")
    window.check()
    if folder := os.environ.get("TENURE_SHOTS"):
        page.screenshot(path=f"{folder}/split-{theme}-{phone}.png", full_page=True)
    assert IdentitySplit.objects.get().split_by == alice.email
