"""The laws: what is so in every portal, whoever does what.  Each is a function that raises AssertionError.

A law of turns looks at one command and at what was stored before and after it, a law of questions at one
question to a view.  `partnerauth.testing.machine` tries them on random histories.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from partnerauth.decision import Answer, Refused
from partnerauth.directory import AttemptsAgainst
from partnerauth.entities import (
    RIGHT,
    Account,
    Delegation,
    Element,
    Member,
    Operator,
    Organisation,
    Selection,
    State,
    System,
    User,
    Visitor,
)
from partnerauth.events import ClaimLapsed, CommandRefused
from partnerauth.flows.copy_rights import CopyRights
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.grant import Grant
from partnerauth.policy.engine import decisions, gate, rows, rules
from partnerauth.policy.engine.rules import Facts
from partnerauth.policy.grid import Cell
from partnerauth.policy.portal import MANAGE_ADMINISTRATORS, RESOURCE_KINDS, Application
from partnerauth.testing import oracle
from partnerauth.testing.history import State as Stored
from partnerauth.testing.history import Turn, Witness, answered, home_of
from partnerauth.testing.ledger import Ledger, by_membership, entering, gains, giver, holdings
from partnerauth.testing.oracle import Question

TurnLaw: TypeAlias = Callable[[Witness, Ledger, Turn], None]
"""A law of turns; the ledger is as it was before the turn."""

QuestionLaw: TypeAlias = Callable[[Witness, Question], None]
"""A law of questions."""

LawT = TypeVar("LawT", TurnLaw, QuestionLaw)

_STATES: Final = frozenset({"user-inactive", "approval-pending", "approval-rejected"})
_FIRST_GATE: Final = _STATES | {"sign-in-required", "password-change-required", "session-replaced"}
_ALONE: Final = (_FIRST_GATE - _STATES) | {"not-offered", "unknown-name", "other-organisation"}
"""The codes that nothing stands beside; those of a state can also be about the user whom a command names."""

_MEMBERS: Final = frozenset({"user", "administrator"})
"""What portal files call whoever has signed in; anybody else they call by the name of his class."""

_WITH_A_TEMPORARY_PASSWORD: Final = frozenset({"change-password", "sign-out"})
"""What can be done before a temporary password is changed (BP-13)."""


def nobody_gives_more_than_he_holds(world: Witness, _: Ledger, turn: Turn) -> None:
    """Whoever gives, by whichever command, holds it himself at that moment (BP-02, BP-04, BP-18, BP-31, GX-02)."""
    before = holdings(world.portal, turn.before)
    for (user, place), elements in gains(world.portal, turn).items():
        source = giver(turn, user)
        if source is not None:
            excess = elements - before.get((source.id, place), frozenset())
            _require(not excess, turn, f"{source.id} let {user} have on {place}, and does not hold: {_words(excess)}")
    by = turn.by
    for each in turn.after.delegations if by else ():
        stood = turn.before.delegation(each.account, each.application, each.organisation)
        new = frozenset(each.elements) - frozenset(stood.elements if stood else ())
        excess = new - before.get((by.id if by else "", (each.account, each.application)), frozenset())
        _require(not excess, turn, f"{each.organisation} was let have what the giver does not hold: {_words(excess)}")


def nothing_grows(world: Witness, ledger: Ledger, turn: Turn) -> None:
    """Nobody ever holds what did not come into his organisation from the operator (BP-01, BP-04, BP-31)."""
    entered = entering(world.portal, turn)
    for (user, place), elements in holdings(world.portal, turn.after).items():
        if not by_membership(world.portal, turn.after, user, place):
            excess = elements - ledger.entered[place] - entered.get(place, frozenset())
            _require(not excess, turn, f"{user} holds on {place} what no operator gave: {_words(excess)}")


def rights_are_not_taken_away(world: Witness, _: Ledger, turn: Turn) -> None:
    """Where the portal forbids it, no member takes from a colleague what was given to him (BP-10).

    Whoever was turned down, and starts anew, starts with nothing (DP-04).
    """
    if turn.by is None or "administrator" not in world.portal.forbidden.get("revoke", ()):
        return
    for before in turn.before.selections:
        user = turn.before.user(before.user)
        if user is None or user.state is State.REJECTED or home_of(before.account) != user.organisation:
            continue
        after = turn.after.selection(before.user, before.account, before.application)
        _require(after is not None and set(before.elements) <= set(after.elements), turn, f"{before.user} lost rights")
    for user in turn.before.users:
        kept = turn.after.user(user.id) if user.state is not State.REJECTED else user
        _require(kept is not None and user.management <= kept.management, turn, f"{user.id} lost management rights")


def nobody_is_deleted(world: Witness, _: Ledger, turn: Turn) -> None:
    """Users are there for good, and in their organisation: only who was turned down joins another (BP-09, DP-04)."""
    for user in turn.before.users:
        kept = turn.after.user(user.id)
        _require(kept is not None, turn, f"{user.id} is gone")
        moved = kept is not None and kept.organisation != user.organisation
        free = user.state is State.REJECTED or isinstance(turn.actor, (Operator, System))
        _require(free or not moved, turn, f"{user.id} was moved")
    recorded = [each.event for each in world.store.records()][-len(turn.events) :] if turn.events else []
    _require(recorded == list(turn.events), turn, "what happened is not what stands last on record")


def names_are_one_persons(_: Witness, __: Ledger, turn: Turn) -> None:
    """No name that somebody signs in with looks like another's: case and width make no difference (GX-12)."""
    owners: dict[str, str] = {}
    for user in turn.after.users:
        for name in {_as_seen(user.username), _as_seen(user.email.key)} - {""}:
            _require(owners.setdefault(name, user.id) == user.id, turn, f"{name!r} is {user.id}'s and {owners[name]}'s")


