"""The hosted page: ``/m/cancel/TOKEN/``. Works without script, by keyboard, on a phone.

A token is one of three: made by the customer's backend with an in-app key (``may = ["cancel"]``), a
link of ours, or the code of a visit. The first leads to the second, and the first answer from there
to the third: a visit begins with an answer, not with a look, for mail scanners look at every link.
Nobody signs in and no cookie is looked at: the address is the proof, so nothing could be forged
from elsewhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tenure.channels.in_app import keys
from tenure.channels.in_app.tokens import BadToken
from tenure.kit import workspace_name
from tenure.programs.cancel import documents, ledger, links, screens, visits
from tenure.programs.cancel.models import Visit
from tenure.programs.cancel.pages.acting import act, clean


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The screen a visit stands at, or the beginning of one."""
    now, token = timezone.now(), clean(token)
    who = _who(token, now)
    if who is not None:
        return HttpResponse() if request.method == "HEAD" else _arrived(request, who, token, now)
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


def _arrived(request: HttpRequest, who: links.Who, token: str, now: datetime) -> HttpResponse:
    """The first question, or the visit there is; nothing is written down before they answer."""
    wanted = who.subscription_id or request.GET.get("subscription", "")[:255]
    language = _language(request)
    try:
        if request.method == "POST" and not _reason_missing(request):
            visit = visits.start(who.account_id, who.person_id, wanted, language=language, now=now)
            return _posted(request, visit, now)
        visit = visits.look(who.account_id, wanted, language=language, now=now)
    except visits.Closed:
        return _told(request, "closed_title", "closed_text", 404)
    except visits.NothingRuns:
        return _told(request, "closed_title", "none", 404)
    except visits.Several as several:
        return _choose(request, several)
    if visit.pk is not None:
        return _to(reverse("cancel_page", args=[visit.code]))
    if request.method == "GET" and (":" not in token or wanted != who.subscription_id):
        # The backend's token lives for minutes, and they may think for longer than that.
        asked = {"lang": language} if language else {}
        ours = links.path(links.Who(who.account_id, who.person_id, wanted))
        return _to(f"{ours}?{urlencode(asked)}" if asked else ours)
    return _page(request, visit, now, missing=request.method == "POST")


def _reason_missing(request: HttpRequest) -> bool:
    return request.POST.get("act") == "told" and not request.POST.get("reason")


def _to(where: str) -> HttpResponse:
    answer = redirect(where)
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
    if visit.screen == "survey" and _reason_missing(request):
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
    shown = screens.screen_of(visit, now)
    context = {
        "shown": shown,
        "words": shown.words,
        "language": shown.language,
        "missing": missing,
        "company": workspace_name.read(),
    }
    return _private(render(request, "cancel/page.html", context, status=422 if missing else 200))


def _told(request: HttpRequest, title: str, text: str, status: int) -> HttpResponse:
    language, words = screens.words_for(_language(request))
    context = {
        "language": language,
        "words": words,
        "title": words[title],
        "text": words[text],
        "company": workspace_name.read(),
    }
    return _private(render(request, "cancel/told.html", context, status=status))


def _choose(request: HttpRequest, several: visits.Several) -> HttpResponse:
    language, words = screens.words_for(_language(request))
    names = {p.plan_id: p.title for p in ledger.plans(timezone.now())}
    rows = [
        (
            names.get(s.plan_id, s.plan_id) or s.subscription_id,
            s.subscription_id,
            urlencode({"subscription": s.subscription_id, "lang": language}),
        )
        for s in several.running
    ]
    context = {
        "language": language,
        "words": words,
        "title": words["choose"],
        "rows": rows,
        "company": workspace_name.read(),
    }
    return _private(render(request, "cancel/told.html", context))


def _private(answer: HttpResponse) -> HttpResponse:
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer
