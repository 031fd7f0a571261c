"""A feed says which addresses may come in: the portal's users become exactly these."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from partnerauth.adapters.memory import MemoryStore
from partnerauth.addresses import parse
from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AccountsOf, EveryUser, Key, LoginNameByKey
from partnerauth.entities import LoginName, Member, Operator, OrganisationId, System, User, Visitor
from partnerauth.events import AllowListApplied, AllowListImported
from partnerauth.flow import present
from partnerauth.flows import import_allow_list
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.import_allow_list import AllowListEntry, ImportAllowList
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut
from partnerauth.portals import parse_portal, portal_text
from partnerauth.ports import ConflictError, Loaded, Unit
from partnerauth.testing.clockwork import World, world
from partnerauth.testing.stores import unit_of

PASSWORD = "Zomer-Fietsen-9"
NORTH = tuple(f"{name}@north.example" for name in ("ann", "bob", "cas", "dee", "eve"))


def entry(email: str, organisation: str = "north", name: str = "") -> AllowListEntry:
    return AllowListEntry(email=email, name=name, organisation=OrganisationId(organisation))


def entries(*emails: str) -> tuple[AllowListEntry, ...]:
    return tuple(map(entry, emails))


def feed(portal: World, sequence: int, *lines: AllowListEntry) -> Answer:
    return portal.execute(System(name="feed"), ImportAllowList(entries=lines, sequence=sequence))


def codes(answer: Answer) -> tuple[str, ...]:
    assert isinstance(answer, Refused), answer
    return answer.codes


def does(portal: World, sequence: int, *lines: AllowListEntry) -> list[str]:
    """Give a feed that is accepted, and return what it did, as it stands on record."""
    before = len(portal.store.records())
    answer = feed(portal, sequence, *lines)
    assert isinstance(answer, Accepted), answer
    first, *done, last = [each.event.name for each in portal.store.records()[before:]]
    assert (first, last) == ("AllowListImported", "AllowListApplied")
    return done


def user(portal: World, email: str, organisation: str = "north") -> User:
    return next(each for each in portal.view().users(organisation) if each.email.key == email)


def comes_in(portal: World, email: str) -> Member:
    """Set a password through the link, as everybody does the first time (ED-02), which signs him in (ED-06)."""
    portal.execute(Visitor(), RequestReset(identifier=email))
    link = portal.secret(portal.store.outbox(to=email)[-1].mail.token)
    answer = portal.execute(Visitor(), ResetPassword.model_validate({"token": link, "password": PASSWORD}))
    assert isinstance(answer, Accepted), answer
    return Member(session=answer.session)


@pytest.fixture
def edi() -> World:
    portal = world("edi")
    assert isinstance(feed(portal, 1, *entries(*NORTH)), Accepted)
    return portal


@pytest.mark.rule("ED-01")
def test_a_new_address_becomes_an_invited_user_without_a_password_or_rights(edi: World) -> None:
    ann = user(edi, "ann@north.example")

    assert (ann.state, ann.created_by, ann.management) == ("invited", "system:feed", frozenset())
    assert edi.store.outbox() == ()
    assert not edi.view().can(ann.id, "leads", "view-leads")
    assert edi.view().explain(ann.id, "leads", "view-leads").rule == "user-inactive"


@pytest.mark.rule("ED-01", "BP-12")
def test_where_the_operator_adds_accounts_an_organisation_of_the_feed_begins_with_none() -> None:
    portal = parse_portal(portal_text("edi").replace("accounts = false", "accounts = true"), "mine.toml")
    mine = world(portal)

    assert does(mine, 1, entry("ann@north.example")) == ["OrganisationOpened", "UserProvisioned"]
    accounts = AccountsOf(OrganisationId("north"))
    assert mine.store.read([accounts]).values[accounts] == ()


@pytest.mark.rule("ED-01")
def test_the_same_feed_with_a_higher_number_changes_nothing(edi: World) -> None:
    assert does(edi, 2, *entries(*NORTH)) == []


@pytest.mark.rule("ED-01")
def test_an_unknown_organisation_is_created_and_a_known_one_is_used() -> None:
    edi = world("edi")
    edi.execute(Operator(), OpenOrganisation.model_validate({"organisation": "north", "name": "Garage North"}))

    done = does(edi, 1, entry("ann@north.example"), entry("kim@south.example", "south"))

    assert done == ["UserProvisioned", "OrganisationOpened", "AccountSet", "UserProvisioned"]
    assert edi.view().can(comes_in_id(edi, "kim@south.example", "south"), "leads", "view-leads")


def comes_in_id(portal: World, email: str, organisation: str) -> str:
    comes_in(portal, email)
    return user(portal, email, organisation).id


@pytest.mark.rule("ED-01", "ED-03")
def test_an_address_is_folded_to_lower_case(edi: World) -> None:
    feed(edi, 2, *entries(*NORTH, "LEA@North.Example"))

    assert user(edi, "lea@north.example").email.original == "lea@north.example"
    assert does(edi, 3, *entries(*NORTH, "Lea@north.example")) == []


@pytest.mark.rule("ED-01", "GX-02")
def test_an_address_that_has_left_the_list_is_deactivated_with_his_session_and_kept(edi: World) -> None:
    ann = comes_in(edi, "ann@north.example")

    done = does(edi, 2, *entries(*NORTH[1:]))

    assert done == ["UserDeactivated"]
    assert user(edi, "ann@north.example").state == "deactivated"
    assert codes(edi.execute(ann, SignOut())) == ("user-inactive",)
    assert codes(edi.execute(Visitor(), SignIn.model_validate({"identifier": NORTH[0], "password": PASSWORD}))) == (
        "user-inactive",
    )


@pytest.mark.rule("ED-01")
def test_an_address_that_returns_is_reactivated_with_his_password_but_without_his_sessions(edi: World) -> None:
    ann = comes_in(edi, "ann@north.example")
    feed(edi, 2, *entries(*NORTH[1:]))

    assert does(edi, 3, *entries(*NORTH)) == ["UserReactivated"]

    assert user(edi, "ann@north.example").state == "active"
    assert codes(edi.execute(ann, SignOut())) == ("sign-in-required",)
    answer = edi.execute(Visitor(), SignIn.model_validate({"identifier": NORTH[0], "password": PASSWORD}))
    assert isinstance(answer, Accepted)


@pytest.mark.rule("ED-01")
def test_who_never_came_in_returns_as_invited(edi: World) -> None:
    feed(edi, 2, *entries(*NORTH[1:]))
    feed(edi, 3, *entries(*NORTH))

    assert user(edi, "ann@north.example").state == "invited"


@pytest.mark.rule("ED-01", "GX-02")
def test_a_link_that_was_mailed_before_ends_with_the_deactivation(edi: World) -> None:
    edi.execute(Visitor(), RequestReset(identifier="ann@north.example"))
    link = edi.secret(edi.store.outbox()[-1].mail.token)
    feed(edi, 2, *entries(*NORTH[1:]))
    feed(edi, 3, *entries(*NORTH))

    answer = edi.execute(Visitor(), ResetPassword.model_validate({"token": link, "password": PASSWORD}))

    assert codes(answer) == ("link-unknown",)


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize("again", [NORTH, NORTH[1:]])
def test_fd_10_a_feed_never_reactivates_whom_somebody_deactivated_by_hand(edi: World, again: tuple[str, ...]) -> None:
    ann = user(edi, "ann@north.example")
    edi.execute(Operator(), Deactivate(user=ann.id))

    feed(edi, 2, *entries(*again))
    done = does(edi, 3, *entries(*NORTH))

    assert done == []
    assert user(edi, "ann@north.example").state == "deactivated"


@pytest.mark.rule("ED-01")
def test_fd_10_deactivating_by_hand_whom_the_feed_has_left_out_keeps_him_out(edi: World) -> None:
    feed(edi, 2, *entries(*NORTH[1:]))
    edi.execute(Operator(), Deactivate(user=user(edi, "ann@north.example").id))

    feed(edi, 3, *entries(*NORTH))

    assert user(edi, "ann@north.example").state == "deactivated"


@pytest.mark.rule("ED-01")
def test_the_next_feed_deactivates_whom_somebody_reactivated_against_it(edi: World) -> None:
    feed(edi, 2, *entries(*NORTH[1:]))
    ann = user(edi, "ann@north.example")
    edi.execute(Operator(), Reactivate(user=ann.id))

    assert does(edi, 3, *entries(*NORTH[1:])) == ["UserDeactivated"]


@pytest.mark.rule("ED-01", "ED-10")
def test_a_user_whose_entry_names_another_organisation_moves_without_his_rights_and_sessions(edi: World) -> None:
    ann, bob = comes_in(edi, "ann@north.example"), comes_in(edi, "bob@north.example")

    done = does(edi, 2, entry("ann@north.example", "south"), *entries(*NORTH[1:]))

    assert done == ["OrganisationOpened", "AccountSet", "UserMoved"]
    moved = user(edi, "ann@north.example", "south")
    assert codes(edi.execute(ann, SignOut())) == ("sign-in-required",)
    assert isinstance(edi.execute(bob, SignOut()), Accepted)
    view = edi.view()
    assert view.explain(moved.id, "leads", "view-leads", account="north/-").rule == "other-organisation"
    assert view.can(moved.id, "leads", "view-leads")


@pytest.mark.rule("ED-01")
def test_who_moves_back_is_a_colleague_like_any_other(edi: World) -> None:
    comes_in(edi, "ann@north.example")
    feed(edi, 2, entry("ann@north.example", "south"), *entries(*NORTH[1:]))
    feed(edi, 3, *entries(*NORTH))

    ann = user(edi, "ann@north.example")
    assert edi.view().rights(ann.id, "leads").rights == {"view-leads", "view-customers"}


@pytest.mark.rule("ED-01")
def test_fd_01_an_empty_feed_is_refused_whole(edi: World) -> None:
    assert codes(feed(edi, 2)) == ("feed-suspicious",)
    assert [each.state for each in edi.view().users("north")] == ["invited"] * 5


@pytest.mark.rule("ED-01")
def test_fd_01_a_truncated_feed_is_refused_whole(edi: World) -> None:
    answer = feed(edi, 2, *entries(*NORTH[2:], "new@north.example"))

    assert isinstance(answer, Refused)
    (reason,) = answer.reasons
    assert (reason.code, dict(reason.facts)) == ("feed-suspicious", {"leaving": 2, "known": 5, "share": 20})
    assert len(edi.view().users("north")) == 5


@pytest.mark.rule("ED-01")
def test_just_the_portals_share_may_leave(edi: World) -> None:
    assert isinstance(feed(edi, 2, *entries(*NORTH[1:])), Accepted)


@pytest.mark.rule("ED-01")
def test_the_share_is_the_portal_files() -> None:
    portal = world("edi").portal
    assert portal.allow_list is not None
    strict = world(portal.model_copy(update={"allow_list": portal.allow_list.model_copy(update={"share": 19})}))
    feed(strict, 1, *entries(*NORTH))

    assert codes(feed(strict, 2, *entries(*NORTH[1:]))) == ("feed-suspicious",)


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize("sequence", [1, 0, -5])
def test_fd_02_an_older_feed_is_refused(edi: World, sequence: int) -> None:
    assert codes(feed(edi, sequence, *entries(*NORTH))) == ("feed-out-of-order",)


@pytest.mark.rule("ED-01")
def test_a_feed_that_was_refused_does_not_use_up_its_number(edi: World) -> None:
    feed(edi, 2)

    assert isinstance(feed(edi, 2, *entries(*NORTH)), Accepted)


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize(
    "again", [entry("ann@north.example"), entry("ANN@north.example"), entry("ann@north.example", "south")]
)
def test_fd_03_duplicate_or_contradicting_lines_refuse_the_feed_whole(edi: World, again: AllowListEntry) -> None:
    answer = feed(edi, 2, *entries(*NORTH, "new@north.example"), again)

    assert codes(answer) == ("feed-contradictory",)
    assert len(edi.view().users("north")) == 5


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize(
    ("line", "number"),
    [
        (entry("no address"), "6"),
        (entry('"ann@corp.example"@evil.example'), "6"),
        (entry("new@north.example", "a/b"), "6"),
        (entry("new@north.example", ""), "6"),
        (entry("new@north.example", name="Ann\r\nBcc: evil"), "6"),
    ],
)
def test_fd_03_a_damaged_line_refuses_the_feed_whole(edi: World, line: AllowListEntry, number: str) -> None:
    answer = feed(edi, 2, *entries(*NORTH), line)

    assert isinstance(answer, Refused)
    assert [(each.code, dict(each.facts)) for each in answer.reasons] == [("feed-malformed", {"lines": (number,)})]


@pytest.mark.rule("ED-01")
def test_all_that_is_wrong_with_a_feed_is_said_at_once(edi: World) -> None:
    answer = feed(edi, 1, *entries("ann@north.example", "ann@north.example", "?"))

    assert codes(answer) == ("feed-out-of-order", "feed-malformed", "feed-contradictory", "feed-suspicious")


@pytest.mark.parametrize("extra", [{"administrator": True}, {"rights": ["view-leads"]}, {"management": []}])
def test_fd_04_a_line_that_carries_rights_cannot_be_made(extra: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="Unexpected keyword"):
        ImportAllowList.model_validate(
            {"sequence": 1, "entries": [{"email": NORTH[0], "organisation": "north", **extra}]}
        )


@pytest.mark.rule("ED-01")
def test_fd_06_a_formula_in_a_name_stays_a_name(edi: World) -> None:
    feed(edi, 2, *entries(*NORTH), entry("new@north.example", name="=cmd() <b>x</b>"))

    assert dict(user(edi, "new@north.example").details) == {"first-name": "=cmd()", "last-name": "<b>x</b>"}


@pytest.mark.rule("ED-01")
def test_fd_09_of_two_runs_at_once_the_second_decides_again(edi: World) -> None:
    store = edi.store
    read = store.read
    late: list[Answer] = []

    def reading(keys: Sequence[Key[Any]]) -> Loaded:
        loaded = read(keys)
        if not late:
            late.append(Accepted())
            late[0] = feed(edi, 3, *entries(*NORTH))
        return loaded

    store.read = reading  # type: ignore[method-assign]

    assert codes(feed(edi, 2, *entries(*NORTH, "new@north.example"))) == ("feed-out-of-order",)
    assert isinstance(late[0], Accepted)


@pytest.mark.rule("ED-01")
def test_fd_09_a_feed_that_is_not_stored_leaves_nothing_behind(edi: World) -> None:
    store = edi.store
    commit = store.commit

    def failing(unit: Unit) -> int:
        if any(isinstance(event, AllowListImported) for event in unit.events):
            raise ConflictError
        return commit(unit)

    store.commit = failing  # type: ignore[method-assign]
    with pytest.raises(ConflictError):
        feed(edi, 2, *entries(*NORTH[1:], "new@north.example"))
    store.commit = commit  # type: ignore[method-assign]

    assert [each.state for each in edi.view().users("north")] == ["invited"] * 5
    assert isinstance(feed(edi, 2, *entries(*NORTH)), Accepted)


@pytest.mark.rule("ED-01", "SP-07")
def test_fd_11_a_provisioned_account_is_inert_until_the_mailbox_is_proved(edi: World) -> None:
    ann = user(edi, "ann@north.example")

    assert codes(edi.execute(Member(user=ann.id), SignOut())) == ("user-inactive",)
    assert codes(edi.execute(Visitor(), SignIn.model_validate({"identifier": NORTH[0], "password": ""}))) == (
        "wrong-password",
    )


@pytest.mark.rule("ED-01", "GX-03")
def test_who_is_not_on_the_list_is_answered_like_everybody_and_the_truth_is_on_record(edi: World) -> None:
    known = edi.execute(Visitor(), RequestReset(identifier="ann@north.example"))
    unknown = edi.execute(Visitor(), RequestReset(identifier="zoe@north.example"))

    assert isinstance(known, Accepted)
    assert isinstance(unknown, Accepted)
    assert known.notices == unknown.notices == ("reset-requested", "known-addresses")
    (record,) = edi.store.records(about="zoe@north.example")
    assert getattr(record.event, "codes", None) == ("not-on-allow-list",)
    assert edi.store.outbox(to="zoe@north.example") == ()


@pytest.mark.rule("ED-01", "GX-03")
def test_whom_the_feed_has_left_out_is_not_on_the_list_either(edi: World) -> None:
    feed(edi, 2, *entries(*NORTH[1:]))

    answer = edi.execute(Visitor(), RequestReset(identifier="ann@north.example"))

    assert isinstance(answer, Accepted)
    assert [getattr(event, "codes", None) for event in answer.events] == [("not-on-allow-list",)]
    assert edi.store.outbox() == ()


@pytest.mark.rule("ED-01", "GX-03")
def test_a_failed_sign_in_is_on_record_with_the_truth_that_nobody_is_told(edi: World) -> None:
    answer = edi.execute(Visitor(), SignIn.model_validate({"identifier": "zoe@north.example", "password": PASSWORD}))

    assert codes(answer) == ("wrong-password",)
    (record,) = edi.store.records(about="zoe@north.example")
    assert getattr(record.event, "codes", None) == ("wrong-password", "not-on-allow-list")


@pytest.mark.rule("ED-01")
def test_only_the_system_imports(edi: World) -> None:
    ann = comes_in(edi, "ann@north.example")
    command = ImportAllowList(entries=entries(*NORTH), sequence=9)

    assert codes(edi.execute(Operator(), command)) == ("not-offered",)
    assert codes(edi.execute(ann, command)) == ("not-offered",)
    assert codes(world("support").execute(System(), command)) == ("not-offered",)


@pytest.mark.rule("GX-08")
def test_the_import_is_on_record_in_numbers(edi: World) -> None:
    feed(edi, 2, entry("ann@north.example", "south"), *entries(*NORTH[2:], "new@north.example"))

    imported, applied = [each.event for each in edi.store.records(about="allow-list")[-2:]]
    assert isinstance(imported, AllowListImported)
    assert isinstance(applied, AllowListApplied)
    assert applied.sequence == 2
    assert (imported.sequence, imported.entries) == (2, 5)
    assert (imported.provisioned, imported.moved, imported.reactivated, imported.deactivated) == (1, 1, 0, 1)


class CrashError(RuntimeError):
    """The process dies."""


class Frail(MemoryStore):
    """A store whose process dies after so many commits; `commits` are those that came through, as events."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 10**9
        self.commits: list[tuple[str, ...]] = []

    def commit(self, unit: Unit) -> int:
        """Commit, or die."""
        if not self.left:
            raise CrashError
        self.left -= 1
        position = super().commit(unit)
        self.commits.append(tuple(event.name for event in unit.events))
        return position


