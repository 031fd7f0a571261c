"""Flows: whatever is mailed about invitations, registrations and cases can be read in every language."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.flows.portals import Customers, Dealers
from tests.flows.test_submit_request import REPAIR

from partnerauth.entities import System, Visitor
from partnerauth.flows.approve import Approve
from partnerauth.flows.register import Register
from partnerauth.flows.reject import Reject
from partnerauth.flows.submit_request import SubmitRequest
from partnerauth.flows.trigger_reset import TriggerReset
from partnerauth.flows.update_case import UpdateCase
from partnerauth.messages import languages
from partnerauth.outbox import rendered


@pytest.mark.rule("KP-07", "DP-01", "DP-04", "DP-07")
def test_every_mail_can_be_rendered_in_every_language(customers: Customers, dealers: Dealers) -> None:
    customers.invite()
    customers.accepts("eva", TriggerReset, user="otto")
    dealers.accepts("ann", Approve, user=dealers.joins())
    dealers.accepts("ann", Reject, user=dealers.joins("lee@fixit.example"))
    dealers.accepts(Visitor(), Register, email="ann@fixit.example")
    fields = {**REPAIR, "keep-informed": "yes"}
    dealers.accepts("bob", SubmitRequest, case="c-1", kind="repair", fields=fields)
    dealers.accepts(System(), UpdateCase, case="c-1", status="order-received")
    seen = set()
    for town in (customers, dealers):
        for posted in town.store.outbox():
            for language in languages():
                mail = rendered(town, replace(posted, mail=replace(posted.mail, language=language)))
                assert mail.subject
            seen.add(posted.mail.template)
    assert seen == {
        "invitation",
        "password-reset",
        "verification-code",
        "join-request",
        "join-approved",
        "join-rejected",
        "already-registered",
        "case-update",
    }
    (invitation,) = customers.mails("max@blech.example")
    text = rendered(customers, customers.store.outbox()[0]).text
    assert "90 Tage" in text
    assert "Blech GmbH" in text
    assert invitation.token not in text
