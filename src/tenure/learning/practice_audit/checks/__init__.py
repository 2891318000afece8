"""The checks: one function per finding that can be assessed today.

A check looks at the ground and gives an outcome; what it cannot tell is *not assessed*, never
passed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tenure.learning.practice_audit.checks import (
    cancelling,
    contact,
    cover,
    feedback,
    losses,
    onboarding,
    renewal,
    score,
    sending,
    study,
)
from tenure.learning.practice_audit.context import Context
from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import Rule

Check = Callable[[Context, Rule], Outcome]

CHECKS: Mapping[str, Check] = {
    "onboarding_too_long": onboarding.onboarding_too_long,
    "onboarding_as_checklist": onboarding.onboarding_as_checklist,
    "generic_onboarding": onboarding.generic_onboarding,
    "only_revenue_measured": score.only_revenue_measured,
    "health_does_not_predict": score.health_does_not_predict,
    "vanity_score": score.vanity_score,
    "usage_for_satisfaction": score.usage_for_satisfaction,
    "same_effort_for_all": contact.same_effort_for_all,
    "success_doing_support": contact.success_doing_support,
    "engaged_only_at_renewal": renewal.engaged_only_at_renewal,
    "waiting_for_renewals": renewal.waiting_for_renewals,
    "advocates_ignored": feedback.advocates_ignored,
    "negative_feedback_ignored": feedback.negative_feedback_ignored,
    "power_users_ignored": cover.power_users_ignored,
    "champion_left": cover.champion_left,
    "scaling_by_hand": cover.scaling_by_hand,
    "involuntary_churn_ignored": losses.involuntary_churn_ignored,
    "churn_not_studied": study.churn_not_studied,
    "pausing_too_long": losses.pausing_too_long,
    "no_dunning_mails": sending.no_dunning_mails,
    "spray_and_pray": sending.spray_and_pray,
    "expansion_as_pitch": sending.expansion_as_pitch,
    "guilt_copy": sending.guilt_copy,
    "no_cancel_flow": cancelling.no_cancel_flow,
    "same_offer_for_every_reason": cancelling.same_offer_for_every_reason,
    "deep_discounts": cancelling.deep_discounts,
    "saving_only_at_cancellation": cancelling.saving_only_at_cancellation,
}

__all__ = ["CHECKS", "Check"]