def only_whoever_may_act_does(world: Witness, ledger: Ledger, turn: Turn) -> None:
    """The actor's state comes before everything, then what the portal offers him (GX-02, BP-13; section 0)."""
    if turn.overtaken and not turn.accepted:
        return
    offered = set(world.portal.offers.get(turn.word, ()))
    if isinstance(turn.actor, Visitor) and "visitor" not in offered and offered & _MEMBERS:
        _refused_with(turn, {"sign-in-required"})
    elif isinstance(turn.actor, Member) and (codes := _kept_out(ledger, turn)):
        _refused_with(turn, codes)
    elif offered.isdisjoint(_MEMBERS if isinstance(turn.actor, Member) else {type(turn.actor).__name__.lower()}):
        _refused_with(turn, {"not-offered"})


def strangers_stay_as_they_are(_: Witness, __: Ledger, turn: Turn) -> None:
    """No command of one organisation's member changes, or is recorded for, another organisation (GX-01).

    Whoever only claimed a name, and proved nothing, is nobody's until he is let in (GX-12).
    """
    if turn.by is None:
        return
    mine = {turn.by.organisation, None}
    claimed = {event.user for event in turn.events if isinstance(event, ClaimLapsed)}
    for unit in turn.units:
        for key, entity in unit.changes.items():
            for state, each in ((turn.before, unit.before.get(key)), (turn.after, entity)):
                person = each.id if isinstance(each, User) else getattr(each, "user", None)
                owner = None if each is None or person in claimed else state.owner(each)
                _require(owner in mine, turn, f"{key} belongs to {owner}")
    for event in turn.events:
        _require((event.organisation or None) in mine, turn, f"{event.name} is on record for {event.organisation}")


def strangers_are_not_seen(_: Witness, __: Ledger, turn: Turn) -> None:
    """A member is answered as if there were no other organisations, but for what they delegated to his (GX-01)."""
    if turn.alone is not None and not _is_settled(turn):
        _require(
            _said(turn.alone) == _said(turn.answer), turn, f"it shows others: without them it is {answered(turn.alone)}"
        )


