"""What endpoints about one account share."""

from __future__ import annotations

from tenure.accounts.models import Account
from tenure.kit.rest.errors import not_found


def existing(account_id: str) -> Account:
    """The account; 404 if there is none."""
    account = Account.objects.select_related("owner").filter(pk=account_id).first()
    if account is None:
        raise not_found("account", account_id)
    return account