MANY = tuple(entry(f"{name}@{home}.example", home) for home in ("east", "north", "south", "west") for name in "abcdef")
LATER = (
    *(entry(each.email, each.organisation) for each in MANY if each.email[0] not in "ab"),
    entry("a@north.example", "south"),
    entry("new@west.example", "west"),
    entry("new@up.example", "up"),
    *(entry(f"a@{home}.example", home) for home in ("east", "south", "west")),
)
"""Of the 24 four leave, one moves from north to south, and two come, one of them into an organisation that is new."""


def state(portal: World) -> set[tuple[str, str, str]]:
    """Return who is where, and what he is."""
    users = portal.store.read([EveryUser()]).values[EveryUser()]
    return {(user.key, user.organisation, user.state.value) for user in users}


def frail() -> tuple[World, Frail]:
    store = Frail()
    edi = world("edi", store)
    assert isinstance(feed(edi, 1, *MANY), Accepted)
    return edi, store


@pytest.mark.rule("ED-01")
def test_each_organisation_is_a_transaction_of_its_own_and_two_that_somebody_moves_between_are_one() -> None:
    edi, store = frail()
    del store.commits[:]

    feed(edi, 2, *LATER)

    assert [sorted(set(names)) for names in store.commits] == [
        ["AllowListImported"],
        ["UserDeactivated"],
        ["UserDeactivated", "UserMoved"],
        ["AccountSet", "OrganisationOpened", "UserProvisioned"],
        ["UserDeactivated", "UserProvisioned"],
        ["AllowListApplied"],
    ]
    touched = [{each.event.organisation for each in edi.store.records() if each.position == edi.store.position() - 3}]
    assert touched == [{"north", "south"}]


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize("commits", range(7))
def test_fd_09_a_feed_that_died_halfway_goes_on_when_it_is_given_again(commits: int) -> None:
    whole, _ = frail()
    feed(whole, 2, *LATER)
    edi, store = frail()
    store.left = commits
    with contextlib.suppress(CrashError):
        feed(edi, 2, *LATER)
    store.left = 10**9

    answer = feed(edi, 2, *reversed(LATER))

    assert codes(answer) == ("feed-out-of-order",) if commits == 6 else isinstance(answer, Accepted)
    assert state(edi) == state(whole)
    assert sorted(name for names in store.commits for name in names if name != "CommandRefused") == sorted(
        each.event.name for each in whole.store.records()
    )
    assert codes(feed(edi, 2, *LATER)) == ("feed-out-of-order",)