def slices_suffice(_: Witness, __: Ledger, turn: Turn) -> None:
    """What a flow loads is enough: with everything to read it decides the same, byte for byte (GX-10)."""
    if turn.whole is not None and not _is_settled(turn):
        _require(turn.whole == turn.answer, turn, f"with everything to read: {turn.whole!r}")


def withdrawal_cuts(world: Witness, ledger: Ledger, turn: Turn) -> None:
    """What was passed on counts while the very giving that it lives from stands; no later one revives it (BP-32)."""
    after = Ledger(world.portal)
    after.given |= {key: dict(held) for key, held in ledger.given.items()}
    after.passed_on |= {key: dict(held) for key, held in ledger.passed_on.items()}
    if turn.accepted:
        after.note_delegations(turn)
    for user in turn.after.users:
        for delegation in turn.after.delegations:
            if delegation.organisation == user.organisation:
                _lives(world, after, turn, user, delegation)


def an_administrator_remains(_: Witness, __: Ledger, turn: Turn) -> None:
    """An organisation that can make administrators still can, unless the operator took the last (GX-07)."""
    if not isinstance(turn.actor, (Operator, System)):
        lost = _led(turn.before) - _led(turn.after)
        _require(not lost, turn, f"nobody is left to make administrators of {', '.join(lost)}")


def refusals_change_nothing(_: Witness, __: Ledger, turn: Turn) -> None:
    """A refusal leaves one record and nothing else, but for the count of guesses (GX-05, GX-08)."""
    if isinstance(turn.answer, Refused):
        changed = [key for unit in turn.units for key in unit.changes if not isinstance(key, AttemptsAgainst)]
        _require(not changed, turn, f"it changed {changed}")
        _require(not turn.mails, turn, f"it sent {turn.mails}")
        codes = [set(getattr(event, "codes", ())) for event in turn.events]
        # The record can know more than the caller is told (GX-03).
        _require(len(codes) == 1 and set(turn.answer.codes) <= codes[0], turn, f"on record stands {codes}")


def refusals_come_from_one_gate(_: Witness, __: Ledger, turn: Turn) -> None:
    """A refusal names the broken rules of one gate, each code once (section 0)."""
    if isinstance(turn.answer, Refused):
        codes = turn.answer.codes
        _require(len(set(codes)) == len(codes), turn, "a code stands twice")
        _require(len(codes) == 1 or not _ALONE & set(codes), turn, "these gates do not open together")


def everything_is_on_record(_: Witness, __: Ledger, turn: Turn) -> None:
    """Whatever changes about organisations, users and rights is on record: who, and when (GX-08)."""
    changed = [
        key
        for unit in turn.units
        for entity, key in ((each, key) for key, each in unit.changes.items())
        if isinstance(entity, (Organisation, Account, User, Selection, Delegation))
    ]
    told = [event for event in turn.events if not isinstance(event, CommandRefused)]
    _require(bool(told) or not changed, turn, f"nothing tells of {changed}")
    _require(all(event.at == turn.at for event in turn.events), turn, "another time is on record")
    if turn.by is not None:
        wrong = [event for event in turn.events if event.by != turn.by.id]
        _require(not wrong, turn, f"somebody else is on record: {wrong}")


def secrets_stay_secret(world: Witness, ledger: Ledger, turn: Turn) -> None:
    """No password, link, code, session or hash is on record, in a mail that waits, or printed (GX-04, GX-06)."""
    known = Ledger(world.portal)
    known.note_secrets(world, turn)
    texts = [repr(turn.answer), repr(turn.command), *map(repr, turn.events), *map(repr, turn.mails)]
    # What is too short to be a secret is found everywhere, and protects nothing.
    for secret in ledger.secrets | known.secrets:
        if len(secret) >= world.portal.password_policy.minimum_length:
            _require(all(secret not in text for text in texts), turn, f"a secret can be read: {secret}")


