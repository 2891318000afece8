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

from tenure.accounts.finding import account_of
from tenure.accounts.models import Account, Membership, Person
from tenure.channels import registry
from tenure.channels.drafts import Draft, submit
from tenure.channels.kinds import About
from tenure.channels.settings import limits
from tenure.core import policy as policies
from tenure.core.roles import needs
from tenure.plays import contents, people, words
from tenure.plays.models import Enrolment
from tenure.plays.pages import summary
from tenure.plays.pages.finding import get
from tenure.plays.pages.views import head
from tenure.plays.spec import WRITES, Play

_FILLED = ("subject", "title", "text", "body", "words", "items", "link_text")


@dataclass(frozen=True)
class StepPreview:
    """A step that says something: to whom, and in which words."""

    id: str
    kind: str
    icon: str
    to: str
    heading: str
    text: str
    html: str
    test: str


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
    return render(request, "plays/preview.html", context)


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


def values_for(play: Play, account: str, contact: people.Contact | None) -> Mapping[str, Any]:
    """What the texts are filled with."""
    told = people.account_words({account}, play.told_signals()).get(account, {})
    return {**told, **people.person_words(contact)}


def _shown(play: Play, account: str, contact: people.Contact | None) -> list[StepPreview]:
    values = values_for(play, account, contact)
    found = []
    for step in play.steps:
        writes, spoken = isinstance(step, WRITES), step
        if writes and contact:
            spoken = registry.kind(step.kind).said(step, contact.locale)
        texts = {
            k: words.fill(getattr(spoken, k), values) for k in _FILLED if getattr(spoken, k, "")
        }
        if not texts:
            continue
        title, icon = summary.KINDS.get(step.kind, (step.kind, "circle"))
        heading = texts.pop("subject", "") or texts.pop("title", "")
        reached = _contact(play, account, step.kind) if writes else contact
        to = _to(step, reached)
        text, html = "\n\n".join(texts.values()), ""
        if writes:
            said = contents.content(step, values, About(locale=contact.locale if contact else ""))
            text, html = registry.channel(step.kind).shown(said) or (text, html)
        test = step.kind if writes else ""
        found.append(StepPreview(step.id, title, icon, to, heading, text, html, test))
    return found


def _to(step: Any, contact: people.Contact | None) -> str:
    if endpoint := getattr(step, "endpoint", ""):
        return f"endpoint “{endpoint}”"
    if step.kind == "task":
        return step.role.replace("_", " ") if step.role else "the account’s owner"
    if contact is None:
        lacks = registry.kind(step.kind).lacks if isinstance(step, WRITES) else "an address"
        return f"nobody: no contact with this role has {lacks}"
    if not contact.email:
        return contact.name or contact.id
    return f"{contact.name} <{contact.email}>" if contact.name else contact.email


@require_POST
@needs("plays.view")
def send(request: HttpRequest, name: str) -> HttpResponse:
    """Send one message of the play to oneself, filled in for the account that is looked at: a mail
    to one's address, others to oneself as a user of the product."""
    play, now = get(name), timezone.now()
    step = next((s for s in play.steps if s.id == request.POST.get("step")), None)
    account = Account.objects.filter(pk=request.POST.get("account", "")).first()
    if not isinstance(step, WRITES) or account is None:
        raise Http404("no such message, or no such account")
    back = f"{reverse('play_preview', args=[name])}?{urlencode({'account': account.pk})}"
    email = str(getattr(request.user, "email", ""))
    kind = registry.kind(step.kind)
    me = "" if kind.to == "email" else _myself(email, step.kind)
    if me is None:
        messages.error(request, kind.unknown.format(email=email))
        return redirect(back)
    values = values_for(play, account.pk, _contact(play, account.pk))
    content = contents.content(step, values, About(locale=request.POST.get("locale", "")))
    content = kind.as_test(content, limits(policies.load("channels"), step.kind))
    draft = Draft(
        f"test:{name}:{step.id}:{email}:{now.isoformat()}",
        step.kind,
        "service",
        me or email,
        content,
        now,
        f"test:{name}",
        me,
    )
    submit([draft], now=now)
    messages.success(request, kind.sent.format(email=email))
    return redirect(back)


def _myself(email: str, way: str) -> str | None:
    """The colleague as a person in the product who can be reached on ``way``."""
    rows = Person.objects.filter(people.reachable([way]), email__iexact=email)
    return rows.order_by("-last_seen_at").values_list("pk", flat=True).first() if email else None