@pytest.mark.rule("ED-01")
def test_fd_09_whoever_reads_meanwhile_finds_no_organisation_half_done() -> None:
    before, _ = frail()
    after, _ = frail()
    feed(after, 2, *LATER)
    homes = {frozenset({"north", "south"}), frozenset({"east"}), frozenset({"west"}), frozenset({"up"})}
    for commits in range(7):
        edi, store = frail()
        store.left = commits
        with contextlib.suppress(CrashError):
            feed(edi, 2, *LATER)
        for together in homes:
            there, then, now = (
                {each for each in state(portal) if each[1] in together} for portal in (before, after, edi)
            )
            assert now in (there, then)


@pytest.mark.rule("ED-01")
def test_another_feed_under_the_number_of_an_unfinished_one_is_out_of_order() -> None:
    edi, store = frail()
    store.left = 2
    with pytest.raises(CrashError):
        feed(edi, 2, *LATER)
    store.left = 10**9

    assert codes(feed(edi, 2, *LATER[1:])) == ("feed-out-of-order",)
    assert codes(feed(edi, 1, *MANY)) == ("feed-out-of-order",)
    assert isinstance(feed(edi, 2, *LATER), Accepted)


@pytest.mark.rule("ED-01")
def test_a_newer_feed_takes_the_place_of_an_unfinished_one_and_is_counted_on_what_is_there() -> None:
    edi, store = frail()
    store.left = 2
    with pytest.raises(CrashError):
        feed(edi, 2, *LATER)
    store.left = 10**9

    assert does(edi, 3, *MANY) == ["UserReactivated"]
    assert state(edi) == state(frail()[0])
    assert codes(feed(edi, 2, *LATER)) == ("feed-out-of-order",)