def links_and_sessions_end(_: Witness, ledger: Ledger, turn: Turn) -> None:
    """A link works once and until it ends, a session until it ends: so does what a deactivated user has (GX-04)."""
    token = getattr(turn.command, "token", None)
    if turn.accepted and token is not None:
        text = token.get_secret_value()
        link = ledger.links.get(text)
        _require(text not in ledger.used, turn, "the link was used before")
        _require(link is not None, turn, "the link was never mailed")
        if link is not None:
            _require(turn.at < link.expires_at, turn, "the link had expired")
            _require(ledger.ended.get(link.subject, 0) <= link.turn, turn, "the link had ended")
            newer = [
                each
                for each in ledger.links.values()
                if (each.subject, each.purpose) == (link.subject, link.purpose) and each.turn > link.turn
            ]
            _require(not newer, turn, "a newer link had replaced it")
    if turn.accepted and isinstance(turn.actor, Member) and turn.actor.session:
        session = ledger.sessions.get(turn.actor.session)
        _require(session is not None and turn.at < session.expires_at, turn, "the session had expired")
        if session is not None:
            _require(ledger.ended.get(session.subject, 0) <= session.turn, turn, "the session had ended")


def selections_are_possible(world: Witness, _: Ledger, turn: Turn) -> None:
    """What was given fits a profile of the matrix, the options and the contracts (BP-20, BP-24, BP-26, BP-28)."""
    command = turn.command
    if not turn.accepted or not isinstance(command, (Grant, CopyRights)):
        return
    catalogue = world.portal.applications[command.application]
    for event in turn.events:
        account = turn.after.account(getattr(event, "account", ""))
        user = turn.after.user(command.user)
        if account is None or user is None:
            continue
        held = oracle.held(world.portal, turn.after, user, command.application, account.id)
        owner = turn.after.organisation(account.organisation)
        before = oracle.held(world.portal, turn.before, user, command.application, account.id)
        given = frozenset(getattr(event, "elements", ())) - before
        _require(_options(catalogue, given) <= (owner.options if owner else set()), turn, "an option is switched off")
        _require(
            not given or _fits(catalogue, _rights(held), command.profile), turn, f"it fits no profile: {_words(held)}"
        )
        contracts = [account.contracts[each.name] for each in given if each.kind == "contract"]
        if catalogue.eligible_contracts:
            _require(all(each.kind in catalogue.eligible_contracts for each in contracts), turn, "not eligible")
        if catalogue.active_contracts_only:
            _require(all(each.active for each in contracts), turn, "a contract is not active")


def whoever_manages_may(world: Witness, _: Ledger, turn: Turn) -> None:
    """Each management right reaches its own kind of users, as they are and as they become (BP-02, BP-05, BP-30)."""
    if not turn.accepted or turn.by is None or "administrator" not in world.portal.offers.get(turn.word, ()):
        return
    rules = world.portal.management
    for user in _managed(turn):
        states = [each for each in (turn.before.user(user), turn.after.user(user)) if each is not None]
        kinds = {bool(rules.administrator & each.management) for each in states}
        needed = {rules.reaches_administrators if administrator else rules.reaches_others for administrator in kinds}
        _require(needed <= turn.by.management, turn, f"{user} was managed without {', '.join(needed)}")
    if isinstance(turn.command, Delegate):
        given, receiver = (
            rules.reaches_others in turn.by.management,
            turn.before.organisation(turn.command.organisation),
        )
        _require(given, turn, "a subcontractor was chosen by who manages nobody")
        _require(receiver and receiver.subcontractor, turn, "the subcontractor is not on the operator's list")
        _require(
            receiver and receiver.id != turn.by.organisation, turn, "an organisation is no subcontractor of its own"
        )


def addresses_keep_their_domain(world: Witness, _: Ledger, turn: Turn) -> None:
    """Where the portal asks for it, an address has the whole domain of the old one, or the inviter's (KP-05, GX-11)."""
    portal = world.portal
    bound = {
        "change-email": portal.email_change == "same-domain",
        "invite": portal.invitation.same_domain,
    }
    if turn.accepted and turn.by is not None and bound.get(turn.word):
        domain = getattr(turn.command, "email", "").strip().rpartition("@")[2].lower()
        _require(domain == turn.by.email.domain, turn, f"{domain} is not {turn.by.email.domain}")


def management_is_pycasbins(world: Witness, _: Ledger, turn: Turn) -> None:
    """Whose management rights reach whom is decided as pycasbin does, interpreting the same model (BP-02, BP-05)."""
    if turn.by is None:
        return
    facts = {"g": {(turn.by.id, right, turn.by.organisation) for right in turn.by.management}}
    slow = _interpreted("management", rows.management_rows(world.portal), ("g",))
    for kind in (rows.ADMINISTRATOR, rows.OTHER):
        request = (turn.by.id, turn.word, kind, turn.by.organisation)
        answered = rules.management(world.portal).decide(facts, *request)
        expected = slow.decide(facts, *request)
        _require(answered == expected, turn, f"{kind}: {answered}, where pycasbin says {expected}")


def decisions_follow_the_rulebook(world: Witness, question: Question) -> None:
    """A view answers what section 0 of the rulebook says: allowed, or the first condition that fails."""
    view, (user, application, right) = world.view(), (question.user, question.application, question.right)
    account, resources = question.account, question.resources
    decision = view.explain(user, application, right, account=account, resources=resources)
    expected = oracle.can(world.portal, world.state, question)
    answered = decision.reason.code if decision.reason else oracle.ALLOWED
    _require(decision.allowed == (answered == oracle.ALLOWED), question, "allowed with a reason, or denied without")
    _require(answered == expected, question, f"explained by {answered!r}, where the rulebook says {expected!r}")
    answers = {
        "can": view.can(user, application, right, account=account, resources=resources),
        "for_user": view.for_user(user).can(application, right, account=account, resources=resources),
    }
    for name, allowed in answers.items():
        _require(allowed == decision.allowed, question, f"{name} says {allowed}, explain {answered!r}")


def who_can_is_who_can(world: Witness, question: Question) -> None:
    """Everybody who may do something, subcontractors' people included, is on the list of who may, and nobody else."""
    account, application = question.account, question.application
    if application is None or account is None or world.state.account(account) is None:
        return
    listed = world.view().who_can(application, question.right, account=account, resources=question.resources)
    everybody = {
        user.id
        for user in world.state.users
        if oracle.can(world.portal, world.state, replace(question, user=user.id)) == oracle.ALLOWED
    }
    _require(set(listed) == everybody and len(listed) == len(everybody), question, f"{listed}, but {everybody} can")


def what_is_listed_is_what_is_held(world: Witness, question: Question) -> None:
    """What `rights_of` lists is all that a user holds, wherever it is, and nothing else (BP-33)."""
    portal, state = world.portal, world.state
    person = state.user(question.user)
    held = {
        (account.id, code): elements
        for account in state.accounts
        for code in portal.applications
        if person and (elements := oracle.held(portal, state, person, code, account.id))
    }
    listed = {
        place: frozenset(
            [
                *(Element(RIGHT, right) for right in holding.rights),
                *(Element(kind, name) for kind, names in holding.resources.items() for name in names),
            ]
        )
        for place, holding in world.view().rights_of(question.user).items()
    }
    _require(listed == held, question, f"listed are {listed}, held {held}")


def scopes_are_what_can_be_used(world: Witness, question: Question) -> None:
    """A scope is every account on which a right can be used, with every resource that can be named there (BP-24)."""
    portal, state, application = world.portal, world.state, question.application
    person = state.user(question.user)
    if person is None or application is None:
        return

    def usable(account: str, resources: Mapping[str, str]) -> bool:
        asked = replace(question, account=account, resources=resources)
        return oracle.can(portal, state, asked) == oracle.ALLOWED

    expected = {
        account.id: {
            kind: {
                each.name
                for each in oracle.held(portal, state, person, application, account.id)
                if each.kind == kind and usable(account.id, {kind: each.name})
            }
            for kind in RESOURCE_KINDS
        }
        for account in state.accounts
        if usable(account.id, {})
    }
    scope = world.view().scope(question.user, application, question.right)
    found = {account: {kind: set(names) for kind, names in kinds.items()} for account, kinds in scope.items()}
    _require(found == expected, question, f"the scope is {found}, but {expected} can be used")


def compiled_rules_are_pycasbins(world: Witness, question: Question) -> None:
    """The specialised model decides as pycasbin does, interpreting the same model over the same rows and facts."""
    portal, state = world.portal, world.state
    user = state.user(question.user)
    if user is None:
        return
    where = question.account or f"{user.organisation}/-"
    account, application = state.account(where), question.application or rows.MANAGEMENT
    standing = decisions.Standing(
        user=user,
        credential=state.credential(user.id),
        account=account,
        owner=state.organisation(account.organisation) if account else None,
        is_open=oracle.is_open(state, user, application, where),
    )
    facts = decisions.facts(portal, standing, application, oracle.held(portal, state, user, application, where))
    named = (question.resources.get(kind, decisions.UNNAMED) for kind in RESOURCE_KINDS)
    request = (user.id, application, question.right, where, *named)
    answered = rules.rights(portal).decide(facts, *request)
    expected = _interpreted("rights", rows.rights_rows(portal), ("g", "g2")).decide(facts, *request)
    _require(answered == expected, question, f"{answered}, where pycasbin says {expected}")


def _by_name(*laws: LawT) -> Mapping[str, LawT]:
    return MappingProxyType({law.__name__: law for law in laws})


TURN_LAWS: Final[Mapping[str, TurnLaw]] = _by_name(
    nobody_gives_more_than_he_holds,
    nothing_grows,
    rights_are_not_taken_away,
    nobody_is_deleted,
    names_are_one_persons,
    only_whoever_may_act_does,
    strangers_stay_as_they_are,
    strangers_are_not_seen,
    slices_suffice,
    withdrawal_cuts,
    an_administrator_remains,
    refusals_change_nothing,
    refusals_come_from_one_gate,
    everything_is_on_record,
    secrets_stay_secret,
    links_and_sessions_end,
    selections_are_possible,
    whoever_manages_may,
    addresses_keep_their_domain,
    management_is_pycasbins,
)
"""The laws of turns, by name."""

QUESTION_LAWS: Final[Mapping[str, QuestionLaw]] = _by_name(
    decisions_follow_the_rulebook,
    who_can_is_who_can,
    what_is_listed_is_what_is_held,
    scopes_are_what_can_be_used,
    compiled_rules_are_pycasbins,
)
"""The laws of questions, by name."""


class _Interpreted:
    """A model of the library under pycasbin itself, over facts that come with each question."""

    def __init__(self, name: str, rule_rows: tuple[rows.Row, ...], roles: tuple[str, ...]) -> None:
        self._facts: Facts = {}
        managers = {role: gate.role_manager(partial(self._has, role)) for role in roles}
        policy = [("p", *row) for row in rule_rows]
        self._enforcer = gate.enforcer(rules.conf_text(name), policy, role_managers=managers)

    def decide(self, facts: Facts, *request: str) -> tuple[bool, str]:
        """Return what `Rules.decide` returns."""
        self._facts = facts
        allowed, row = self._enforcer.enforce_ex(*request)
        return bool(allowed), row[0] if row else ""

    def _has(self, role: str, *link: str) -> bool:
        return link in self._facts.get(role, ())


@lru_cache(maxsize=64)
def _interpreted(name: str, rule_rows: tuple[rows.Row, ...], roles: tuple[str, ...]) -> _Interpreted:
    return _Interpreted(name, rule_rows, roles)


def _require(holds: object, of: object, what: str) -> None:
    if not holds:
        message = f"{what}\n  {of}"
        raise AssertionError(message)


def _refused_with(turn: Turn, codes: Collection[str]) -> None:
    found = turn.answer.codes if isinstance(turn.answer, Refused) else ()
    _require(len(found) == 1 and found[0] in codes, turn, f"to be refused: {' or '.join(sorted(codes))}")


