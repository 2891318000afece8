"""The rows of the list of accounts as HTML.

Fifty rows of a dozen cells through the template engine cost three times what all else on the page
does; so this one place fills a plain string instead. Every value is escaped here, at one spot.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from tenure.health.pages import bands, choices
from tenure.health.templatetags import scores
from tenure.kit.pages import formats
from tenure.kit.templatetags import ui
from tenure.web.accounts.listing import Row

PICK = (
    '<td class="pick"><input class="row-pick" type="checkbox" name="account" value="{id}" '
    'aria-label="Select {name}"></td>'
)
ROW = (
    '<tr>{pick}<th scope="row"><a class="cell-main" href="{url}">{name}</a>'
    '<span class="cell-sub">{about}<span class="only-phone"> · {mrr}{phone_renewal}</span></span>'
    "</th>"
    '<td><div class="health-cell">{score}{spark}</div></td>'
    '<td class="end c-3">{change}</td><td>{risk}</td><td class="end num c-2">{mrr}</td>'
    '<td class="c-2 nowrap">{renewal}</td><td class="c-4 nowrap">{stage}</td>'
    '<td class="c-5"><span class="clip">{plan}</span></td><td class="c-3">{owner}</td></tr>'
)
SCORE = (
    '<span class="score role-{color}" title="{action}"><span class="score-n">{value}</span>'
    '<span class="score-t">{title}</span>{mark}</span>'
)
OWNER = (
    '<span class="owner"><span class="initials sm" aria-hidden="true">{initials}</span>'
    '<span class="clip">{name}</span></span>'
)


def rows(found: Iterable[Row], may_edit: bool) -> SafeString:
    """All rows; the first cell ticks them, where the reader may change accounts."""
    # Reversing an address costs as much as a row: do it once, and put the ids in.
    base = reverse("account", args=["_"]).removesuffix("_")
    return mark_safe("".join(_row(row, may_edit, base) for row in found))  # noqa: S308 - escaped


def _row(row: Row, may_edit: bool, base: str) -> str:
    account, health = row.account, row.health
    name = escape(account.name or account.pk)
    renewal = _day(account.renews_at)
    pick = PICK.format(id=escape(account.pk), name=name) if may_edit else ""
    return ROW.format(
        pick=pick,
        url=escape(base + ui.address_part(account.pk)),
        name=name,
        about=escape(account.domain or account.pk),
        mrr=escape(formats.rounded_money(account.mrr_minor, account.currency)),
        phone_renewal=f" · renews {renewal}" if account.renews_at else "",
        score=_score(row),
        spark=ui.sparkline(health.trend, width=64, height=18, least=24) if health else "",
        change=ui.delta(health.change_30d if health else None),
        risk=scores.risk_pill(health.risk_level if health else ""),
        renewal=renewal,
        stage=escape(choices.stage_title(account.stage)) if account.stage else formats.NOTHING,
        plan=escape(account.plan_id or formats.NOTHING),
        owner=_owner(row),
    )


def _score(row: Row) -> str:
    health = row.health
    if health is None or health.shown_health is None:
        return SCORE.format(color="none", action="", value="–", title="No score", mark="")
    band = bands.of(health.model, health.shown_band)
    return SCORE.format(
        color=band.color,
        action=escape(band.action),
        value=formats.whole(health.shown_health),
        title=escape(band.title),
        mark=ui.icon("pencil", label="set by a person") if health.overridden else "",
    )


def _owner(row: Row) -> str:
    if row.account.owner is None:
        return f'<span class="muted">{escape(row.account.owner_email or "Nobody")}</span>'
    name = str(row.account.owner)
    return OWNER.format(initials=escape(formats.initials(name)), name=escape(name))


def _day(moment: datetime | None) -> str:
    if moment is None:
        return formats.NOTHING
    local = timezone.localtime(moment)
    return f'<time datetime="{moment.isoformat()}">{formats.day(local)}</time>'