@pytest.mark.rule("ED-01")
def test_fd_09_a_newer_feed_that_comes_while_one_is_applied_stops_it() -> None:
    edi, store = frail()
    commit = store.commit
    newer: list[Answer] = []

    def committing(unit: Unit) -> int:
        position = commit(unit)
        if not newer and any(event.name == "UserDeactivated" for event in unit.events):
            newer.append(Accepted())
            newer[0] = feed(edi, 3, *MANY)
        return position

    store.commit = committing  # type: ignore[method-assign]

    assert codes(feed(edi, 2, *LATER)) == ("feed-out-of-order",)
    assert isinstance(newer[0], Accepted)
    assert state(edi) == state(frail()[0])


@pytest.mark.rule("ED-01")
def test_fd_09_whoever_decides_while_a_feed_is_applied_decides_again_on_what_that_leaves() -> None:
    edi, store = frail()
    commit = store.commit

    def goes_on(commits: int) -> None:
        store.commit, store.left = commit, commits  # type: ignore[method-assign]
        with pytest.raises(CrashError):
            feed(edi, 2, *LATER)
        store.left = 10**9

    def committing(unit: Unit) -> int:
        goes_on(2)
        return commit(unit)

    goes_on(1)
    store.commit = committing  # type: ignore[method-assign]

    # The newer feed is decided on when nobody has left; one of those who stand on it leaves before that is stored.
    assert isinstance(feed(edi, 3, *MANY), Accepted)
    assert ("UserDeactivated",) in store.commits
    assert ("UserReactivated",) in store.commits
    assert state(edi) == state(frail()[0])


