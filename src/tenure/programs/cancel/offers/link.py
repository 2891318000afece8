"""A page of yours to read; left out while its address is not set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import model_validator

from tenure.programs.cancel.offers.base import Customer, Guardrails, Kind, Offer, View


class LinkOffer(Offer):
    """The page at ``url``."""

    kind: Literal["link"]
    url: str = ""

    @model_validator(mode="after")
    def _is_an_address(self) -> LinkOffer:
        if self.url and not self.url.startswith(("https://", "http://")):
            raise ValueError("url must begin with https://")
        return self


class LinkKind(Kind[LinkOffer]):
    """See the module."""

    name = "link"
    title = "A page of yours"
    settings = LinkOffer

    def why_not(self, offer: LinkOffer, who: Customer, rules: Guardrails, now: datetime) -> str:
        """Only with an address."""
        return self.unset(offer)

    def unset(self, offer: LinkOffer) -> str:
        """The address."""
        return "" if offer.url else "no page is set (url)"

    def details(self, offer: LinkOffer, view: View) -> Mapping[str, Any]:
        """The link."""
        return {"link": offer.url}


KIND = LinkKind()
