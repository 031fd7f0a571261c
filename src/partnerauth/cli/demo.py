"""The command `demo`: plays a day at a bpost customer on a fresh database, and shows what came of it and why."""

from __future__ import annotations

import contextlib
import re
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import click
from pydantic import BaseModel, SecretStr

from partnerauth.adapters.memory import MemoryStore
from partnerauth.cli import screen
from partnerauth.decision import Reason, Refused
from partnerauth.demo import Asked, Closing, Done, Happening, Letter, Opened, Question, Scene, StoryClock, closing, play
from partnerauth.embed import PartnerAuth
from partnerauth.entities import RIGHT, Element, State
from partnerauth.events import Event
from partnerauth.messages import say
from partnerauth.policy.rulebook import LAW, RULEBOOK
from partnerauth.ports import Recorded, Store, StoreError

FILE: Final = "partnerauth-demo.db"
MARK: Final = 0x50415544
"""The `application_id` in the header of a demonstration's database: only such a file is ever replaced."""

_HEADER: Final = 72
_LOGIN: Final = re.compile(r"(?<=//).*@")
"""User and password in a URL, which nobody is shown."""

_USER: Final = re.compile(r"\bu-[a-z2-7]{24}\b")
_FEW: Final = 3
_UNTOLD: Final = "CommandRefused"


@click.command("demo")
@click.option(
    "--store",
    default=f"sqlite:///{FILE}",
    show_default=True,
    metavar="URL",
    help="Where the day is kept: an SQLAlchemy URL of an empty database, or memory.",
)
def demo(store: str) -> None:
    """Play a day at a bpost customer: every command, its outcome and why.

    The database stays for you to open.  One that an earlier demonstration left is replaced, anything else is not.
    """
    clock = StoryClock()
    with _empty(store) as kept:
        portal = PartnerAuth("bpost", kept, key=secrets.token_bytes(32), clock=clock)
        teller = _Teller(portal)
        for happening in play(portal, clock):
            if lines := [*teller.shown(happening)]:
                screen.show("\n".join(lines))
        screen.show("\n".join(_in_the_end(closing(portal))))
        screen.show("\n".join(teller.record(portal.store.records())))
    screen.show("\n".join(_parting(store)))


@contextlib.contextmanager
def _empty(store: str) -> Iterator[Store]:
    """Open what the day is kept in, and close it again.  Raises BadInput where there is something in it."""
    if store == "memory":
        yield MemoryStore()
        return
    from partnerauth.adapters.sql import SqlStore  # noqa: PLC0415 - SQLModel is loaded by whoever uses it

    path = store.partition("?")[0].removeprefix("sqlite:///") if store.startswith("sqlite:///") else ""
    if path:
        _clear(Path(path))
    called = _LOGIN.sub("", store)
    try:
        with contextlib.closing(SqlStore(store)) as kept:
            if kept.position():
                problem = f"{called}: holds data already: the demonstration starts from nothing, name an empty database"
                raise screen.BadInput(problem)
            yield kept
    except StoreError as error:
        problem = f"{called}: {error}"
        raise screen.BadInput(problem) from None


def _clear(path: Path) -> None:
    """Make room for a new database and mark it.  Raises BadInput rather than delete what is no demonstration's."""
    try:
        if path.exists() or path.is_symlink():
            if not _is_demonstration(path):
                problem = (
                    f"{path}: is there, and is no demonstration's database: move it away, or name another: --store"
                )
                raise screen.BadInput(problem)
            for ending in ("", "-wal", "-shm", "-journal"):
                Path(f"{path}{ending}").unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(path)) as new:
            new.execute(f"PRAGMA application_id = {MARK}")
    except (OSError, sqlite3.Error) as error:
        problem = f"{path}: {error}: name a file in a folder that you can write to"
        raise screen.BadInput(problem) from None


