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

from tenure.accounts.models import Account, Membership, Person
from tenure.channels.drafts import Draft, submit
from tenure.channels.mail import letter
from tenure.core import policy as policies
from tenure.core.roles import needs
from tenure.plays import contents, people, words
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
        text, html = "\n\n".join(texts.values()), ""
        if isinstance(step, MailStep):
            said = contents.content(step, values, contact.locale if contact else "")["text"]
            text, html = letter.as_text(said), letter.fragment(said, letter.ON_PAGE, marked=True)
        test = step.kind if isinstance(step, WRITES) else ""
        found.append(Shown(step.id, title, icon, to, heading, text, html, test))
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
    """Send one message of the play to oneself, filled in for the account that is looked at: a mail
    to one's address, others to oneself as a user of the product."""
    play, now = get(name), timezone.now()
    step = next((s for s in play.steps if s.id == request.POST.get("step")), None)
    account = Account.objects.filter(pk=request.POST.get("account", "")).first()
    if not isinstance(step, WRITES) or account is None:
        raise Http404("no such message, or no such account")
    back = f"{reverse('play_preview', args=[name])}?{urlencode({'account': account.pk})}"
    email = str(getattr(request.user, "email", ""))
    me = "" if step.kind == "mail" else _myself(email, step.kind)
    if me is None:
        messages.error(request, _UNKNOWN[step.kind].format(email=email))
        return redirect(back)
    values = values_for(account.pk, _contact(play, account.pk))
    content = contents.content(step, values, request.POST.get("locale", ""))
    content = _as_test(content, step.kind)
    draft = Draft(
        f"test:{name}:{step.id}:{email}:{now.isoformat()}", step.kind, "service", me or email,
        content, now, f"test:{name}", me,
    )  # fmt: skip
    submit([draft], now=now)
    messages.success(request, _ON_ITS_WAY[step.kind].format(email=email))
    return redirect(back)


_UNKNOWN = {
    "in_app": "No user of the product has your address {email}. Sign in to it once, so that Tenure "
    "knows you as a person, and try again.",
    "push": "No user of the product with your address {email} has a device that takes pushes. "
    "Allow them in the product, on a device of yours, and try again.",
}
_ON_ITS_WAY = {
    "mail": "A test is on its way to {email}.",
    "in_app": "A test waits for you in the product, as the user {email}.",
    "push": "A test is on its way to the devices of the user {email}.",
}


def _myself(email: str, way: str) -> str | None:
    """The colleague as a person in the product who can be reached on ``way``."""
    rows = Person.objects.filter(people.reachable([way]), email__iexact=email)
    return rows.order_by("-last_seen_at").values_list("pk", flat=True).first() if email else None


def _as_test(content: dict[str, Any], way: str) -> dict[str, Any]:
    if way == "mail":
        return content | {"subject": f"[Test] {content['subject']}"}
    most = getattr(policies.load("channels"), way).title_most
    return content | {"title": f"[Test] {content['title']}"[:most]}
