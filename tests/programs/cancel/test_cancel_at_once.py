"""Several tabs at the same moment, in threads of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from programs.cancel.cancelling import Company, make

from tenure.connectors.billing import outbox
from tenure.connectors.billing.models import Act
from tenure.programs.cancel import fulfilment, visits
from tenure.programs.cancel.models import Visit
from tenure.programs.cancel.workflow import Cancel, Keep, No, ReasonGiven, Yes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> Company:
    return make(monkeypatch)


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """Does all at the same moment; gives what each gave, or its error."""
    barrier, found = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            found.append(act())
        except Exception as error:
            found.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_tabs_that_begin_together_begin_one_visit(company: Company) -> None:
    found = at_once([company.comes] * 6)
    assert [e for e in found if isinstance(e, Exception)] == []
    assert Visit.objects.count() == 1
    assert len({v.code for v in found if isinstance(v, Visit)}) == 1


def test_taking_cancelling_and_keeping_together_end_once(company: Company) -> None:
    visit = company.comes()
    visits.answer(visit.code, ReasonGiven("too_expensive"), now=company.now)
    visits.answer(visit.code, No(), now=company.now)

    def click(given: Any) -> Callable[[], object]:
        def act() -> object:
            after = visits.answer(visit.code, given, now=company.now)
            fulfilment.run_for(after, company.now)
            return after.outcome

        return act

    clicks = [click(Yes("downgrade")), click(Cancel()), click(Keep()), click(Yes("downgrade")),
              click(Cancel())]  # fmt: skip
    found = at_once(clicks)
    assert [e for e in found if isinstance(e, Exception)] == []
    visit.refresh_from_db()
    assert set(found) == {visit.outcome}
    wanted = {"saved": ["plan"], "cancelled": ["cancel"], "kept": []}[visit.outcome]
    assert list(Act.objects.values_list("what", flat=True)) == wanted
    assert len(company.till.asked) == len(wanted)


def test_workers_that_carry_out_together_do_each_act_once(company: Company) -> None:
    visit = company.comes()
    visits.answer(visit.code, ReasonGiven(""), now=company.now)
    visits.answer(visit.code, Cancel(), now=company.now)
    at_once([lambda: outbox.carry_out(lambda: company.now)] * 4)
    assert Act.objects.get().state == "done"
    assert len(company.till.asked) == 1
