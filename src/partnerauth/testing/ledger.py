"""What was given, mailed and ended so far, kept beside the library: from the commands that it accepted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from pydantic import SecretStr

from partnerauth.decision import Accepted
from partnerauth.entities import (
    RIGHT,
    Credential,
    Element,
    Invitation,
    Member,
    Operator,
    Session,
    State,
    System,
    Token,
    User,
)
from partnerauth.events import (
    EmailChanged,
    PasswordChanged,
    PasswordReset,
    TemporaryPasswordSet,
    UserDeactivated,
    UserMoved,
)
from partnerauth.flow import digest
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.pass_on import PassOn
from partnerauth.flows.withdraw import Withdraw
from partnerauth.policy.portal import Portal
from partnerauth.testing import history, oracle
from partnerauth.testing.history import Secret, Turn, Witness

Place: TypeAlias = tuple[str, str]
"""An account and an application on it; for management rights an organisation and ""."""

Holdings: TypeAlias = Mapping[tuple[str, Place], frozenset[Element]]
"""What users hold, by user and place."""

_ENDS_EVERYTHING = (UserDeactivated, UserMoved, PasswordChanged, PasswordReset, TemporaryPasswordSet, EmailChanged)
"""What ends a user's sessions and links (GX-02, GX-04, GX-06)."""


class Ledger:
    """Everything so far that the state alone does not tell; `note` it after each turn."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.done: list[Turn] = []
        self.entered: defaultdict[Place, set[Element]] = defaultdict(set)
        self.passwords: dict[str, str] = {}
        self.links: dict[str, Secret] = {}
        self.sessions: dict[str, Secret] = {}
        self.used: set[str] = set()
        self.ended: dict[str, int] = {}
        self.secrets: set[str] = set()
        self.given: defaultdict[tuple[Place, str], dict[Element, int]] = defaultdict(dict)
        self.passed_on: defaultdict[tuple[Place, str], dict[Element, int]] = defaultdict(dict)

    def note(self, world: Witness, turn: Turn) -> None:
        """Take a turn into account."""
        for place, elements in entering(self.portal, turn).items():
            self.entered[place] |= elements
        self.note_secrets(world, turn)
        if turn.accepted:
            self.done.append(turn)
            self.note_delegations(turn)
            if isinstance(token := getattr(turn.command, "token", None), SecretStr):
                self.used.add(token.get_secret_value())

    def session_is_over(self, text: str, turn: Turn) -> bool:
        """Whether a session has expired, or ended when its user's password changed, he left, or signed out."""
        session, stored = self.sessions.get(text), turn.before.session(text)
        if session is None or stored is None:
            return True
        return turn.at >= session.expires_at or self.ended.get(session.subject, 0) > session.turn or bool(stored.ended)

    def note_secrets(self, world: Witness, turn: Turn) -> None:
        """Take the passwords, links and sessions of a turn into account."""
        drafts = [mail.token for mail in turn.mails if mail.token]
        told = {draft: world.secret(draft) for draft in drafts}
        changed = [entity for unit in turn.units for entity in unit.changes.values()]
        typed = [value.get_secret_value() for value in _secrets_of(turn.command)]
        self.secrets.update(told.values(), (each for each in typed if each))
        for event in turn.events:
            if isinstance(event, _ENDS_EVERYTHING):
                self.ended[event.user] = turn.number
        for entity in changed:
            match entity:
                case Credential():
                    self._note_password(turn, entity, [text for draft, text in told.items() if _is_password(draft)])
                case Token():
                    self.secrets.add(entity.digest)
                    self._note_link(turn, entity, told.values())
                case Session():
                    self.secrets.add(entity.digest)
                    self._note_session(turn, entity)
                case _:
                    pass

    def _note_password(self, turn: Turn, credential: Credential, generated: list[str]) -> None:
        before = turn.before.credential(credential.user)
        if not credential.password_hash or (before and before.password_hash == credential.password_hash):
            return
        self.secrets.add(credential.password_hash)
        typed = getattr(turn.command, "password", None)
        if isinstance(typed, SecretStr):
            self.passwords[credential.user] = typed.get_secret_value()
        elif generated:
            self.passwords[credential.user] = generated[0]

    def _note_link(self, turn: Turn, token: Token, told: Iterable[str]) -> None:
        answered = turn.answer.secret if isinstance(turn.answer, Accepted) else ""
        for text in (*told, answered):
            if digest(text) == token.digest:
                self.secrets.add(text)
                self.links[text] = Secret(
                    text=text,
                    subject=token.subject,
                    turn=turn.number,
                    expires_at=token.expires_at,
                    purpose=token.purpose,
                )

    def _note_session(self, turn: Turn, session: Session) -> None:
        text = turn.answer.session if isinstance(turn.answer, Accepted) else ""
        if text and digest(text) == session.digest:
            self.secrets.add(text)
        elif isinstance(turn.actor, Member) and digest(turn.actor.session) == session.digest:
            text = turn.actor.session
        else:
            return
        self.sessions[text] = Secret(text=text, subject=session.user, turn=turn.number, expires_at=session.expires_at)

    def note_delegations(self, turn: Turn) -> None:
        """Take an accepted command into account: what is passed on lives from one giving and dies with it (BP-32)."""
        command, me = turn.command, turn.by
        if me is None or not isinstance(command, (Delegate, PassOn, Withdraw)):
            return
        account = command.account if "/" in command.account else f"{me.organisation}/{command.account}"
        place = (account, command.application)
        elements = _named(command.rights, command.resources)
        match command:
            case Delegate():
                for element in elements:
                    self.given[place, command.organisation].setdefault(element, turn.number)
            case PassOn():
                standing = self.given[place, me.organisation]
                self.passed_on[place, command.user] |= {each: standing[each] for each in elements if each in standing}
            case Withdraw():
                held = (
                    self.passed_on[place, command.user]
                    if command.user
                    else self.given[place, command.organisation or ""]
                )
                for element in list(held):
                    if not elements or element in elements:
                        del held[element]


