"""A play's words as a real account would get them, and a test mail to oneself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from tenure.accounts.models import Account, Membership
from tenure.channels.drafts import Draft, submit
from tenure.core.roles import needs
from tenure.plays import people, words
from tenure.plays.models import Enrolment
from tenure.plays.spec import WRITES, MailStep, Play
from tenure.web.plays import told
from tenure.web.plays.acting import account_of
from tenure.web.plays.views import get, head

_FILLED = ("subject", "title", "text", "body", "words", "items", "link_text")


@dataclass(frozen=True)
class Shown:
    """A step that says something: to whom, and in which words."""

    id: str
    kind: str
    icon: str
    to: str
    heading: str
    text: str
    mail: bool


@needs("plays.view")
def page(request: HttpRequest, name: str) -> HttpResponse:
    """Every text of the play, filled in for one account."""
    play = get(name)
    account = _chosen(request.GET.get("account", "").strip(), name)
    contact = _contact(play, account.pk) if account else None
    context = {
        **head(name, play),
        "tab": "preview",
        "account": account,
        "asked": request.GET.get("account", ""),
        "contact": contact,
        "shown": _shown(play, account.pk, contact) if account else [],
    }
    return render(request, "web/plays/preview.html", context)


def _chosen(asked: str, name: str) -> Account | None:
    if asked:
        return Account.objects.filter(pk=account_of(asked)).first()
    latest = Enrolment.objects.filter(play=name).order_by("-entered_at").first()
    if latest:
        return Account.objects.filter(pk=latest.account_id).first()
    return Account.objects.filter(status="active").order_by("-mrr_minor", "pk").first()


def _contact(play: Play, account: str, way: str = "mail") -> people.Contact | None:
    found = people.contacts({account}, play.to, way).get(account)
    if found or play.unit != "person":
        return found
    rows = Membership.objects.filter(
        people.reachable([way], "person__"), account_id=account, left_at=None
    )
    member = rows.order_by("-person__last_seen_at").values_list("person_id", flat=True).first()
    return people.by_id({member}, way).get(member) if member else None


def values_for(account: str, contact: people.Contact | None) -> Mapping[str, Any]:
    """What the texts are filled with."""
    return {**people.account_words({account}).get(account, {}), **people.person_words(contact)}


def _shown(play: Play, account: str, contact: people.Contact | None) -> list[Shown]:
    values = values_for(account, contact)
    found = []
    for step in play.steps:
        spoken = step.letter(contact.locale) if isinstance(step, MailStep) and contact else step
        texts = {
            k: words.fill(getattr(spoken, k), values) for k in _FILLED if getattr(spoken, k, "")
        }
        if not texts:
            continue
        title, icon = told.KINDS.get(step.kind, (step.kind, "circle"))
        heading = texts.pop("subject", "") or texts.pop("title", "")
        reached = _contact(play, account, step.kind) if isinstance(step, WRITES) else contact
        to = _to(step, reached)
        mail = isinstance(step, MailStep)
        found.append(Shown(step.id, title, icon, to, heading, "\n\n".join(texts.values()), mail))
    return found


def _to(step: Any, contact: people.Contact | None) -> str:
    if endpoint := getattr(step, "endpoint", ""):
        return f"endpoint “{endpoint}”"
    if step.kind == "task":
        return step.role.replace("_", " ") if step.role else "the account’s owner"
    if contact is None:
        how = "a device to push to" if step.kind == "push" else "an address"
        return f"nobody: no contact with this role has {how}"
    if not contact.email:
        return contact.name or contact.id
    return f"{contact.name} <{contact.email}>" if contact.name else contact.email


@require_POST
@needs("plays.view")
def send(request: HttpRequest, name: str) -> HttpResponse:
    """Send one mail of the play to oneself, filled in for the account that is looked at."""
    play, now = get(name), timezone.now()
    step = next((s for s in play.steps if s.id == request.POST.get("step")), None)
    account = Account.objects.filter(pk=request.POST.get("account", "")).first()
    if not isinstance(step, MailStep) or account is None:
        raise Http404("no such mail, or no such account")
    values = values_for(account.pk, _contact(play, account.pk))
    letter = step.letter(request.POST.get("locale", ""))
    content = {
        "subject": f"[Test] {words.fill(letter.subject, values)}",
        "text": words.fill(letter.text, values),
    }
    email = str(getattr(request.user, "email", ""))
    key = f"test:{name}:{step.id}:{email}:{now.isoformat()}"
    submit([Draft(key, "mail", "service", email, content, now, f"test:{name}")], now=now)
    messages.success(request, f"A test is on its way to {email}.")
    return redirect(f"{reverse('play_preview', args=[name])}?{urlencode({'account': account.pk})}")
