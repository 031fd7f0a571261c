"""Reads scenario files: a file is valid as a whole, or nothing of it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from partnerauth import events
from partnerauth.events import Event
from partnerauth.flows import FLOWS
from partnerauth.messages import MAILS
from partnerauth.policy.portal import Portal, PortalError, parse_duration
from partnerauth.policy.rulebook import RULES
from partnerauth.portals import read_portal, shipped
from partnerauth.scenarios import vocabulary
from partnerauth.scenarios.expectations import EXPECTED, Plain, plain
from partnerauth.scenarios.given import NOBODY, impossible
from partnerauth.scenarios.schema import Given, Problem, Scenario, ScenarioError, Step, unknown
from partnerauth.scenarios.yaml_text import Map, YamlError, documents, line_of

LONGEST_FILE: Final = 1_000_000
"""Bytes that a scenario file has at the most."""

SUFFIXES: Final = (".yaml", ".yml")

_HEAD: Final = ("scenario", "portal", "now", "given", "steps")
_OF_EVERY_STEP: Final = ("as", "after", "expect")


def find(paths: Iterable[str | Path]) -> tuple[Path, ...]:
    """Return the scenario files that are named or stand in a named folder, at any depth, in the order of names.

    Raises ScenarioError where a path does not exist, or a folder holds no scenario file.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file())
            if not inside:
                raise ScenarioError([Problem(file=str(path), reason="no scenario file (*.yaml) in this folder")])
            found += inside
        else:
            found.append(path)
    return tuple(dict.fromkeys(found))


