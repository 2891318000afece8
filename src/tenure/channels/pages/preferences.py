"""What a recipient wants to hear about. A mail program's one-click POST unsubscribes at once (RFC
8058); a person opens the page and chooses."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tenure.channels import actions, queries, unsubscribing
from tenure.channels.settings import ANY
from tenure.core import policy
from tenure.kit import workspace_name

ONE_CLICK = "List-Unsubscribe"
BY = "preference page"


@csrf_exempt  # the signed address is the proof: mail programs post from nowhere
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The choices of whoever the link was sent to; 404 for an address that nobody was sent."""
    who = unsubscribing.read(token)
    if who is None:
        raise Http404("this link was not sent by us, or is incomplete")
    if request.method == "POST":
        return _save(request, who)
    purposes = policy.load("channels").purposes
    context = {
        "about": purposes.get(who.purpose),
        "purpose": who.purpose,
        "ways": queries.ways(who.recipient),
        "company": workspace_name.read(),
        "done": request.GET.get("done") == "1",
    }
    return render(request, "messages/preferences.html", context)


def _save(request: HttpRequest, who: unsubscribing.Who) -> HttpResponse:
    now = timezone.now()
    if ONE_CLICK in request.POST:
        actions.refuse(who.recipient, "mail", who.purpose, "one-click", now=now)
        return HttpResponse("You will get no more of these.\n", content_type="text/plain")
    ways = queries.ways(who.recipient)
    off = request.POST.get("none", "")
    if off:
        for way in ways:
            if off in (way.channel, ANY):
                actions.refuse(who.recipient, way.channel, ANY, BY, now=now)
    else:
        offered = {(way.channel, c.purpose) for way in ways for c in way.choices}
        wanted = {_pair(value) for value in request.POST.getlist("wanted")}
        actions.choose(who.recipient, offered, wanted & offered, BY, now=now)
    return redirect(f"{request.path}?done=1")


def _pair(value: str) -> tuple[str, str]:
    channel, _, purpose = value.partition(":")
    return channel, purpose
