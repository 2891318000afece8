"""The hosted page: ``/m/cancel/TOKEN/``. Works without script, by keyboard, on a phone.

A token is one of three: made by the customer's backend with an in-app key (``may = ["cancel"]``), a
link of ours, or the code of a visit. The first two lead to the third. Nobody signs in and no cookie
is looked at: the address is the proof, so nothing could be forged from elsewhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tenure.channels.in_app import keys
from tenure.channels.in_app.tokens import BadToken
from tenure.programs.cancel import documents, ledger, links, screens, visits
from tenure.programs.cancel.models import Visit
from tenure.web import workspace_name
from tenure.web.cancelling.acting import act, clean


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The screen a visit stands at, or the beginning of one."""
    now, token = timezone.now(), clean(token)
    who = _who(token, now)
    if who is not None:
        return _start(request, who, now) if request.method == "GET" else HttpResponse()
    visit = Visit.objects.filter(code=token).first()
    if visit is None or _too_old(visit, now):
        return _told(request, "closed_title", "closed_text", 404)
    if request.method == "POST":
        return _posted(request, visit, now)
    return _page(request, visit, now)


def _who(token: str, now: datetime) -> links.Who | None:
    if ":" in token:
        return links.read(token, documents.current().running.page_days)
    if "." not in token:
        return None
    try:
        holder = keys.holder_of(token, now)
    except BadToken:
        return None
    return links.Who(holder.account_id, holder.person_id) if "cancel" in holder.may else None


def _start(request: HttpRequest, who: links.Who, now: datetime) -> HttpResponse:
    wanted = who.subscription_id or request.GET.get("subscription", "")[:255]
    try:
        visit = visits.start(
            who.account_id, who.person_id, wanted, language=_language(request), now=now
        )
    except visits.Closed:
        return _told(request, "closed_title", "closed_text", 404)
    except visits.NothingRuns:
        return _told(request, "closed_title", "none", 404)
    except visits.Several as several:
        return _choose(request, several)
    answer = redirect("cancel_page", visit.code)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _too_old(visit: Visit, now: datetime) -> bool:
    days = timedelta(days=documents.current().running.page_days)
    return visit.ended_at is not None and now - visit.ended_at > days


def _language(request: HttpRequest) -> str:
    asked = request.headers.get("Accept-Language", "").split(",")[0].split(";")[0].strip()
    return request.GET.get("lang", "") or asked


def _posted(request: HttpRequest, visit: Visit, now: datetime) -> HttpResponse:
    given = {name: clean(str(value)) for name, value in request.POST.items()}
    if given.get("act") == "told" and visit.screen == "survey" and not given.get("reason"):
        return _page(request, visit, now, missing=True)
    given["more"] = given.get(f"more-{given.get('reason', '')}", "") or given.get("more", "")
    try:
        after = act(visit, given, now)
    except (visits.Closed, visits.NothingRuns):
        return _told(request, "closed_title", "closed_text", 404)
    answer = redirect("cancel_page", after.code)
    answer.status_code = 303
    return answer


def _page(request: HttpRequest, visit: Visit, now: datetime, missing: bool = False) -> HttpResponse:
    shown = screens.shown(visit, now)
    context = {
        "shown": shown, "words": shown.words, "language": shown.language, "missing": missing,
        "company": workspace_name.read(),
    }  # fmt: skip
    return _private(
        render(request, "web/cancelling/page.html", context, status=422 if missing else 200)
    )


def _told(request: HttpRequest, title: str, text: str, status: int) -> HttpResponse:
    language, words = screens.words_for(_language(request))
    context = {
        "language": language, "words": words, "title": words[title], "text": words[text],
        "company": workspace_name.read(),
    }  # fmt: skip
    return _private(render(request, "web/cancelling/told.html", context, status=status))


def _choose(request: HttpRequest, several: visits.Several) -> HttpResponse:
    language, words = screens.words_for(_language(request))
    names = {p.plan_id: p.title for p in ledger.plans(timezone.now())}
    rows = [
        (names.get(s.plan_id, s.plan_id) or s.subscription_id, s.subscription_id,
         urlencode({"subscription": s.subscription_id, "lang": language}))
        for s in several.running
    ]  # fmt: skip
    context = {
        "language": language, "words": words, "title": words["choose"], "rows": rows,
        "company": workspace_name.read(),
    }  # fmt: skip
    return _private(render(request, "web/cancelling/told.html", context))


def _private(answer: HttpResponse) -> HttpResponse:
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer
