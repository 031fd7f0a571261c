"""The only place where pure decisions meet the ports: load, count guesses, do the work asked for, decide, store."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

from partnerauth.decision import Answer, Refused
from partnerauth.directory import Directory, Entity, Key, UserById
from partnerauth.entities import (
    Account,
    Actor,
    Attempts,
    Delegation,
    Mail,
    Organisation,
    OrganisationId,
    Selection,
    User,
)
from partnerauth.events import Event
from partnerauth.flow import (
    Answers,
    Ask,
    Command,
    Draft,
    DrawCode,
    DrawId,
    DrawLink,
    DrawPassword,
    DrawSecret,
    DrawSession,
    Flow,
    HashPassword,
    IsCommonPassword,
    IsFreeMail,
    IsOutdatedHash,
    Situation,
    VerifyPassword,
    admitted,
    digest,
    evolve,
    guarded,
    keys,
)
from partnerauth.flows import FLOWS
from partnerauth.index import Index, Models
from partnerauth.policy import guessing, passwords
from partnerauth.policy.engine.masks import Masks
from partnerauth.policy.portal import Portal
from partnerauth.ports import (
    Clock,
    ConflictError,
    Entropy,
    Loaded,
    OutdatedTransactionError,
    PasswordHasher,
    Store,
    Timer,
    Unit,
    WordLists,
)
from partnerauth.steps import sessions
from partnerauth.view import View

CHANCE: Final = 32
"""Bytes of chance that a commit takes along."""

TIMES: Final = 32
"""How often a decision is taken before it is given up, when somebody else was faster each time."""

SHORTEST, LONGEST = 0.005, 0.25
"""Seconds: the most that is waited before a decision is taken the second time, and before any later one."""

ROUNDS = 6
"""How often a flow may name further keys: a session, its user, what the command names, what that names …"""


@dataclass(frozen=True, slots=True)
class Load:
    """Step: read these keys."""

    keys: tuple[Key[Any], ...]


@dataclass(frozen=True, slots=True)
class Work:
    """Step: do this work, outside any transaction."""

    asks: tuple[Ask[Any], ...]


@dataclass(frozen=True, slots=True)
class Save:
    """Step: store this unit; the answer is False where somebody else was faster.

    `part` tells the units of a long command that follow the one that decided it.
    """

    unit: Unit
    part: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Step: wait for so many seconds at most, by chance, so that those who collided do not meet again."""

    most: float


Step: TypeAlias = Load | Work | Save | Pause

PAUSES: Final = tuple(Pause(min(SHORTEST * 2**number, LONGEST)) for number in range(TIMES - 1))
"""What is waited between two decisions: twice as long each time, 3.3 seconds in all on average and 6.6 at most."""


def conversation(
    portal: Portal, flow: Flow[Any], actor: Actor, command: Command, now: datetime
) -> Generator[Step, Any, Answer]:
    """Carry a command out as steps that somebody else performs, so that sync and async runners share it.

    A long command goes on in parts once it was accepted, until all are done or one of them is refused.
    Raises ConflictError where others were faster too many times; parts that were done stay done.
    """
    answer, parts = yield from _decided(portal, flow, actor, command, now)
    for follower, part in parts:
        done, _ = yield from _decided(portal, follower, actor, part, now, part=True)
        if isinstance(done, Refused):
            return done
    return answer


def _decided(  # noqa: PLR0913 - who wants what of whom and when, and whether it is a part of something longer
    portal: Portal, flow: Flow[Any], actor: Actor, command: Command, now: datetime, *, part: bool = False
) -> Generator[Step, Any, tuple[Answer, Iterable[tuple[Flow[Any], Command]]]]:
    """Take one decision and store it; return the answer, and what follows from it."""
    answers: dict[Ask[Any], Any] = {}
    is_counted = False
    for pause in (None, *PAUSES):
        if pause:
            yield pause
        blank = Situation(portal=portal, directory=Directory(), actor=actor, command=command, now=now)
        situation, loaded = yield from _loaded(flow, blank)
        refused = admitted(flow, situation)
        if refused is None and not is_counted:
            counted, refused = guarded(flow, situation)
            if counted:
                if not (yield Save(_unit(situation.directory.put(*counted), loaded, situation.directory), part)):
                    continue
                is_counted = True
                # What let the actor in may have ended since: it is asked of the very state that is decided on.
                situation, loaded = yield from _loaded(flow, blank)
                refused = admitted(flow, situation)
        if refused is None:
            situation = yield from _worked(flow, situation, answers)
        proved = () if refused else tuple(flow.proved(situation))
        answer = refused or flow.decide(situation)
        follows = () if isinstance(answer, Refused) else flow.follows(situation)
        if (yield Save(_result(flow, situation, loaded, answer, proved), part)):
            return answer, follows
    message = (
        f"{flow.word}: others changed the same things {TIMES} times in a row, so nothing was done; "
        "it can be tried again (a web page answers 503 with Retry-After)"
    )
    raise ConflictError(message)


