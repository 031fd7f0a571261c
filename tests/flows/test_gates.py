"""The four gates that every command passes, what stands on record, and that nothing happens by chance."""

from __future__ import annotations

import pytest
from tests.flows.town import INACTIVE, OPERATOR, VISITOR, Town, about_nothing

from partnerauth.decision import Accepted, Refused, broken
from partnerauth.entities import Actor, Member, State, System, UserId
from partnerauth.events import CommandRefused
from partnerauth.flow import Command, present
from partnerauth.flows import FLOWS
from partnerauth.flows.copy_rights import CopyRights
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.grant import Grant
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.pass_on import PassOn
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.refuse_access import RefuseAccess
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.revoke import Revoke
from partnerauth.flows.set_account import SetAccount
from partnerauth.flows.set_contract import SetContract
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.flows.withdraw import Withdraw
from partnerauth.policy.forms import FIELD_REQUIRED
from partnerauth.policy.offers import UNKNOWN_NAME
from partnerauth.portals import read_portal

OFFERS = read_portal("bpost").offers
WORDS: dict[str, Actor] = {
    "visitor": VISITOR,
    "user": Member(user=UserId("anna")),
    "operator": OPERATOR,
    "system": System(),
}
MASS = {"application": "emasspost", "account": "hq"}
DETAILS = {
    "username": "DORA",
    "gender": "woman",
    "first-name": "Dora",
    "last-name": "Smet",
    "email": "dora@acme.example",
}


def codes(town: Town, who: Actor, word: str) -> tuple[str, ...]:
    """Give a command about nothing in particular; return the codes of the refusal."""
    answer = town.execute(who, about_nothing(FLOWS[word].command))
    assert isinstance(answer, Refused)
    return answer.codes


@pytest.mark.rule("GX-09")
@pytest.mark.parametrize("word", sorted(FLOWS))
def test_a_command_is_offered_to_those_whom_the_portal_file_names(acme: Town, word: str) -> None:
    offered = {"user" if each == "administrator" else each for each in OFFERS.get(word, ())}
    for kind, who in WORDS.items():
        if kind in offered:
            continue
        members_only = kind == "visitor" and "user" in offered
        assert codes(acme, who, word) == (("sign-in-required",) if members_only else ("not-offered",)), kind


@pytest.mark.rule("GX-02", "BP-01")
@pytest.mark.parametrize("word", sorted(FLOWS))
@pytest.mark.parametrize(("state", "code"), INACTIVE)
def test_the_state_of_whoever_acts_comes_before_everything(acme: Town, word: str, state: State, code: str) -> None:
    acme.person("dee", state=state)
    assert acme.codes("dee", SignOut) == (code,)
    if not {"user", "administrator"} & set(OFFERS.get(word, ())):
        assert codes(acme, Member(user=UserId("dee")), word) == (code,)
        assert codes(acme, Member(session="invented"), word) == ("sign-in-required",)


@pytest.mark.rule("GX-01", "GX-09")
@pytest.mark.parametrize(
    ("command", "names", "place", "rest"),
    [
        (RequestAccess, {"application": "leads"}, {"organisation": "globex"}, MASS),
        (CreateUser, {"management": ["admin"]}, None, {"details": {"email": "x"}}),
        (SetManagement, {"management": ["admin"]}, {"user": "gert"}, {"management": ["ftp"]}),
        (Grant, {"rights": ["x"]}, {"user": "gert"}, {**MASS, "rights": ["contracts"]}),
        (CopyRights, {"profile": "general"}, {"user": "gert"}, MASS),
        (Revoke, {"resources": {"contract": []}}, {"user": "gert"}, MASS),
        (Delegate, {"application": "distriplanner"}, {"account": "attic"}, {**MASS, "organisation": "acme"}),
        (PassOn, {"application": "distriplanner"}, {"user": "gert"}, {**MASS, "account": "acme/hq"}),
        (Withdraw, {"rights": ["x"]}, {"user": "gert"}, MASS),
        (UpdateDetails, {"details": {"email": "x"}}, {"user": "gert"}, {"details": {"phone": "\x00"}}),
    ],
)
def test_names_come_before_strangers_and_strangers_before_all_other_rules(
    acme: Town,
    command: type[Command],
    names: dict[str, object],
    place: dict[str, object] | None,
    rest: dict[str, object],
) -> None:
    acme.company("globex")
    acme.person("gert", "globex")
    user = {"user": "mia"} if "user" in command.model_fields else {}
    everything = {**user, **rest, **(place or {}), **names}
    assert acme.codes("ben", command, **everything) in {("unknown-name",), ("not-offered",)}
    if place is not None:
        assert acme.codes("ben", command, **{**user, **rest, **place}) == ("other-organisation",)
    if command is not PassOn:
        assert "management-right-missing" in acme.codes("ben", command, **user, **rest)