@pytest.mark.rule("ED-01")
def test_fd_09_the_same_feed_twice_at_once_is_applied_once() -> None:
    edi, store = frail()
    commit = store.commit
    other: list[Answer] = []

    def committing(unit: Unit) -> int:
        position = commit(unit)
        if not other and any(event.name == "UserDeactivated" for event in unit.events):
            other.append(Accepted())
            other[0] = feed(edi, 2, *LATER)
        return position

    store.commit = committing  # type: ignore[method-assign]

    assert isinstance(feed(edi, 2, *LATER), Accepted)
    assert isinstance(other[0], Accepted)
    names = [name for names in store.commits for name in names]
    assert (names.count("UserDeactivated"), names.count("UserMoved"), names.count("AllowListApplied")) == (4, 1, 2)


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize("commits", range(5))
def test_an_organisation_in_which_many_change_is_done_in_parts(commits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_allow_list, "MOST_AT_ONCE", 2)
    store = Frail()
    edi = world("edi", store)
    store.left = commits
    with contextlib.suppress(CrashError):
        feed(edi, 1, *entries(*NORTH))
    store.left = 10**9
    feed(edi, 1, *entries(*NORTH))

    first, *parts, last = filter(None, store.commits)
    assert (first, last) == (("AllowListImported",), ("AllowListApplied",))
    assert [names.count("UserProvisioned") for names in parts] == [2, 2, 1]
    assert sum(names.count("OrganisationOpened") for names in parts) == 1
    assert state(edi) == {(email, "north", "invited") for email in NORTH}