def _is_demonstration(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        header = file.read(_HEADER)
    return header.startswith(b"SQLite format 3\0") and int.from_bytes(header[68:], "big") == MARK


class _Teller:
    """Tells what happens; calls people by their user names, and says the same sentence of the rulebook once."""

    def __init__(self, portal: PartnerAuth) -> None:
        self._portal = portal
        self._names: dict[str, str] = {}
        self._told: set[str] = set()

    def shown(self, happening: Happening) -> Iterable[str]:
        """Yield the lines that tell of one thing that happened."""
        match happening:
            case Scene():
                hour = f"{self._portal.ports.clock.now():%H:%M}"
                yield f"\n{screen.title(f'{hour}  {happening.title}')}"
                yield screen.wrapped(happening.text, style=screen.faint)
            case Done():
                yield from self._done(happening)
            case Asked():
                yield from self._asked(happening)
            case Opened() if self._is_new(happening.letter.subject):
                yield from _letter(happening.letter)
            case Opened():
                pass

    def record(self, records: Iterable[Recorded]) -> Iterable[str]:
        """Yield the table of everything on record."""
        yield f"\n{screen.title('On record')}"
        rows = [
            (
                str(each.position),
                f"{each.event.at:%H:%M}",
                self._named(each.event.by),
                each.event.name,
                self._named(each.event.about),
                _noted(each.event),
            )
            for each in records
        ]
        yield screen.listing(("#", "at", "by", "what happened", "about", "what it says"), rows, (3, 5, 12, 18, 18, 34))

    def _done(self, done: Done) -> Iterable[str]:
        head = f"\n{screen.strong(done.step.who)} > {screen.named(done.step.command.word())}"
        yield screen.flowing(head, map(self._named, _fields(done.step.command)), indent="    ")
        if isinstance(done.answer, Refused):
            for reason in done.answer.reasons:
                yield from self._reason(reason)
            return
        for event in done.answer.events:
            yield screen.wrapped(_happened(event), first=f"  {screen.tick(is_so=True)} ", indent="    ")
        for letter in done.mails:
            yield f"  → mail to {letter.to}: {letter.subject}"
        if self._is_new(done.step.rule):
            rule = f"{done.step.rule} {RULEBOOK[done.step.rule]}: {LAW[done.step.rule]}"
            yield screen.wrapped(rule, indent="    ", style=screen.faint)

    def _asked(self, asked: Asked) -> Iterable[str]:
        step = asked.step
        about = f"{step.application}/{step.right}" if step.application else step.right
        where = f" on {step.account}{_resources(step.resources)}"
        yield f"\n{screen.strong('?')} may {self._named(step.user)} use {screen.named(about)}{where}"
        if asked.decision.reason is None:
            yield f"  {screen.tick(is_so=True)} {screen.good('yes')}"
        else:
            yield from self._reason(asked.decision.reason)

    def _reason(self, reason: Reason) -> Iterable[str]:
        head = f"  {screen.tick(is_so=False)} {screen.bad(reason.code)}  "
        yield screen.wrapped(self._named(say(reason, "en")), first=head, indent="    ")
        if self._is_new(reason.code):
            because = f"{reason.rule.because} ({', '.join(filter(_of_this_portal, reason.rule.sources))})"
            yield screen.wrapped(because, indent="    ", style=screen.faint)

    def _is_new(self, word: str) -> bool:
        if word in self._told:
            return False
        self._told.add(word)
        return True

    def _named(self, text: str) -> str:
        return _USER.sub(lambda found: self._name(found[0]), text)

    def _name(self, user: str) -> str:
        if user not in self._names:
            found = self._portal.view().user(user)
            if found is None:
                return user
            self._names[user] = found.username
        return self._names[user]


def _of_this_portal(source: str) -> bool:
    return source.startswith(("BP-", "GX-"))


def _happened(event: Event) -> str:
    if event.name == _UNTOLD:
        return f"accepted in words; on record stands the truth: {'; '.join(_content(event))}"
    return f"{event.name} {'; '.join(_content(event))}".strip()


def _resources(named: Mapping[str, str]) -> str:
    return "".join(f", {kind} {value}" for kind, value in named.items())


def _letter(letter: Letter) -> Iterable[str]:
    yield ""
    for line in (f"To: {letter.to}", f"Subject: {letter.subject}", "", *letter.text.strip().splitlines()):
        yield screen.wrapped(line, first=screen.faint("  │ "), indent=screen.faint("  │ "))


def _fields(command: BaseModel) -> Iterable[str]:
    for name, value in command.model_dump(by_alias=True, exclude_unset=True, exclude_none=True).items():
        for key, each in _flat(name, value):
            yield f"{screen.faint(key)} {_compact(each)}"


def _flat(name: str, value: Any) -> Iterable[tuple[str, Any]]:  # noqa: ANN401 - whatever a command can hold
    match name:
        case "details" | "resources":
            yield from value.items()
        case "accounts":
            yield from ((f"{account}.{key}", each) for account, fields in value.items() for key, each in fields.items())
        case _:
            yield name, value


def _compact(value: Any) -> str:  # noqa: ANN401 - whatever a command can hold
    match value:
        case SecretStr():
            return str(value)
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return ", ".join(
                f"{key} ({_compact(each)})" if isinstance(each, Mapping) and each else f"{key} {_compact(each)}".strip()
                for key, each in value.items()
            )
        case tuple() | list() | frozenset():
            return ", ".join(map(str, sorted(value) if isinstance(value, frozenset) else value))
        case _:
            return str(value)


def _content(event: Event) -> Iterable[str]:
    elements = [each if isinstance(each, Element) else each[0] for each in getattr(event, "elements", ())]
    if elements:
        yield _counted(elements)
    for account, application, ceiling in getattr(event, "ceilings", ()):
        yield f"{application} on {account}: {_counted(ceiling)}"
    if management := getattr(event, "management", ()):
        yield ", ".join(sorted(management))
    if codes := getattr(event, "codes", ()):
        yield ", ".join(codes)


def _counted(elements: Iterable[Element]) -> str:
    """Return what was given: by name where it is little, else how much of each kind."""
    kinds = {
        kind: [each.name for each in group] for kind, group in groupby(sorted(elements), key=lambda each: each.kind)
    }
    rights = kinds.pop(RIGHT, [])
    shown = [", ".join(rights) if len(rights) <= _FEW else f"{len(rights)} rights"] if rights else []
    shown += [
        f"{kind} {', '.join(names)}" if len(names) <= _FEW else f"{kind} ({len(names)})"
        for kind, names in kinds.items()
    ]
    return ", ".join(shown)


def _in_the_end(end: Closing) -> Iterable[str]:
    yield f"\n{screen.title('In the end: who can do what')}"
    people = [f"{user.username}\n{'' if user.state is State.ACTIVE else user.state}".strip() for user in end.people]
    rows = [
        (_question(question), *(screen.tick(is_so=decision.allowed) for decision in decisions))
        for question, decisions in end.rows
    ]
    yield screen.table(("right", *people), rows)


def _question(question: Question) -> str:
    about = f"{question.application}/{question.right}" if question.application else question.right
    return " ".join([screen.named(about), *question.named.values()])


def _noted(event: Event) -> str:
    command = f"{event.command}: " if hasattr(event, "command") else ""
    return command + "; ".join(_content(event))


def _parting(store: str) -> Iterable[str]:
    yield f"\n{screen.title('To go on')}"
    path = store.removeprefix("sqlite:///") if store.startswith("sqlite:///") else ""
    program = screen.program()
    rows = (
        [("the database", f"{path}, for any SQLite tool: the record is in the table partnerauth_log")] if path else []
    )
    rows += [
        ("the portal", f"{program} portal show bpost"),
        ("a rule", f"{program} explain delegation-limit"),
        ("your own", f"{program} init my-portal.toml"),
    ]
    yield screen.pairs(rows)
