"""Which account a person means by what they typed."""

from __future__ import annotations

from tenure.accounts.models import Account


def account_of(line: str) -> str:
    """The id a line means: an id, or a name or domain that only one account has."""
    if Account.objects.filter(pk=line).exists():
        return line
    for field in ("name__iexact", "domain__iexact"):
        found = list(Account.objects.filter(**{field: line}).values_list("pk", flat=True)[:2])
        if len(found) == 1:
            return str(found[0])
    return line