@pytest.mark.rule("ED-01")
def test_a_damaged_copy_of_an_unfinished_feed_does_not_go_on_with_it() -> None:
    edi, store = frail()
    store.left = 2
    with pytest.raises(CrashError):
        feed(edi, 2, *LATER)
    store.left = 10**9
    before = state(edi)

    assert codes(feed(edi, 2, *LATER, entry("?")))[:2] == ("feed-out-of-order", "feed-malformed")
    assert codes(feed(edi, 2, *LATER, LATER[0]))[:2] == ("feed-out-of-order", "feed-contradictory")
    assert state(edi) == before


@pytest.mark.rule("ED-01")
def test_who_has_another_address_by_the_time_a_feed_is_applied_is_left_to_the_next_one() -> None:
    edi, store = frail()
    commit = store.commit
    gone = user(edi, "a@north.example", "north")
    elsewhere = replace(gone, email=present(parse("other@north.example")))
    names = (LoginName(key="other@north.example", user=gone.id), LoginNameByKey("a@north.example"))

    def committing(unit: Unit) -> int:
        position = commit(unit)
        if any(event.name == "AllowListImported" for event in unit.events):
            commit(unit_of(store, elsewhere, names[0], drops=names[1:]))
        return position

    store.commit = committing  # type: ignore[method-assign]
    done = does(edi, 2, *(each for each in MANY if each.email != gone.email.key))

    assert done == []
    assert state(edi) >= {("other@north.example", "north", "invited")}
    store.commit = commit  # type: ignore[method-assign]
    assert does(edi, 3, *(each for each in MANY if each.email != gone.email.key)) == ["UserDeactivated"]


