"""The exit interview: what somebody who left wants to tell us, without signing in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tenure.kit import workspace_name
from tenure.learning.investigations import documents, interviews


@csrf_exempt  # the signed address is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The questions, with what was answered before; 404 for a link that is not ours or too old."""
    numbers, made = documents.current(), interviews.read(token)
    if made is not None and request.method == "POST":
        given = {name: request.POST.get(name, "") for name in ("reason", "words", "would_return")}
        interviews.answer(made.pk, **given, now=timezone.now())
        answer = redirect(f"{request.path}?done=1")
        answer.status_code = 303
        return _private(answer)
    context = {
        "made": made,
        "page": numbers.page,
        "reasons": numbers.reasons.items(),
        "returns": numbers.page.returns.items(),
        "most": numbers.interview.most_text,
        "ask_return": numbers.page.return_,
        "company": workspace_name.read(),
        "done": made is not None and request.GET.get("done") == "1",
    }
    status = 200 if made is not None else 404
    return _private(render(request, "investigations/leaving.html", context, status=status))


def _private(answer: HttpResponse) -> HttpResponse:
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer
