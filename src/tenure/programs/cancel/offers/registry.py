"""Every kind of offer there is: the files of this folder that have a ``KIND``."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

from tenure.programs.cancel import offers
from tenure.programs.cancel.offers.base import Kind, Offer


def _found() -> dict[str, Kind[Any]]:
    names = sorted(module.name for module in pkgutil.iter_modules(offers.__path__))
    modules = [import_module(f"{offers.__name__}.{name}") for name in names if name != "registry"]
    kinds = [module.KIND for module in modules if hasattr(module, "KIND")]
    return {kind.name: kind for kind in kinds}


KINDS = _found()


def kind_of(offer: Offer) -> Kind[Any]:
    """The kind of an offer."""
    return KINDS[offer.kind]


def own_settings(kind: str) -> frozenset[str]:
    """The keys that only offers of other kinds have: a text written for another kind may name them,
    and they mean nothing."""
    mine = KINDS[kind].settings.model_fields if kind in KINDS else {}
    others = {name for each in KINDS.values() for name in each.settings.model_fields}
    return frozenset(others - set(mine))