def holdings(portal: Portal, state: history.State) -> Holdings:
    """Return what everybody holds who is active, or becomes so by himself: application and management rights."""
    return state.once("holdings", lambda: _holdings(portal, state, {State.ACTIVE, State.INVITED}))


def _holdings(portal: Portal, state: history.State, states: Collection[State]) -> Holdings:
    found: dict[tuple[str, Place], frozenset[Element]] = {}
    for user in state.users:
        if user.state in states:
            found[user.id, (user.organisation, "")] = frozenset(Element(RIGHT, each) for each in user.management)
            for place in places(state, user):
                found[user.id, place] = oracle.held(portal, state, user, place[1], place[0])
    return found


def on_record(portal: Portal, state: history.State) -> Holdings:
    """Return what everybody holds or would if he were active, and what else stands on record as given to him."""
    return state.once("on record", lambda: _on_record(portal, state))


def _on_record(portal: Portal, state: history.State) -> Holdings:
    found = dict(_holdings(portal, state, frozenset(State)))
    for each in state.selections:
        key = (each.user, (each.account, each.application))
        found[key] = found.get(key, frozenset()) | frozenset(each.elements)
    return found


def places(state: history.State, user: User) -> frozenset[Place]:
    """Return where a user can hold anything."""
    own = {
        (account.id, code)
        for account in state.accounts
        if account.organisation == user.organisation
        for code in account.applications
    }
    return frozenset(own) | {
        (each.account, each.application) for each in state.delegations if each.organisation == user.organisation
    }


def by_membership(portal: Portal, state: history.State, user: str, place: Place) -> bool:
    """Whether what a user holds there is his by membership, given by nobody (rulebook, section 0)."""
    account, application = place
    return (
        portal.application_rights == "membership"
        and bool(application)
        and state.selection(user, account, application) is None
    )


def gains(portal: Portal, turn: Turn) -> Mapping[tuple[str, Place], frozenset[Element]]:
    """Return what somebody holds, or has on record, after a turn and did not before, by user and place."""
    gained: dict[tuple[str, Place], frozenset[Element]] = {}
    for before, after in (
        (holdings(portal, turn.before), holdings(portal, turn.after)),
        (on_record(portal, turn.before), on_record(portal, turn.after)),
    ):
        for key, elements in after.items():
            new = elements - before.get(key, frozenset())
            if new and not by_membership(portal, turn.after, *key):
                gained[key] = gained.get(key, frozenset()) | new
    return gained


def entering(portal: Portal, turn: Turn) -> Mapping[Place, frozenset[Element]]:
    """Return what came into organisations with a turn: from the operator, his systems, or by membership."""
    entered: dict[Place, frozenset[Element]] = {}
    if portal.application_rights == "membership":
        for account in turn.after.accounts:
            for code in account.applications & set(portal.applications):
                entered[account.id, code] = oracle.by_membership(turn.after, portal.applications[code], account)
    for (user, place), elements in gains(portal, turn).items():
        if giver(turn, user) is None:
            entered[place] = entered.get(place, frozenset()) | elements
    return entered


def giver(turn: Turn, user: str) -> User | None:
    """Return who gave a user what he gained with a turn; None where it came from the operator."""
    if isinstance(turn.actor, (Operator, System)):
        return None
    if isinstance(turn.actor, Member):
        return turn.by
    gainer = turn.after.user(user)
    if gainer is None or turn.before.organisation(gainer.organisation) is None:
        return None
    invitations = [each for each in turn.before.all(Invitation) if each.user == user]
    if not invitations:
        return gainer
    return turn.before.user(invitations[0].by)


def _named(rights: Iterable[str], resources: Mapping[str, Iterable[str]]) -> frozenset[Element]:
    named = [Element(RIGHT, right) for right in rights]
    return frozenset([*named, *(Element(kind, value) for kind, values in resources.items() for value in values)])


def _secrets_of(command: object) -> Iterable[SecretStr]:
    return (value for _, value in command if isinstance(value, SecretStr)) if isinstance(command, Iterable) else ()


def _is_password(draft: str) -> bool:
    return draft.startswith("password-")
