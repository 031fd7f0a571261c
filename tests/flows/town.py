"""A portal to test flows with: companies and people in one line each, and answers that are checked as they come."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from partnerauth.adapters.memory import MemoryStore
from partnerauth.addresses import parse
from partnerauth.decision import Accepted, Answer, Fact, Refused
from partnerauth.directory import (
    AccessRequestOf,
    AccountById,
    AttemptsAgainst,
    CaseById,
    CredentialOf,
    Entity,
    InvitationOf,
    Key,
    LatestTokenOf,
    OrganisationById,
    SelectionOf,
    SessionByDigest,
    TokenById,
    UserById,
    key_of,
)
from partnerauth.entities import (
    RIGHT,
    AccountId,
    Actor,
    Credential,
    Element,
    Given,
    Mail,
    Member,
    Operator,
    OrganisationId,
    Selection,
    State,
    User,
    UserId,
    Visitor,
    account_id,
)
from partnerauth.events import CommandRefused, Event, SignInFailed, login_names
from partnerauth.flow import Command
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.messages import languages, say
from partnerauth.policy.portal import Portal, load_portal
from partnerauth.policy.rulebook import FACTS, RULES
from partnerauth.portals import portal_text
from partnerauth.ports import StoreError, Unit
from partnerauth.shell import Save, Step, carry_out
from partnerauth.testing.clockwork import START, World

Facts: TypeAlias = Mapping[str, Fact]
Model = TypeVar("Model", bound=BaseModel)

OPERATOR = Operator()
VISITOR = Visitor()
INACTIVE = (
    (State.INVITED, "user-inactive"),
    (State.DEACTIVATED, "user-inactive"),
    (State.PENDING, "approval-pending"),
    (State.REJECTED, "approval-rejected"),
)
"""The states in which nobody may do anything, and what is said of each."""


class WatchedStore(MemoryStore):
    """The memory store, insisting that whatever is overwritten was read before: else no commit succeeds twice."""

    def __init__(self) -> None:
        super().__init__()
        self.units: list[Unit] = []
        self.is_full = False

    def commit(self, unit: Unit) -> int:
        if self.is_full:
            message = "no space left"
            raise StoreError(message)
        unread = [key for key in unit.changes if key not in unit.revisions]
        new = {key.id for key in unread if isinstance(key, UserById)}
        assert all(_is_new(key, new) for key in unread), unread
        position = super().commit(unit)
        self.units.append(unit)
        return position

    def place(self, *entities: Entity) -> None:
        """Put facts in place, or change them."""
        changes = {key_of(entity): entity for entity in entities}
        super().commit(Unit(changes=changes, revisions=self.read(tuple(changes)).revisions))


def _is_new(key: Key[Any], new: Collection[str]) -> bool:
    """Whether nothing can be stored under a key yet: its id was drawn just now, or belongs to a new user."""
    match key:
        case UserById() | TokenById() | SessionByDigest() | CaseById():
            return True
        case OrganisationById() | AccountById():
            return key.id.startswith("o-")
        case CredentialOf() | AccessRequestOf() | SelectionOf() | InvitationOf():
            return key.user in new
        case LatestTokenOf():
            return key.subject in new
        case _:
            return False


def elements(words: str) -> tuple[Element, ...]:
    """Read `creation product:letter` as the elements of a selection."""
    named = (word.rpartition(":") for word in words.split())
    return tuple(Element(kind or RIGHT, name) for kind, _, name in named)


class Town(World):
    """A portal over a memory store, with a clock that is set by hand and chance from a seed."""

    def __init__(self, portal: Portal | str = "bpost", *, now: datetime = START, seed: int = 0) -> None:
        self.watched = WatchedStore()
        super().__init__(portal, self.watched, now=now, seed=seed)

    def company(
        self,
        organisation: str,
        accounts: Mapping[str, Mapping[str, object]] = MappingProxyType({"hq": {}}),
        **fields: object,
    ) -> None:
        """Open an organisation, by the operator's command."""
        described = {"organisation": organisation, "name": organisation, "accounts": accounts, **fields}
        self.accepts(OPERATOR, OpenOrganisation, **described)

    def person(  # noqa: PLR0913 - a person is all of this
        self,
        name: str,
        organisation: str = "acme",
        *,
        management: Iterable[str] = (),
        password: str = "",
        temporary_for: timedelta | None = None,
        state: State = State.ACTIVE,
        rights: Mapping[tuple[str, str], str] = MappingProxyType({}),
        details: Mapping[str, str] = MappingProxyType({}),
        email: str = "",
        username: str | None = None,
    ) -> UserId:
        """Put a user in place: `rights` are elements by application and account."""
        address = parse(email or f"{name}@{organisation}.example")
        assert address is not None
        user = User(
            id=UserId(name),
            organisation=OrganisationId(organisation),
            state=state,
            email=address,
            username=name.upper() if username is None else username,
            details=dict(details),
            management=frozenset(management),
            created_by="operator:operator",
        )
        until = None if temporary_for is None else self.clock.now() + temporary_for
        hashed = self.ports.hasher.hash(password) if password else ""
        given = Given("operator:operator", self.clock.now())
        self.watched.place(
            user,
            *login_names(user),
            Credential(user=user.id, password_hash=hashed, temporary_until=until),
            *(
                Selection(
                    user=user.id,
                    account=account_id(organisation, account),
                    application=application,
                    elements=dict.fromkeys(elements(words), given),
                )
                for (application, account), words in rights.items()
            ),
        )
        return user.id

    def accepts(self, who: Actor | str, what: type[Command], /, **fields: object) -> Accepted:
        """Carry a command out that must be accepted: it is on record as it was answered."""
        before = len(self.store.records())
        answer = self.execute(_actor(who), what.model_validate(fields))
        assert isinstance(answer, Accepted), [(reason.code, dict(reason.facts)) for reason in answer.reasons]
        assert [each.event for each in self.store.records()[before:]] == list(answer.events)
        return answer

    def refuses(self, who: Actor | str, what: type[Command], /, **fields: object) -> Mapping[str, Facts]:
        """Carry a command out that must be refused; return the facts of each reason, by code, in order.

        The refusal is on record, nothing else changed but counters of guesses, and every reason can be said in
        every language with the facts that the rulebook promises (GX-08, GX-09).
        """
        units = len(self.watched.units)
        answer = self.execute(_actor(who), what.model_validate(fields))
        assert isinstance(answer, Refused), answer
        event = self.newest
        assert isinstance(event, CommandRefused | SignInFailed)
        assert event.codes == answer.codes
        written = [key for unit in self.watched.units[units:] for key in unit.changes]
        assert all(isinstance(key, AttemptsAgainst) for key in written), written
        for reason in answer.reasons:
            assert RULES[reason.code] is reason.rule
            assert set(reason.facts) == set(FACTS[reason.code])
            assert all(say(reason, language) for language in languages())
        return {reason.code: dict(reason.facts) for reason in answer.reasons}

    def codes(self, who: Actor | str, what: type[Command], /, **fields: object) -> tuple[str, ...]:
        """Return the codes that a command is refused with."""
        return tuple(self.refuses(who, what, **fields))

    def interrupted(
        self, who: Actor | str, what: type[Command], meanwhile: Callable[[], object], /, **fields: object
    ) -> Answer:
        """Carry a command out, and let something else happen between the decision and the moment it is stored."""
        is_over = False

        def perform(step: Step) -> object:
            nonlocal is_over
            if isinstance(step, Save) and step.unit.events and not is_over:
                is_over = True
                meanwhile()
            return self.perform(step)

        return carry_out(self.steps(_actor(who), what.model_validate(fields)), perform)

    def fails_to_store(self, who: Actor | str, what: type[Command], /, **fields: object) -> None:
        """Carry a command out while the store has no space left: whoever gives it hears of that."""
        self.watched.is_full = True
        with pytest.raises(StoreError):
            self.execute(_actor(who), what.model_validate(fields))
        self.watched.is_full = False

    def at_once(self, who: Actor | str, what: type[Command], times: int, /, **fields: object) -> list[Answer]:
        """Carry a command out several times, each step of all of them before the next step of any."""
        command = what.model_validate(fields)
        started = [self.steps(_actor(who), command) for _ in range(times)]
        open_steps: list[tuple[Generator[Step, Any, Answer], Step]] = [(each, next(each)) for each in started]
        answers: list[Answer] = []
        while open_steps:
            further = []
            for steps, step in open_steps:
                try:
                    further.append((steps, steps.send(self.perform(step))))
                except StopIteration as stop:
                    answers.append(stop.value)
            open_steps = further
        return answers

    @property
    def newest(self) -> Event:
        """The newest event on record."""
        return self.store.records()[-1].event

    def recorded(self, about: str) -> list[str]:
        """Return the names of the events about somebody; refusals by their codes."""
        events = [each.event for each in self.store.records(about=about)]
        return [
            " ".join(event.codes) if isinstance(event, CommandRefused | SignInFailed) else event.name
            for event in events
        ]

    def mails(self, to: str) -> list[Mail]:
        """Return the mails to an address, oldest first."""
        return [each.mail for each in self.store.outbox(to=to)]

    def mailed(self, to: str) -> str:
        """Return the newest secret that was mailed to an address."""
        return self.secret(next(mail.token for mail in reversed(self.mails(to)) if mail.token))

    def user(self, name: str) -> User:
        """Return a user as he is stored."""
        found = self.view().user(name)
        assert found is not None
        return found

    def holds(self, name: str, application: str, account: str = "hq") -> frozenset[str]:
        """Return what a user holds, as words: `creation product:letter`."""
        held = self.view().rights(name, application, account=account)
        named = (f"{kind}:{value}" for kind, values in held.resources.items() for value in values)
        return held.rights | frozenset(named)

    def denies(self, name: str, application: str | None, right: str, /, **question: Any) -> str:  # noqa: ANN401 - as `explain`
        """Return the code that a question is denied with."""
        decision = self.view().explain(name, application, right, **question)
        assert decision.reason is not None
        return decision.reason.code

    def account(self, account: str = "hq", organisation: str = "acme") -> AccountId:
        """Return the id of an account."""
        return account_id(organisation, account)