def carry_out(steps: Generator[Step, Any, Answer], perform: Callable[[Step], object]) -> Answer:
    """Have steps performed one after the other, and return the answer that they lead to."""
    result: object = None
    while True:
        try:
            step = steps.send(result)
        except StopIteration as stop:
            answer: Answer = stop.value
            return answer
        result = perform(step)


def _loaded(flow: Flow[Any], situation: Situation[Any]) -> Generator[Step, Any, tuple[Situation[Any], Loaded]]:
    so_far = Loaded(values={}, revisions={}, versions={})
    for _ in range(ROUNDS):
        missing = situation.directory.missing(keys(flow, situation))
        if not missing:
            return situation, so_far
        more: Loaded = yield Load(missing)
        so_far = Loaded(
            values={**so_far.values, **more.values},
            revisions={**so_far.revisions, **more.revisions},
            versions={**more.versions, **so_far.versions},
        )
        situation = replace(situation, directory=situation.directory.with_loaded(more.values))
    message = f"{flow.word}: needs did not come to an end"
    raise LookupError(message)


def _worked(
    flow: Flow[Any], situation: Situation[Any], answers: dict[Ask[Any], Any]
) -> Generator[Step, Any, Situation[Any]]:
    while True:
        situation = replace(situation, answers=Answers(answers))
        new = tuple(dict.fromkeys(ask for ask in flow.asks(situation) if ask not in answers))
        if not new:
            return situation
        answers |= yield Work(new)


def _result(
    flow: Flow[Any], situation: Situation[Any], loaded: Loaded, answer: Answer, proved: tuple[Attempts, ...]
) -> Unit:
    if isinstance(answer, Refused):
        recorded = (flow.recorded(situation, answer.reasons),)
        # What was read is a precondition here too: a refusal may not rest on halves of two states.
        return _unit(situation.directory.put(*proved), loaded, situation.directory, recorded)
    after = sessions.seen(situation, evolve(situation.directory, answer))
    return _unit(after, loaded, situation.directory, answer.events, answer.mails)


def _unit(
    after: Directory,
    loaded: Loaded,
    before: Directory,
    events: tuple[Event, ...] = (),
    mails: tuple[Mail, ...] = (),
) -> Unit:
    changes = {key: value for key, value in _worth_a_row(after.changes) if value != before.find(key)}
    touched = frozenset(
        organisation
        for key, value in changes.items()
        for entity in (value, before.find(key))
        if entity is not None and (organisation := _organisation(entity, after))
    )
    return Unit(
        changes=changes,
        before={key: before.find(key) for key in changes},
        revisions=loaded.revisions,
        versions=loaded.versions,
        touched=touched,
        events=events,
        mails=mails,
    )


def _worth_a_row(changes: Mapping[Key[Any], Entity | None]) -> Iterator[tuple[Key[Any], Entity | None]]:
    """Yield what changes, without counters that count nothing: who guesses right leaves none behind (DS-14)."""
    for key, value in changes.items():
        yield key, None if isinstance(value, Attempts) and not guessing.says_something(value) else value


def _organisation(entity: Entity, directory: Directory) -> OrganisationId | None:
    """Return the organisation whose version a change of this entity raises, or None for a user's own stream."""
    match entity:
        case Organisation():
            return entity.id
        case Account() | User():
            return entity.organisation
        case Delegation():
            return OrganisationId(entity.account.partition("/")[0])
        case Selection():
            user = directory.find(UserById(entity.user))
            return user.organisation if user else None
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything that the shell has from outside; `key` is the server's secret (GX-04)."""

    store: Store
    hasher: PasswordHasher
    clock: Clock
    entropy: Entropy
    words: WordLists
    timer: Timer
    key: bytes