def read(path: str | Path) -> tuple[Scenario, ...]:
    """Return the scenarios of a file.  Raises ScenarioError, which names every problem."""
    name = str(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ScenarioError([Problem(file=name, reason=str(error.strerror or error))]) from None
    if len(data) > LONGEST_FILE:
        raise ScenarioError([Problem(file=name, reason=f"larger than {LONGEST_FILE} bytes")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError([Problem(file=name, reason=f"byte {error.start} is not UTF-8: save it as UTF-8")]) from None
    return parse(text, name)


def parse(text: str, file: str) -> tuple[Scenario, ...]:
    """Return the scenarios of a file's text; `file` also says where relative portal files are looked for.

    Raises ScenarioError, which names every problem.
    """
    try:
        found = documents(text)
    except YamlError as error:
        raise ScenarioError([Problem(file=file, line=error.line, reason=f"not valid YAML: {error.problem}")]) from None
    if not found:
        raise ScenarioError([Problem(file=file, reason="no scenario in this file")])
    readers = [_Reader(file=file, document=document) for document in found]
    scenarios = [reader.scenario() for reader in readers]
    problems = [problem for reader in readers for problem in reader.problems]
    if problems:
        raise ScenarioError(problems)
    return tuple(each for each in scenarios if each)


@dataclass
class _Reader:
    """Reads one document, and keeps what is wrong with it."""

    file: str
    document: Any
    problems: list[Problem] = field(default_factory=list)

    def scenario(self) -> Scenario | None:
        """Return the scenario, or None where there are problems."""
        if not isinstance(self.document, Map):
            self._wrong((), "a scenario is a map with scenario, portal, now, given and steps")
            return None
        self._known_keys((), self.document, _HEAD)
        for name in ("scenario", "portal", "now", "steps"):
            if name not in self.document:
                self._wrong((name,), "missing: add it")
        if self.problems:
            return None
        portal, now, given = self._portal(), self._now(), self._given()
        if not self.title:
            self._wrong(("scenario",), "a scenario has a title")
        if portal and given:
            for path, reason in impossible(portal, given):
                self._wrong(("given", *path), reason)
        steps = tuple(self._steps(portal)) if portal else ()
        if self.problems or portal is None or now is None or given is None:
            return None
        return Scenario(
            title=self.title,
            file=self.file,
            line=self.document.line,
            portal=portal,
            now=now,
            given=given,
            steps=steps,
        )

    @cached_property
    def title(self) -> str:
        """What the scenario calls itself."""
        title = self.document.get("scenario", "") if isinstance(self.document, Map) else ""
        return " ".join(title.split()) if isinstance(title, str) else ""

    @cached_property
    def aliases(self) -> tuple[str, ...]:
        """Every alias of a user that the scenario introduces."""
        given = self.document.get("given", {})
        users = given.get("users", {}) if isinstance(given, Map) else {}
        return tuple(dict.fromkeys([*(users if isinstance(users, Map) else ()), *self._created()]))

    def _created(self) -> Iterator[str]:
        steps = self.document["steps"]
        for step in steps if isinstance(steps, list) else ():
            if not isinstance(step, Map):
                continue
            entries = step.get("entries") if step.get("do") == "import-allow-list" else None
            made = [step] if step.get("do") in vocabulary.CREATED_BY else entries
            for each in made if isinstance(made, list) else ():
                if isinstance(each, Map) and isinstance(each.get("user"), str):
                    yield each["user"]

    def _portal(self) -> Portal | None:
        source = self.document["portal"]
        if not isinstance(source, str):
            self._wrong(("portal",), f"a shipped portal ({', '.join(shipped())}), or the path of a portal file")
            return None
        try:
            return read_portal(source if source in shipped() else Path(self.file).parent / source)
        except PortalError as error:
            for problem in error.problems:
                self._wrong(("portal",), problem)
            return None

    def _now(self) -> datetime | None:
        text = self.document["now"]
        try:
            now = datetime.fromisoformat(text)
        except (TypeError, ValueError):
            now = None
        if now is None or now.tzinfo is None or now.utcoffset():
            self._wrong(("now",), f"{text!r} is no instant in UTC, such as 2026-03-02T08:00:00Z")
            return None
        return now.astimezone(UTC)

    def _given(self) -> Given | None:
        try:
            return Given.model_validate(self.document.get("given", {}))
        except ValidationError as error:
            for path, reason in _mended(error, Given):
                self._wrong(("given", *path), reason)
            return None

    def _steps(self, portal: Portal) -> Iterator[Step]:
        steps = self.document["steps"]
        if not isinstance(steps, list) or not steps:
            self._wrong(("steps",), "a list of at least one step")
            return
        for number, data in enumerate(steps, start=1):
            before = len(self.problems)
            step = self._step(number, data, portal)
            if step and len(self.problems) == before:
                yield step

    def _step(self, number: int, data: object, portal: Portal) -> Step | None:
        at = ("steps", number - 1)
        if not isinstance(data, Map) or ("do" in data) == ("check" in data):
            self._wrong(at, "a step is a map with either do: COMMAND or check: QUESTION")
            return None
        is_command = "do" in data
        head, words = ("do", vocabulary.COMMANDS) if is_command else ("check", vocabulary.QUESTIONS)
        word = data[head]
        if not isinstance(word, str) or word not in words:
            self._wrong((*at, head), unknown("command" if is_command else "question", str(word), words))
            return None
        kinds = vocabulary.command_kinds(word) if is_command else words[word]
        self._known_keys(at, data, (head, *_OF_EVERY_STEP, *kinds))
        fields = {name: self._field(at, name, kinds[name], data[name]) for name in data if name in kinds}
        actor = self._actor(at, data, is_command=is_command, word=word)
        if is_command and all(value is not None for value in fields.values()):
            self._command(at, word, data, portal)
        elif not is_command:
            self._question(at, word, data, portal)
        return Step(
            number=number,
            line=data.line,
            is_command=is_command,
            word=word,
            actor=actor,
            fields=fields,
            expected=self._expected(at, "do" if is_command else word, data),
            after=self._after(at, data),
        )

    def _field(self, at: tuple[str | int, ...], name: str, kind: vocabulary.Kind, value: object) -> Any:  # noqa: ANN401 - the kind says of which type
        adapter, form = vocabulary.KINDS[kind]
        try:
            typed = adapter.validate_python(value)
        except ValidationError as error:
            extra = next((each for each in error.errors() if each["type"] == "extra_forbidden"), None)
            more = f"; unknown key {extra['loc'][-1]}" if extra else ""
            self._wrong((*at, name), f"{form} is expected here{more}")
            return None
        if kind == "user" and typed not in self.aliases and "@" not in typed:
            self._wrong((*at, name), unknown("user", typed, self.aliases))
        if kind == "new-user" and typed in {*vocabulary.ACTORS, NOBODY}:
            self._wrong((*at, name), f"{typed} is a word of scenario files, not the alias of a user")
        return typed

    def _actor(self, at: tuple[str | int, ...], data: Map, *, is_command: bool, word: str) -> str:
        actor = data.get("as", "")
        if actor == "" and "as" not in data:
            if is_command or word in vocabulary.ASKED_BY_SOMEBODY - {"users"}:
                self._wrong((*at, "as"), "missing: say who acts")
            return ""
        if not isinstance(actor, str) or ("@" not in actor and actor not in {*vocabulary.ACTORS, *self.aliases}):
            self._wrong((*at, "as"), unknown("user or actor", str(actor), [*vocabulary.ACTORS, *self.aliases]))
            return ""
        return actor

    def _after(self, at: tuple[str | int, ...], data: Map) -> timedelta:
        try:
            return parse_duration(data.get("after", "0s"))
        except ValueError as error:
            self._wrong((*at, "after"), str(error))
            return timedelta(0)

    def _command(self, at: tuple[str | int, ...], word: str, data: Map, portal: Portal) -> None:
        """Check the fields as the command itself types them, where the portal offers the command."""
        if word not in portal.offers:
            return
        model = FLOWS[word].command
        try:
            model.model_validate(
                {name: _stand_in(name, value) for name, value in vocabulary.own_fields(word, data).items()}
            )
        except ValidationError as error:
            for path, reason in _mended(error, model):
                self._wrong((*at, *path), reason)

    def _question(self, at: tuple[str | int, ...], word: str, data: Map, portal: Portal) -> None:
        on_account = portal.accounts and "account" in vocabulary.QUESTIONS[word] and word != "profiles"
        about_users = word == "can" and "application" not in data
        for name in (*_NEEDED.get(word, ()), *(("account",) if on_account and not about_users else ())):
            if name not in data:
                self._wrong((*at, name), "missing: add it")
        if word == "sees" and isinstance(data.get("record"), Map):
            self._record((*at, "record"), data["record"], portal)

    def _record(self, at: tuple[str | int, ...], record: Map, portal: Portal) -> None:
        known = dict.fromkeys((*portal.records, *vocabulary.RECORDS))
        for name, names in (("type", known), ("owner", dict.fromkeys(self.aliases))):
            text = record.get(name, "")
            if isinstance(text, str) and text and text not in names and "@" not in text:
                self._wrong((*at, name), unknown("record" if name == "type" else "user", text, names))

    def _expected(self, at: tuple[str | int, ...], word: str, data: Map) -> Plain:
        if "expect" not in data and word == "do":
            return "accepted"
        if "expect" not in data:
            self._wrong((*at, "expect"), f"missing: {EXPECTED[word].says}")
            return None
        try:
            expected = plain(EXPECTED[word].forms.validate_python(data["expect"]))
        except ValidationError:
            self._wrong((*at, "expect"), f"what can be expected here is {EXPECTED[word].says}")
            return None
        for what, name, known in _named(word, expected, self.aliases):
            if name not in known:
                self._wrong((*at, "expect"), unknown(what, name, known))
        return expected

    def _known_keys(self, at: tuple[str | int, ...], data: Map, known: Iterable[str]) -> None:
        for key in data:
            if key not in known:
                self._wrong((*at, key), unknown("field", key, known))

    def _wrong(self, path: tuple[str | int, ...], reason: str) -> None:
        step = path[1] + 1 if path[:1] == ("steps",) and len(path) > 1 and isinstance(path[1], int) else 0
        self.problems.append(
            Problem(
                file=self.file,
                line=line_of(self.document, path),
                scenario=self.title,
                step=step,
                field=".".join(str(part) for part in (path[2:] if step else path)),
                reason=reason,
            )
        )


_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "can": ("user", "right"),
    "sees": ("user", "record"),
    "signed-in": ("browser",),
    "user": ("user",),
    "rights": ("user", "application"),
    "who-can": ("application", "right"),
    "choices": ("user", "application"),
    "applications": ("user",),
    "profiles": ("application", "rights"),
    "candidates": ("email",),
    "link": ("token",),
    "mailed": ("to",),
    "recorded": ("about",),
}
"""The fields without which a question cannot be asked."""


def _stand_in(name: str, value: object) -> object:
    """Return a field as the command itself would get it: without the scenario's own aliases and references."""
    is_reference = isinstance(value, dict) and ("mailed-to" in value or "verified" in value)
    if name == "entries" and isinstance(value, list):
        return [{key: each[key] for key in each if key != "user"} for each in value if isinstance(each, dict)]
    return "a secret that was mailed" if is_reference else value


def _named(word: str, expected: Plain, aliases: Iterable[str]) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Yield the names in an expectation that can be misspelt, with what they are and which there are."""
    codes, names = sorted(RULES), _event_names()
    match expected:
        case {"refused": list(found)} | {"deny": list(found)}:
            yield from (("refusal code", code, codes) for code in found)
        case {"ended": code}:
            yield "refusal code", code, codes
        case {"template": template}:
            yield "mail", template, list(MAILS)
        case {"includes": {"refused": code}}:
            yield "refusal code", code, codes
        case {"includes": name}:
            yield "event", name, names
        case list() if word == "recorded":
            for each in expected:
                is_code = isinstance(each, dict)
                yield ("refusal code", each["refused"], codes) if is_code else ("event", each, names)
        case list() if word in {"users", "who-can"}:
            yield from (("user", alias, [*aliases]) for alias in expected if "@" not in alias)
        case str() if word == "signed-in" and "@" not in expected:
            yield "user", expected, [NOBODY, "active", *aliases]
        case _:
            pass


@cache
def _event_names() -> tuple[str, ...]:
    """Return what can stand on record: every kind of event of which there is no more special one."""
    kinds = {kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)}
    general = {each for kind in kinds for each in kind.__mro__[1:]}
    return tuple(sorted(kind.__name__ for kind in kinds - general))


def _mended(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield where pydantic found something wrong, and what to do about it."""
    for each in error.errors():
        path = tuple(part for part in each["loc"] if part != "[key]")
        match each["type"]:
            case "extra_forbidden":
                yield path, unknown("field", str(path[-1]), _fields_at(model, path[:-1]))
            case "missing":
                yield path, "missing: add it"
            case "dict_type" | "mapping_type" | "model_type":
                yield path, "a map is expected here ({} is an empty one)"
            case "tuple_type" | "list_type":
                yield path, "a list is expected here ([] is an empty one)"
            case "string_type":
                yield path, "a text is expected here"
            case "bool_parsing" | "bool_type":
                yield path, "true or false is expected here"
            case _:
                yield path, str(each["msg"]).removeprefix("Value error, ")


def _fields_at(annotation: Any, path: tuple[str | int, ...]) -> list[str]:  # noqa: ANN401 - a type of any kind
    """Return the fields of the map that a path leads to, through models, maps, lists and alternatives."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {about.alias or name: about.annotation for name, about in annotation.model_fields.items()}
        return _fields_at(fields.get(str(path[0])), path[1:]) if path else list(fields)
    inner = [each for each in get_args(annotation) if each not in {str, type(None), Ellipsis}]
    rest = path if get_origin(annotation) in {Union, UnionType} else path[1:]
    return next((found for each in inner if (found := _fields_at(each, rest))), [])
