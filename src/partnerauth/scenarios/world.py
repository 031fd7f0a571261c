"""The world of one scenario: a portal over a store, its clock and chance, and what its aliases stand for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, datetime, timedelta
from functools import cache
from typing import Any, Final

from pydantic import create_model

from partnerauth.adapters.argon2 import TEST, Argon2Hasher
from partnerauth.adapters.system import SystemTimer
from partnerauth.adapters.word_lists import ShippedWordLists
from partnerauth.addresses import name_key
from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AccountsOf, Key, LoginNameByKey, OrganisationById, SessionByDigest, UserById, key_of
from partnerauth.entities import (
    IMPLIED_ACCOUNT,
    AccountId,
    Actor,
    Mail,
    Member,
    Operator,
    OrganisationId,
    System,
    UserId,
    Visitor,
    account_id,
)
from partnerauth.events import SignedIn
from partnerauth.flow import Command, Flow, digest
from partnerauth.flows import FLOWS
from partnerauth.policy import offers, passwords
from partnerauth.policy.standing import SESSION_REPLACED
from partnerauth.ports import Store, Unit
from partnerauth.scenarios import given, vocabulary
from partnerauth.scenarios.schema import Scenario
from partnerauth.scenarios.vocabulary import MailedTo, Verified, address_key
from partnerauth.shell import Ports, Shell, carry_out, conversation
from partnerauth.view import View

KEY: Final = hashlib.sha256(b"partnerauth scenarios").digest()
"""The server's secret: a scenario draws the same links on every run (GX-10)."""


class UnanswerableError(Exception):
    """A step that cannot be taken as it is written, for a reason that shows only when the scenario runs."""


@dataclass(slots=True)
class SteppedClock:
    """A clock that only steps move."""

    time: datetime

    def now(self) -> datetime:
        """Return the scenario's present time."""
        return self.time


@dataclass(slots=True)
class SeededEntropy:
    """Chance that is the same on every run (GX-10): for scenarios alone."""

    seed: str
    drawn: int = 0

    def draw(self, size: int) -> bytes:
        """Return the next bytes."""
        self.drawn += 1
        return hashlib.shake_256(f"{self.seed}\n{self.drawn}".encode()).digest(size)


@dataclass(slots=True)
class _Alias:
    """Whom an alias stands for: the user, once there is one, and the address he came with."""

    address: str = ""
    user: UserId | None = None