class Shell:
    """Carries out commands and answers questions for one portal over given ports."""

    def __init__(self, portal: Portal, ports: Ports, *, models: Models = Masks) -> None:
        """Take a portal and the ports, and what makes its rights model.

        Raises ValueError where the key is shorter than 32 bytes (CH-09).
        """
        if len(ports.key) < hashlib.sha256().digest_size:
            message = "key: at least 32 bytes of secret chance are needed, for example secrets.token_bytes(32)"
            raise ValueError(message)
        self.portal = portal
        self.ports = ports
        self.models = models
        self._index = Index(portal, ports.store, models=models)

    @property
    def store(self) -> Store:
        """Where everything is kept."""
        return self.ports.store

    def execute(self, actor: Actor, command: Command) -> Answer:
        """Carry out a command: Accepted with what happened, or Refused with every broken rule.

        Raises ConflictError where others were faster too many times, and StoreError.
        """
        return carry_out(self.steps(actor, command), self.perform)

    def steps(self, actor: Actor, command: Command) -> Generator[Step, Any, Answer]:
        """Return a command as the steps that carry it out, for a runner of one's own; `perform` performs each."""
        return conversation(self.portal, FLOWS[command.word()], actor, command, self.ports.clock.now())

    def view(self) -> View:
        """Return a view of everything as it is committed now, to ask questions of (section 0)."""
        return View(self.portal, self._index, self.ports.store, self.ports.clock.now(), self.ports.words)

    def secret(self, draft: str) -> str:
        """Return the secret of a link, code or generated password, given its id: for the mail alone (GX-04)."""
        return derived(self.ports.key, draft, self.portal.password_policy)

    def perform(self, step: Step, store: Store | None = None) -> object:
        """Perform a step, over another store where one is named, and return what the next one is decided on.

        Raises StoreError, and OutdatedTransactionError where only another transaction can go on.
        """
        kept = store or self.ports.store
        match step:
            case Load():
                return kept.read(step.keys)
            case Work():
                return {ask: self._answer(ask) for ask in step.asks}
            case Pause():
                self.ports.timer.wait(self.length(step))
                return None
            case Save():
                # For this alone: under it is hidden what the events tell of persons (GX-10).
                unit = replace(step.unit, chance=self.ports.entropy.draw(CHANCE)) if step.unit.events else step.unit
                try:
                    kept.commit(unit)
                except OutdatedTransactionError:
                    raise
                except ConflictError:
                    return False
                return True

    def length(self, pause: Pause) -> float:
        """Return how many seconds a pause lasts."""
        return pause.most * int.from_bytes(self.ports.entropy.draw(4)) / 2**32

    def _answer(self, ask: Ask[Any]) -> object:  # noqa: C901, PLR0911 - one line for each kind of work
        match ask:
            case VerifyPassword():
                return self.ports.hasher.verify(ask.hash or None, ask.password)
            case HashPassword():
                return self.ports.hasher.hash(ask.password)
            case IsOutdatedHash():
                return self.ports.hasher.outdated(ask.hash)
            case IsCommonPassword():
                return self.ports.words.is_common_password(ask.password)
            case IsFreeMail():
                return self.ports.words.is_free_mail(ask.domain)
            case DrawId():
                return f"{ask.label[0]}-{_word(self.ports.entropy.draw(15))}"
            case DrawLink():
                return self._draft("link")
            case DrawCode():
                return self._draft("code")
            case DrawPassword():
                draft = f"password-{_word(self.ports.entropy.draw(20))}"
                return Draft(draft, self.ports.hasher.hash(derived(self.ports.key, draft, ask.policy)))
            case DrawSession() | DrawSecret():
                secret = urlsafe_b64encode(self.ports.entropy.draw(33)).decode()
                return Draft(secret, digest(secret))
            case _:
                raise LookupError(type(ask).__name__)

    def _draft(self, kind: str) -> Draft:
        identity = f"{kind}-{_word(self.ports.entropy.draw(20))}"
        return Draft(identity, digest(self.secret(identity)))


def derived(key: bytes, draft: str, policy: passwords.PasswordPolicy) -> str:
    """Return the secret that belongs to a draft: nothing that is stored suffices to make it (GX-04, TK-24)."""
    kind = draft.partition("-")[0]
    if kind == "password":
        return passwords.compose(policy, b"".join(_mac(key, f"{draft}:{number}") for number in range(4)))
    if kind == "code":
        return _mac(key, draft)[:12].hex().upper()
    return urlsafe_b64encode(_mac(key, draft)).decode().rstrip("=")


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _word(drawn: bytes) -> str:
    return b32encode(drawn).decode().lower()