def _kept_out(ledger: Ledger, turn: Turn) -> frozenset[str]:
    """Return the codes of which one keeps a member out, whatever he asks for; none where he may act."""
    if turn.by is None:
        return frozenset({"sign-in-required"})
    codes = {code for code in [oracle.barred(turn.before, turn.by)] if code}
    if turn.word in _WITH_A_TEMPORARY_PASSWORD:
        codes.discard("password-change-required")
    secret = turn.actor.session if isinstance(turn.actor, Member) else ""
    if secret and ledger.session_is_over(secret, turn):
        codes |= {"sign-in-required", "session-replaced"}
    return frozenset(codes)


def _said(answer: Answer) -> object:
    """Return what the caller is told: accepted, or the reasons."""
    return answer.reasons if isinstance(answer, Refused) else "accepted"


def _is_settled(turn: Turn) -> bool:
    """Whether a turn was decided on something else than what is stored by now, and may have been.

    A refusal is settled by a counter of guesses, or before something else happened.  Where a change touches no
    organisation, the lists that were read are no precondition: it may as well have come first (ports.Unit).
    """
    if isinstance(turn.answer, Refused):
        return turn.overtaken or "too-many-attempts" in turn.answer.codes
    return turn.overtaken and not any(unit.touched for unit in turn.units)


def _lives(world: Witness, ledger: Ledger, turn: Turn, user: User, delegation: Delegation) -> None:
    """A subcontractor's user has no more than what was given by now, and passed on to him since."""
    place = (delegation.account, delegation.application)
    given, mine = ledger.given[place, user.organisation], ledger.passed_on[place, user.id]
    lives = {element for element, number in mine.items() if given.get(element) == number}
    if oracle.administers(world.portal, turn.after, user, delegation.application):
        lives |= set(given)
    shown = world.view().rights(user.id, delegation.application, account=delegation.account)
    has = {Element(RIGHT, right) for right in shown.rights}
    has |= {Element(kind, name) for kind, names in shown.resources.items() for name in names}
    _require(has <= lives, turn, f"{user.id} has on {place} what was withdrawn: {_words(has - lives)}")


def _managed(turn: Turn) -> Iterable[str]:
    """Yield the users whom a command concerns, other than who gives it; a new one included."""
    named = getattr(turn.command, "user", None)
    if named and turn.by is not None and named != turn.by.id and turn.before.user(named) is not None:
        yield named
    if turn.created:
        yield turn.created


def _led(state: Stored) -> frozenset[str]:
    """Return the organisations in which somebody active can make administrators."""
    return frozenset(
        user.organisation
        for user in state.users
        if user.state is State.ACTIVE and MANAGE_ADMINISTRATORS in user.management
    )


def _options(catalogue: Application, elements: Iterable[Element]) -> frozenset[str]:
    rights = (catalogue.rights[right] for right in _rights(elements))
    return frozenset(right.option for right in rights if right.option)


def _fits(catalogue: Application, rights: Collection[str], profile: str | None) -> bool:
    """Whether rights fit the profile, or some: every X is there, nothing NA or not allowed, services with accesses."""
    matrix = catalogue.matrix
    if matrix is None or not rights:
        return True
    columns = oracle.columns(catalogue)
    fits = any(
        all(
            right in rights if cell is Cell.MANDATORY else right not in rights or cell is Cell.OPTIONAL
            for right, cell in columns[each].items()
        )
        for each in ([profile] if profile else columns)
    )
    accesses = [right for right in rights if right not in matrix.services]
    return fits and (not matrix.services or not accesses or len(accesses) < len(rights))


def _rights(elements: Iterable[Element]) -> frozenset[str]:
    return frozenset(element.name for element in elements if element.kind == RIGHT)


def _words(elements: Iterable[Element]) -> str:
    return ", ".join(sorted(f"{element.kind} {element.name}" for element in elements))


def _as_seen(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())