@dataclass(slots=True)
class World:
    """Everything that a scenario's steps act on."""

    scenario: Scenario
    shell: Shell
    clock: SteppedClock
    aliases: dict[str, _Alias] = field(default_factory=dict)
    sessions: dict[UserId, list[str]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    cases: dict[str, str] = field(default_factory=dict)
    verified: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """Where everything is kept."""
        return self.shell.store

    def view(self) -> View:
        """Return a view of everything as it is now."""
        return self.shell.view()

    def pass_time(self, after: timedelta) -> None:
        """Move the clock.  Raises UnanswerableError where it cannot go that far."""
        try:
            self.clock.time += after
        except OverflowError:
            message = f"the clock ends with the year {MAXYEAR}"
            raise UnanswerableError(message) from None

    def execute(self, word: str, who: str, fields: Mapping[str, Any]) -> Answer:
        """Carry out a command, and note what it tells: new users, sessions and tokens.  Raises UnanswerableError."""
        self._announce(word, fields)
        actor = self.actor(who)
        answer = self._carried_out(word, actor, self._ready(word, who, fields))
        if isinstance(actor, Member) and isinstance(answer, Refused) and answer.codes == (SESSION_REPLACED.code,):
            self.told.add(actor.session)
        self._bind()
        if isinstance(answer, Accepted):
            self._note(word, fields, answer)
        return answer

    def actor(self, who: str) -> Actor:
        """Return who acts: a user through his newest session that lives, or was replaced without his knowing."""
        match who:
            case "visitor":
                return Visitor()
            case "operator":
                return Operator()
            case "system":
                return System()
            case _:
                user = self.user(who)
                return Member(user=user, session=self._session(user))

    def user(self, alias: str) -> UserId:
        """Return the id of a user, by alias or address; while there is none, an id that does not exist."""
        known = self.aliases.get(alias)
        if known is None and (key := name_key(alias)) and (claim := self._read(LoginNameByKey(key))):
            return UserId(claim.user)
        return known.user if known and known.user else UserId(alias)

    def alias(self, user: str) -> str:
        """Return what a scenario calls a user: his alias, or else his address."""
        for alias, known in self.aliases.items():
            if known.user == user:
                return alias
        found = self.view().user(user)
        return found.email.original if found else user

    def names(self, subject: str) -> frozenset[str]:
        """Return what a subject is called on record: a person by his id and by the addresses he came with and has."""
        if subject in self.cases:
            return frozenset({self.cases[subject]})
        known = self.aliases.get(subject)
        claim = self._read(LoginNameByKey(key)) if known is None and (key := name_key(subject)) else None
        user = known.user if known else claim.user if claim else None
        found = self._read(UserById(user)) if user else None
        came_with = {each.address for each in self.aliases.values() if each is known or (user and each.user == user)}
        addresses = {address_key(each) for each in (subject, *came_with, *([found.email.original] if found else ()))}
        return frozenset({subject, *addresses, *([user] if user else ())})

    def address(self, text: str) -> str:
        """Return the address that is meant: an address, or that of a user by his alias."""
        known = self.aliases.get(text)
        found = self._read(UserById(known.user)) if known and known.user else None
        return address_key(found.email.original if found else known.address if known else text)

    def account(self, name: str, organisation: str | None) -> AccountId:
        """Return the account that is meant: of this organisation, or of the only one that has one so called."""
        if not name and not self.shell.portal.accounts:
            name = IMPLIED_ACCOUNT
        own = account_id(organisation or "", name)
        if "/" in name or (organisation and own in self._accounts(organisation)):
            return own
        if not self.shell.portal.accounts and name in self.organisations():
            return account_id(name)
        everywhere = [account_id(each, name) for each in self.organisations()]
        there = [each for each in everywhere if each in self._accounts(each.partition("/")[0])]
        return there[0] if len(there) == 1 else own

    def organisations(self) -> tuple[str, ...]:
        """Return every organisation that there is so far."""
        named = [*self.scenario.given.organisations, *(each.event.organisation for each in self.store.records())]
        there = (each for each in dict.fromkeys(named) if each and self._read(OrganisationById(OrganisationId(each))))
        return tuple(there)

    def organisation_of(self, alias: str) -> str | None:
        """Return the organisation of a user, or None where there is no such user."""
        found = self._read(UserById(self.user(alias)))
        return found.organisation if found else None

    def mails(self, to: str) -> tuple[Mail, ...]:
        """Return every mail to an address, oldest first."""
        address = self.address(to)
        return tuple(each.mail for each in self.store.outbox() if address_key(each.mail.to) == address)

    def secret(self, value: str | MailedTo | Verified) -> str:
        """Return a literal, or a secret that was mailed or given.  Raises UnanswerableError where there is none."""
        match value:
            case MailedTo():
                tokens = [each.token for each in self.mails(value.mailed_to) if each.token]
                position = -1 if value.nth is None else value.nth - 1
                if not tokens or not -1 <= position < len(tokens):
                    message = f"{len(tokens)} secrets were mailed to {value.mailed_to} so far"
                    raise UnanswerableError(message)
                return self.shell.secret(tokens[position])
            case Verified():
                if (key := address_key(value.verified)) not in self.verified:
                    message = f"nobody has verified the address {value.verified} so far"
                    raise UnanswerableError(message)
                return self.verified[key]
            case _:
                return value

    def _organisation(self, *aliases: str | None) -> str | None:
        """Return the organisation of the first of these who has one."""
        return next((found for each in aliases if each and (found := self.organisation_of(each))), None)

    def _read(self, key: Key[Any]) -> Any:  # noqa: ANN401 - the key says of which type
        return self.store.read([key]).values[key]

    def _accounts(self, organisation: str) -> tuple[AccountId, ...]:
        found: tuple[AccountId, ...] = self._read(AccountsOf(OrganisationId(organisation)))
        return found

    def _session(self, user: UserId) -> str:
        view = self.view()
        for secret in reversed(self.sessions.get(user, [])):
            session = self._read(SessionByDigest(digest(secret)))
            ended = view.session_ended(session) if session else None
            if session and (ended is None or (ended.code == SESSION_REPLACED.code and secret not in self.told)):
                return secret
        return ""

    def _announce(self, word: str, fields: Mapping[str, Any]) -> None:
        """Note the addresses that a command gives, under the aliases of those whom it may make."""
        for entry in fields.get("entries", ()):
            if entry.user:
                self._note_address(entry.user, entry.email)
        if word in vocabulary.CREATED_BY and "user" in fields:
            self._note_address(fields["user"], vocabulary.address_in(word, fields) or "")

    def _note_address(self, alias: str, address: str) -> None:
        known = self.aliases.setdefault(alias, _Alias())
        if known.user is None:
            known.address = address or known.address
        self._bind()

    def _bind(self) -> None:
        for known in self.aliases.values():
            key = name_key(known.address) if known.user is None else None
            claim = self._read(LoginNameByKey(key)) if key else None
            if claim:
                known.user = claim.user

    def _note(self, word: str, fields: Mapping[str, Any], answer: Accepted) -> None:
        """Note what an accepted command tells: sessions, tokens, cases, and whom it made."""
        for event in answer.events:
            if isinstance(event, SignedIn):
                self.sessions.setdefault(event.user, []).append(answer.session)
        if word == "verify-email":
            self.verified[address_key(fields["email"])] = answer.secret
        if answer.case and "case" in fields:
            self._name_case(fields["case"], answer.case)
        alias = fields.get("user") if word in vocabulary.CREATED_BY else None
        known = self.aliases.get(alias) if alias and answer.created else None
        if known and known.user is None:
            known.user = UserId(str(answer.created))
        if known and known.user != answer.created:
            message = f"the alias {alias} stands for somebody else already: give the new user one of his own"
            raise UnanswerableError(message)

    def _name_case(self, alias: str, case: str) -> None:
        if self.cases.setdefault(alias, case) != case:
            message = f"the alias {alias} stands for another case already: give the new one one of its own"
            raise UnanswerableError(message)

    def _ready(self, word: str, who: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields with ids in the place of aliases and secrets in the place of references."""
        kinds = vocabulary.command_kinds(word)
        ready: dict[str, Any] = {}
        for name, value in vocabulary.own_fields(word, fields).items():
            match kinds[name]:
                case "secret":
                    ready[name] = self.secret(value)
                case "user":
                    ready[name] = self.user(value)
                case "account":
                    ready[name] = self.account(value, self._organisation(fields.get("user"), who))
                case "case":
                    ready[name] = self.cases.get(value, value)
                case "entries":
                    ready[name] = [entry.model_dump(exclude={"user"}, exclude_unset=True) for entry in value]
                case "accounts" | "contracts":
                    dumped = ((key, each.model_dump(by_alias=True, exclude_unset=True)) for key, each in value.items())
                    ready[name] = dict(dumped)
                case _:
                    ready[name] = value
        return ready

    def _carried_out(self, word: str, actor: Actor, fields: Mapping[str, Any]) -> Answer:
        if word in self.shell.portal.offers:
            return self.shell.execute(actor, FLOWS[word].command.model_validate(fields))
        flow = _not_offered(word)
        steps = conversation(self.shell.portal, flow, actor, flow.command(), self.clock.now())
        return carry_out(steps, self.shell.perform)


@cache
def _not_offered(word: str) -> Flow[Any]:
    """Return a flow for a command that the portal does not offer, so that the gates before it answer too."""
    name = "".join(part.capitalize() for part in word.split("-"))
    command: type[Command] = create_model(name, __base__=Command)
    return Flow(command=command, decide=lambda _: Refused((offers.NOT_OFFERED.broken(name=word),)))


def begin(scenario: Scenario, store: Store) -> World:
    """Put the facts of a scenario into an empty store, and return its world."""
    clock = SteppedClock(scenario.now)
    ports = Ports(
        store=store,
        hasher=Argon2Hasher(*TEST),
        clock=clock,
        entropy=SeededEntropy(scenario.title),
        words=ShippedWordLists(),
        timer=SystemTimer(),
        key=KEY,
    )
    facts = given.entities(
        scenario.portal, scenario.given, lambda text: ports.hasher.hash(passwords.normalise(text)), scenario.now
    )
    changes = {key_of(entity): entity for entity in facts}
    touched: Iterable[str] = scenario.given.organisations
    store.commit(Unit(changes=changes, before=dict.fromkeys(changes), touched=frozenset(map(OrganisationId, touched))))
    aliases = {alias: _Alias(user.email, UserId(alias)) for alias, user in scenario.given.users.items()}
    return World(scenario=scenario, shell=Shell(scenario.portal, ports), clock=clock, aliases=aliases)
