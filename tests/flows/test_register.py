"""Flows: a visitor asks for a code to prove that an address is his."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.flows.portals import OPERATOR, PERSON, SOON, VISITOR, Dealers, changed

from partnerauth.entities import State
from partnerauth.flow import digest
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.register import Register
from partnerauth.flows.reject import Reject
from partnerauth.flows.verify_email import VerifyEmail

KIM = "kim@fixit.example"


@pytest.mark.rule("DP-01")
def test_a_new_address_is_mailed_a_code_of_24_hexadecimal_characters(dealers: Dealers) -> None:
    answer = dealers.accepts(VISITOR, Register, email=KIM)
    (mail,) = dealers.mails(KIM)
    assert (mail.template, answer.created, answer.secret) == ("verification-code", None, "")
    code = dealers.mailed(KIM)
    assert len(code) == 24
    assert set(code) <= set("0123456789ABCDEF")
    assert dealers.recorded(KIM) == ["RegistrationStarted"]


@pytest.mark.rule("GX-03")
@pytest.mark.parametrize("state", [State.ACTIVE, State.PENDING, State.DEACTIVATED, State.INVITED])
def test_a_known_address_gets_the_same_answer_and_another_mail(dealers: Dealers, state: State) -> None:
    dealers.person("pia", "fixit", username="", state=state, details={"language": "fr"})
    answer = dealers.accepts(VISITOR, Register, email="PIA@fixit.example")
    (mail,) = dealers.mails("pia@fixit.example")
    assert (mail.template, mail.language, mail.token) == ("already-registered", "fr", "")
    assert dealers.recorded("pia@fixit.example") == ["already-exists"]
    assert (answer.created, answer.secret, answer.session) == (None, "", "")
    assert dealers.user("pia").state is state


@pytest.mark.rule("GX-03", "GX-05", "DP-01")
def test_a_known_address_answers_wrong_codes_like_a_new_one(dealers: Dealers) -> None:
    told = {}
    for email in ("ann@fixit.example", KIM):
        dealers.accepts(VISITOR, Register, email=email)
        told[email] = [dealers.refuses(VISITOR, VerifyEmail, email=email, code="0" * 24) for _ in range(7)]
    known, new = told.values()
    assert known == new
    assert [*new[0], *new[-1]] == ["code-wrong", "too-many-attempts"]


@pytest.mark.rule("DP-01")
@pytest.mark.parametrize(
    "email", ["kim", "kim@fixit.example,ann@fixit.example", "kim@fixit.example\r\nBcc: x@x.example"]
)
def test_em_07_em_10_what_is_not_one_address_is_refused(dealers: Dealers, email: str) -> None:
    assert dealers.codes(VISITOR, Register, email=email) == ("email-malformed",)


@pytest.mark.rule("ED-03")
def test_a_portal_that_asks_for_lower_case_says_so() -> None:
    strict = Dealers(changed("dealerportal", email_spelling="lowercase-only"))
    assert strict.codes(VISITOR, Register, email="Kim@fixit.example") == ("email-not-lowercase",)
    assert strict.recorded(KIM) == ["email-not-lowercase"]


@pytest.mark.rule("DP-04")
def test_who_was_rejected_may_ask_again_and_who_was_deactivated_may_not(dealers: Dealers) -> None:
    kim = dealers.joins()
    dealers.accepts("ann", Reject, user=kim)
    dealers.accepts(VISITOR, Register, email=KIM)
    assert dealers.mails(KIM)[-1].template == "verification-code"
    dealers.accepts(OPERATOR, Deactivate, user="bob")
    dealers.accepts(VISITOR, Register, email="bob@fixit.example")
    assert dealers.mails("bob@fixit.example")[-1].template == "already-registered"


@pytest.mark.rule("GX-05")
def test_tk_30_em_17_a_mailbox_is_not_bombed_with_codes(dealers: Dealers) -> None:
    spellings = ["kim@fixit.example", "k.im@fixit.example", "KIM+a@fixit.example"]
    for number in range(10):
        dealers.accepts(VISITOR, Register, email=spellings[number % 3])
    assert dealers.refuses(VISITOR, Register, email="kim+b@fixit.example") == {"too-many-attempts": {"seconds": 900}}
    dealers.accepts(VISITOR, Register, email="lee@fixit.example")
    dealers.clock.advance(timedelta(minutes=15))
    dealers.accepts(VISITOR, Register, email=KIM)


@pytest.mark.rule("GX-04")
def test_tk_09_tk_24_the_code_is_nowhere_but_in_the_mail(dealers: Dealers) -> None:
    dealers.accepts(VISITOR, Register, email=KIM)
    code = dealers.mailed(KIM)
    assert code not in repr([dealers.watched.units, dealers.store.records(), dealers.store.outbox()])
    assert digest(code) not in repr([dealers.store.records(), dealers.store.outbox()])


@pytest.mark.rule("GX-04")
def test_em_17_two_mailboxes_of_one_person_are_two_identities(dealers: Dealers) -> None:
    kim, tagged = dealers.joins(), dealers.joins("kim+shop@fixit.example", details={**PERSON, "first-name": "Kim"})
    assert kim != tagged
    dealers.clock.advance(SOON)
    assert [dealers.user(each).email.key for each in (kim, tagged)] == [KIM, "kim+shop@fixit.example"]
