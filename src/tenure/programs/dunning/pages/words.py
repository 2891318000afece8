"""Steps, kinds of decline and verdicts of dunning in words. Pure."""

from __future__ import annotations

from tenure.analytics.validation.intervals import Estimate

KINDS = {
    "soft": "Soft: may work later",
    "hard": "Hard: another card is needed",
    "authentication": "To be confirmed by the customer",
    "fraud": "Lost or stolen",
    "stop": "Forbidden by bank or customer",
    "ours": "Our own request was wrong",
}
_STEPS = {
    "retry": "Try the card again",
    "grace": "Grace begins",
    "cancel": "End the subscription",
    "person": "A person decides",
    "stuck": "Handed to a person",
    "extended": "More time given",
}


def step(what: str) -> str:
    """A step by name.

    >>> step("mail:last_chance"), step("retry"), step("")
    ('Mail: last chance', 'Try the card again', '')
    """
    if what.startswith("mail:"):
        return f"Mail: {what.removeprefix('mail:').replace('_', ' ')}"
    return _STEPS.get(what, what.replace("_", " ").capitalize())


def verdict(share: Estimate, target: tuple[float, float]) -> tuple[str, str]:
    """How a share stands to its target, as role and words; the interval decides, not the point.

    >>> verdict(Estimate(0.7, 0.62, 0.77), (0.5, 0.6))
    ('good', 'above target')
    >>> verdict(Estimate(0.4, 0.2, 0.6), (0.5, 0.6))
    ('none', 'too few to tell')
    """
    if share.value is None or share.low is None or share.high is None:
        return "none", "nothing closed yet"
    if share.low > target[1]:
        return "good", "above target"
    if share.low >= target[0]:
        return "good", "on target"
    if share.high < target[0]:
        return "bad", "below target"
    return ("ok", "about on target") if share.value >= target[0] else ("none", "too few to tell")