@pytest.mark.rule("ED-01")
def test_the_share_is_asked_once_and_not_again_when_a_feed_goes_on() -> None:
    portal = world("edi").portal
    assert portal.allow_list is not None
    store = Frail()
    edi = world(portal.model_copy(update={"allow_list": portal.allow_list.model_copy(update={"share": 17})}), store)
    feed(edi, 1, *MANY)
    store.left = 2
    with pytest.raises(CrashError):
        feed(edi, 2, *LATER)
    store.left = 10**9

    assert isinstance(feed(edi, 2, *LATER), Accepted)


LISTS = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["north", "south"]), min_size=1)


@pytest.mark.rule("ED-01", "GX-10")
@given(feeds=st.lists(LISTS, min_size=1, max_size=5))
def test_after_every_feed_whoever_may_come_in_is_exactly_on_it(feeds: list[dict[str, str]]) -> None:
    whole = world("edi").portal
    lenient = whole.model_copy(
        update={"allow_list": whole.allow_list and whole.allow_list.model_copy(update={"share": 100})}
    )
    edi = world(lenient)
    for sequence, named in enumerate(feeds):
        edi.clock.advance(timedelta(days=1))
        feed(edi, sequence, *(entry(f"{name}@x.example", organisation) for name, organisation in named.items()))

        users = [each for home in ("north", "south") for each in edi.view().users(home)]
        assert {each.email.local: each.organisation for each in users if each.state == "invited"} == named


@pytest.mark.rule("ED-01", "GX-08")
def test_whoever_leaves_the_list_and_returns_does_so_by_the_feed() -> None:
    edi = world("edi")
    for sequence, listed in enumerate((NORTH, NORTH[1:], NORTH), 1):
        feed(edi, sequence, *entries(*listed))
    events = [each.event for each in edi.store.records()]
    done = [event for event in events if event.name in {"UserDeactivated", "UserReactivated"}]
    assert [(event.name, event.by, event.organisation) for event in done] == [
        ("UserDeactivated", "system:feed", "north"),
        ("UserReactivated", "system:feed", "north"),
    ]
