"""Where nobody hands out passwords: the link that sets the first one, and what its page tells everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.flows.town import codes

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.entities import Member, Operator, System, UserId, Visitor
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.import_allow_list import ImportAllowList
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.receive_request import ReceiveRequest
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.messages import languages, notice
from partnerauth.policy.portal import Portal
from partnerauth.portals import read_portal
from partnerauth.testing.clockwork import World, world
from partnerauth.view import Link

LEA, KIM = "lea@garage.example", "kim@acme.example"
GOOD = {"edi": "Zomer-Fietsen-9", "support": "regen-31"}


def dealers(portal: Portal | str = "edi") -> World:
    edi = world(portal)
    entries = [
        {"email": each, "name": "Lea van Damme", "organisation": "garage"} for each in (LEA, "bo@garage.example")
    ]
    edi.execute(System(), ImportAllowList.model_validate({"entries": entries, "sequence": 1}))
    return edi


def customers() -> World:
    support = world("support")
    support.execute(System(), ReceiveRequest(sender=KIM))
    return support


@pytest.fixture(params=["edi", "support"])
def portal(request: pytest.FixtureRequest) -> World:
    return dealers() if request.param == "edi" else customers()


def known(portal: World) -> str:
    return LEA if portal.portal.portal == "edi" else KIM


def asked(portal: World, identifier: str) -> Answer:
    return portal.execute(Visitor(), RequestReset(identifier=identifier))


def mailed(portal: World, to: str) -> str:
    return portal.secret(portal.store.outbox(to=to)[-1].mail.token)


def reset(portal: World, token: str, password: str, **fields: Any) -> Answer:  # noqa: ANN401 - a command's own fields
    return portal.execute(Visitor(), ResetPassword.model_validate({"token": token, "password": password, **fields}))


def user(portal: World) -> UserId:
    home = "garage" if known(portal) == LEA else "acme.example"
    return next(each.id for each in portal.view().users(home) if each.email.key == known(portal))


def unmet(answer: Answer) -> object:
    assert isinstance(answer, Refused), answer
    (reason,) = answer.reasons
    return reason.facts["unmet"]


@pytest.mark.rule("ED-02", "ED-06", "SP-02", "SP-03", "GX-02")
def test_the_first_password_makes_the_user_active_and_signs_him_in(portal: World) -> None:
    asked(portal, known(portal))
    answer = reset(portal, mailed(portal, known(portal)), GOOD[portal.portal.portal], browser="own")

    assert isinstance(answer, Accepted)
    assert [event.name for event in answer.events] == ["PasswordReset", "SignedIn"]
    assert portal.view().signed_in("own") == user(portal)
    found = portal.view().user(user(portal))
    assert found is not None
    assert found.state == "active"


@pytest.mark.rule("ED-02", "SP-02")
def test_the_same_steps_serve_a_forgotten_password(portal: World) -> None:
    good = GOOD[portal.portal.portal]
    asked(portal, known(portal))
    reset(portal, mailed(portal, known(portal)), good)
    portal.clock.advance(timedelta(minutes=10))
    asked(portal, known(portal))

    assert isinstance(reset(portal, mailed(portal, known(portal)), good + "-new"), Accepted)
    for password, works in ((good, False), (good + "-new", True)):
        answer = portal.execute(
            Visitor(), SignIn.model_validate({"identifier": known(portal), "password": password, "browser": "own"})
        )
        assert isinstance(answer, Accepted) == works


@pytest.mark.rule("SP-02", "GX-04")
def test_a_link_is_used_once_and_for_an_hour(portal: World) -> None:
    good = GOOD[portal.portal.portal]
    asked(portal, known(portal))
    link = mailed(portal, known(portal))
    reset(portal, link, good)
    assert codes(reset(portal, link, good)) == ("link-used",)

    portal.clock.advance(timedelta(minutes=10))
    asked(portal, known(portal))
    portal.clock.advance(timedelta(hours=1))
    assert codes(reset(portal, mailed(portal, known(portal)), good)) == ("link-expired",)


@pytest.mark.rule("ED-04", "GX-04")
def test_the_page_behind_the_link_shows_address_and_name_and_consumes_nothing() -> None:
    edi = dealers()
    asked(edi, LEA)
    link = mailed(edi, LEA)

    assert edi.view().link(link) == Link(email=LEA, name="Lea van Damme")
    assert edi.view().link(link) == Link(email=LEA, name="Lea van Damme")
    assert isinstance(reset(edi, link, GOOD["edi"]), Accepted)


@pytest.mark.rule("ED-04", "GX-04")
def test_a_link_that_is_worth_nothing_shows_nobody() -> None:
    edi = dealers()
    asked(edi, LEA)
    old = mailed(edi, LEA)
    asked(edi, LEA)
    newest = mailed(edi, LEA)

    def shown(link: str) -> tuple[str, ...]:
        found = edi.view().link(link)
        assert isinstance(found, Refused), found
        return found.codes

    assert shown("never mailed") == ("link-unknown",)
    assert shown("\ud800") == ("link-unknown",)
    assert shown(old) == ("link-unknown",)
    reset(edi, newest, GOOD["edi"])
    assert shown(newest) == ("link-used",)
    asked(edi, LEA)
    edi.clock.advance(timedelta(hours=2))
    assert shown(mailed(edi, LEA)) == ("link-expired",)


@pytest.mark.rule("ED-05", "ED-04")
@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("Zomer-Fi-9", ("length",)),
        ("ZOMER-FIETSEN-9", ("lower",)),
        ("zomer-fietsen-9", ("upper",)),
        ("Zomer-Fietsen-x", ("digit",)),
        ("ZomerFietsen99", ("special",)),
        ("Zomer-van-Damme-9", ("personal",)),
        ("x", ("length", "upper", "digit", "special")),
    ],
)
def test_the_dealers_password_policy(password: str, missing: tuple[str, ...]) -> None:
    edi = dealers()
    asked(edi, LEA)

    assert unmet(reset(edi, mailed(edi, LEA), password)) == missing


@pytest.mark.rule("SP-03")
@pytest.mark.parametrize(
    ("password", "missing"),
    [("reg-31", ("length",)), ("31-31-31!", ("letter",)), ("regenjas!", ("digit",)), ("regenjas31", ("special",))],
)
def test_the_help_desks_password_policy(password: str, missing: tuple[str, ...]) -> None:
    support = customers()
    asked(support, KIM)

    assert unmet(reset(support, mailed(support, KIM), password)) == missing


@pytest.mark.rule("ED-05", "SP-03")
def test_both_entries_are_the_same(portal: World) -> None:
    asked(portal, known(portal))
    good = GOOD[portal.portal.portal]

    answer = reset(portal, mailed(portal, known(portal)), good, confirm=good + "x")

    assert codes(answer) == ("confirmation-mismatch",)
    assert isinstance(reset(portal, mailed(portal, known(portal)), good, confirm=good), Accepted)


@pytest.mark.rule("SP-04")
def test_asking_again_within_five_minutes_tells_the_same_and_sends_nothing() -> None:
    support = customers()

    first = asked(support, KIM)
    support.clock.advance(timedelta(minutes=4, seconds=59))
    second = asked(support, KIM)
    assert len(support.store.outbox(to=KIM)) == 1
    support.clock.advance(timedelta(seconds=1))
    third = asked(support, KIM)

    assert len(support.store.outbox(to=KIM)) == 2
    told = [answer.notices for answer in (first, second, third) if isinstance(answer, Accepted)]
    assert told == [("reset-requested", "no-mail", "unknown-address")] * 3
    assert [each.event.name for each in support.store.records(about=user(support))][-3:] == ["ResetRequested"] * 3


@pytest.mark.rule("SP-04")
def test_a_link_that_stands_no_longer_is_no_reason_to_send_none() -> None:
    support = customers()
    asked(support, KIM)
    kim = user(support)
    support.execute(Operator(), Deactivate(user=kim))
    support.execute(Operator(), Reactivate(user=kim))

    asked(support, KIM)

    assert isinstance(reset(support, mailed(support, KIM), GOOD["support"]), Accepted)


@pytest.mark.rule("ED-01", "SP-05", "GX-03")
@pytest.mark.parametrize(("name", "truth"), [("edi", "not-on-allow-list"), ("support", "unknown-name")])
def test_an_unknown_address_is_told_the_same_and_the_truth_is_on_record(name: str, truth: str) -> None:
    portal = dealers() if name == "edi" else customers()

    answers = [asked(portal, known(portal)), asked(portal, "nobody@else.example")]

    told = [(type(each), getattr(each, "notices", None), getattr(each, "session", None)) for each in answers]
    assert told[0] == told[1]
    assert portal.store.outbox(to="nobody@else.example") == ()
    (record,) = portal.store.records(about="nobody@else.example")
    assert getattr(record.event, "codes", None) == (truth,)


@pytest.mark.rule("ED-01", "SP-04", "SP-05", "BP-16")
@pytest.mark.parametrize("name", ["bpost", "edi", "support"])
def test_what_a_page_tells_has_words_in_every_language(name: str) -> None:
    notices = read_portal(name).notices

    assert "request-reset" in notices
    assert all(notice(each, language) for named in notices.values() for each in named for language in languages())


@pytest.mark.rule("ED-03")
def test_em_01_an_address_in_capitals_is_folded_unless_the_portal_file_says_otherwise() -> None:
    edi = dealers()

    asked(edi, "LEA@Garage.Example")

    assert len(edi.store.outbox(to=LEA)) == 1


@pytest.mark.rule("ED-03")
def test_where_the_portal_asks_for_lower_case_a_capital_is_refused_with_the_reason() -> None:
    edi = dealers(read_portal("edi").model_copy(update={"email_spelling": "lowercase-only"}))
    sign_in = SignIn.model_validate({"identifier": "Lea@garage.example", "password": GOOD["edi"]})

    assert codes(asked(edi, "Lea@garage.example")) == ("email-not-lowercase",)
    assert codes(edi.execute(Visitor(), sign_in)) == ("email-not-lowercase",)
    assert codes(asked(edi, "Nobody@garage.example")) == ("email-not-lowercase",)
    assert isinstance(asked(edi, LEA), Accepted)


@pytest.mark.rule("GX-11", "ED-01")
def test_an_address_changes_only_to_one_on_the_list() -> None:
    edi = dealers()
    asked(edi, LEA)
    answer = reset(edi, mailed(edi, LEA), GOOD["edi"])
    assert isinstance(answer, Accepted)
    lea = user(edi)

    def changed(email: str) -> Answer:
        return edi.execute(Member(user=lea), ChangeEmail(email=email))

    assert codes(changed("lea@elsewhere.example")) == ("not-on-allow-list",)
    assert isinstance(changed("bo@garage.example"), Accepted)
    assert edi.store.outbox(to="bo@garage.example")[-1].mail.template == "already-registered"
    assert isinstance(changed("LEA@garage.example"), Accepted)