def bpost(**sections: Mapping[str, object]) -> Portal:
    """Return the business portal with some sections of its file changed."""
    data = tomllib.loads(portal_text("bpost"))
    for name, section in sections.items():
        key = name.replace("_", "-")
        data[key] = {**data.get(key, {}), **section}
    return load_portal(data)


def _actor(who: Actor | str) -> Actor:
    return Member(user=UserId(who)) if isinstance(who, str) else who


def codes(answer: Answer) -> tuple[str, ...]:
    """Return the codes of a refusal."""
    assert isinstance(answer, Refused), answer
    return answer.codes


def acts(portal: World, member: Member) -> tuple[str, ...]:
    """Return why a signed-in user cannot act, or nothing where he can."""
    answer = portal.execute(member, UpdateDetails(details={"phone": "1"}))
    return answer.codes if isinstance(answer, Refused) else ()


def names(answer: Answer) -> list[str]:
    """Return the names of the events of what was accepted."""
    assert isinstance(answer, Accepted), answer
    return [event.name for event in answer.events]


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def anything(annotation: Any) -> object:  # noqa: ANN401 - whatever a field takes
    """Return the first simple value that a field takes."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return about_nothing(annotation)
    simple: tuple[object, ...] = ("x", (), {}, 1)
    for value in simple:
        try:
            return TypeAdapter(annotation).validate_python(value)
        except ValidationError:
            continue
    raise LookupError(annotation)


def about_nothing(model: type[Model]) -> Model:
    """Return a command that names only what it must."""
    required = {name: field for name, field in model.model_fields.items() if field.is_required()}
    return model.model_validate({name: anything(field.annotation) for name, field in required.items()})