@pytest.mark.rule("GX-09")
def test_every_broken_rule_of_the_last_gate_is_named_once(acme: Town) -> None:
    acme.accepts(OPERATOR, SetOption, organisation="acme", option="ftp", enabled=False)
    details = {"username": "BEN", "first-name": "\x00", "email": "nonsense"}
    facts = acme.refuses(
        "ben", CreateUser, details=details, management=["ftp", "manage-users"], password="weak", confirm="other"
    )
    assert facts == {
        "management-right-missing": {"needed": ("manage-administrators",)},
        "delegation-limit": {"exceeding": ("ftp", "manage-users")},
        "option-disabled": {"options": ("ftp",), "rights": ("ftp",)},
        "field-required": {"fields": ("gender", "last-name")},
        "field-malformed": {"fields": ("first-name",)},
        "email-malformed": {},
        "password-policy": {"unmet": ("length", "upper")},
        "confirmation-mismatch": {},
        "already-exists": {"name": "ben"},
    }


@pytest.mark.rule("GX-08")
def test_a_refusal_is_on_record_with_who_what_when_and_why(acme: Town) -> None:
    acme.codes("mia", Deactivate, user="anna")
    event = acme.newest
    assert isinstance(event, CommandRefused)
    assert (event.by, event.command, event.subject, event.organisation) == ("mia", "deactivate", "anna", "acme")
    assert event.codes == ("management-right-missing", "last-administrator")
    assert event.at == acme.clock.now()
    acme.codes(System(name="feed"), SignOut)
    assert acme.newest.by == "system:feed"
    acme.codes(Member(session="invented"), SignOut)
    assert (acme.newest.by, acme.newest.about) == ("visitor", "visitor")


@pytest.mark.rule("BP-10", "BP-32", "GX-08")
def test_what_is_done_already_is_accepted_and_changes_nothing(acme: Town) -> None:
    acme.company("router", {"desk": {}}, subcontractor=True)
    acme.person("rik", "router", management=["manage-users"], rights={("emasspost", "desk"): "administrator-role"})
    acme.person("rob", "router")
    there: dict[str, object] = {"organisation": "router", **MASS}
    passed: dict[str, object] = {"user": "rob", "application": "emasspost", "account": "acme/hq"}
    steps: list[tuple[Actor | str, type[Command], dict[str, object]]] = [
        (OPERATOR, SetOption, {"organisation": "acme", "option": "ftp", "enabled": True}),
        (OPERATOR, SetAccount, {"organisation": "acme", "account": "hq", "name": "HQ"}),
        (OPERATOR, SetContract, {"organisation": "acme", "account": "hq", "contract": "BPI-1"}),
        ("anna", SetManagement, {"user": "ben", "management": ["reset-password"]}),
        ("anna", Grant, {"user": "ben", **MASS, "rights": ["creation"]}),
        ("mia", CopyRights, {"user": "ben", "application": "distriplanner", "account": "hq"}),
        ("anna", RequestAccess, {"application": "emasspost", "account": "hq"}),
        (VISITOR, RequestAccess, {"organisation": "nova", **MASS, "details": {"email": "a@nova.example"}}),
        ("anna", Delegate, {**there, "rights": ["creation"]}),
        ("rik", PassOn, {**passed, "rights": ["creation"]}),
        ("rik", Withdraw, passed),
        ("anna", Withdraw, there),
        ("ben", UpdateDetails, {"details": {"phone": "1"}}),
        (OPERATOR, Revoke, {"user": "ben", **MASS, "rights": ["creation"]}),
        ("mia", Deactivate, {"user": "ben"}),
        ("mia", Reactivate, {"user": "ben"}),
        ("ben", SignOut, {"browser": "b"}),
    ]
    for who, command, fields in steps:
        for _ in range(2):
            acme.accepts(who, command, **fields)
        assert acme.watched.units[-1].changes == {}, command


def story(seed: int) -> Town:
    """Live through a company's first weeks."""
    town = Town(seed=seed)
    town.company("acme", {"hq": {"billing-addresses": ["B1"], "contracts": {"C-1": {}}}}, options=["ftp"])
    ask = {"organisation": "acme", "account": "hq"}
    details = {"email": "zoe@acme.example", "username": "ZOE"}
    zoe = town.accepts(VISITOR, RequestAccess, **ask, application="distriplanner", details=details).created
    yan = town.accepts(VISITOR, RequestAccess, **ask, application="emasspost", details={"email": "y@acme.example"})
    town.accepts(OPERATOR, GrantAccess, user=zoe)
    town.accepts(OPERATOR, RefuseAccess, user=yan.created)
    town.accepts(VISITOR, ResetPassword, token=town.mailed("zoe@acme.example"), password="Winter-Tram-61")
    me = Member(session=town.accepts(VISITOR, SignIn, identifier="zoe", password="Winter-Tram-61").session)
    dora = town.accepts(me, CreateUser, details=DETAILS).created
    town.accepts(VISITOR, SignIn, identifier="dora", password=town.mailed("dora@acme.example"))
    town.accepts(me, Grant, user=dora, application="distriplanner", account="hq", rights=["quick-view"])
    town.codes(me, Grant, user=dora, application="emasspost", account="hq", rights=["creation"])
    town.accepts(VISITOR, RequestReset, identifier="zoe")
    return town


@pytest.mark.rule("GX-10")
def test_the_same_time_and_chance_give_the_same_outcome_to_the_byte() -> None:
    first, second = story(1), story(1)
    assert repr(first.store.records()) == repr(second.store.records())
    assert repr(first.store.outbox()) == repr(second.store.outbox())
    assert [repr(dict(unit.changes)) for unit in first.watched.units if not _hashes(unit.changes)] == [
        repr(dict(unit.changes)) for unit in second.watched.units if not _hashes(unit.changes)
    ]
    assert [first.secret(each.mail.token) for each in first.store.outbox() if each.mail.token] == [
        second.secret(each.mail.token) for each in second.store.outbox() if each.mail.token
    ]


@pytest.mark.rule("GX-10")
def test_other_chance_gives_other_ids_and_secrets_and_the_same_story() -> None:
    first, second = story(1), story(2)
    names = [each.event.name for each in first.store.records()]
    assert names == [each.event.name for each in second.store.records()]
    secrets = [
        {town.secret(each.mail.token) for each in town.store.outbox() if each.mail.token} for town in (first, second)
    ]
    assert secrets[0].isdisjoint(secrets[1])


def _hashes(changes: object) -> bool:
    """Whether a unit holds the salted hash of a password: its salt is the hasher's own, and shown nowhere."""
    return "Credential" in repr(changes)


def test_what_a_gate_has_made_sure_of_is_there() -> None:
    assert present("x") == "x"
    with pytest.raises(LookupError, match="a gate let something through"):
        present(None)


@pytest.mark.rule("GX-09")
def test_a_rule_that_is_broken_twice_is_named_once_with_what_both_name() -> None:
    first = FIELD_REQUIRED.broken(fields=("email", "phone"))
    (joined,) = broken(first, None, FIELD_REQUIRED.broken(fields=("phone", "gender")))
    assert dict(joined.facts) == {"fields": ("email", "phone", "gender")}
    one, other = (UNKNOWN_NAME.broken(kind=kind, names=(kind,)) for kind in ("field", "right"))
    assert broken(one, other) == (one,)
    assert broken(None) == ()


@pytest.mark.rule("GX-08")
def test_a_refusal_names_at_least_one_rule() -> None:
    with pytest.raises(ValueError, match="at least one broken rule"):
        Refused(())


@pytest.mark.rule("GX-01")
def test_the_operator_is_confined_to_no_organisation_but_names_what_exists(acme: Town) -> None:
    for command, fields in ((OpenOrganisation, {"organisation": "new", "name": "New"}), (Deactivate, {"user": "ben"})):
        assert isinstance(acme.accepts(OPERATOR, command, **fields), Accepted)
