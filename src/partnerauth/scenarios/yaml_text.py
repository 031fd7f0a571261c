"""Reads YAML as plain text: every scalar is a `str`, every line is known, and nothing can explode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

MOST_NODES: Final = 100_000
"""Values that a file has at the most, those of every alias counted."""
DEEPEST: Final = 32
"""How deep lists and maps may stand in each other."""

_PARSER: Final[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The parser of libyaml where PyYAML has it: it is many times faster and reads the same."""


class YamlError(ValueError):
    """Text that is not YAML, or YAML that is not read here; `line` counts from 1 (0: the whole file)."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


class Map(dict[str, Any]):
    """A map that knows the line of each key."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class Items(list[Any]):
    """A list that knows the line of each item."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


@dataclass(slots=True)
class _Open:
    """A list or map whose end has not been read yet."""

    value: Map | Items
    anchor: str | None
    size: int = 1
    key: str | None = None
    key_line: int = 0


def documents(text: str) -> tuple[Any, ...]:
    """Return the documents of a text, empty ones left out, as `Map`, `Items` and `str`.  Raises YamlError.

    Scalars are never read as numbers, dates or truth values (`country: NO` is Norway).  Refused are keys that
    stand twice, tags, and aliases that would unfold into more than MOST_NODES values.
    """
    try:
        return tuple(_Builder().documents(yaml.parse(text, Loader=_PARSER)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(part for part in (error.problem, error.context) if part)
        raise YamlError(mark.line + 1 if mark else 0, problem) from None
    except yaml.YAMLError as error:
        raise YamlError(0, str(error).splitlines()[0]) from None


def line_of(document: object, path: Iterable[str | int]) -> int:
    """Return the line of what a path of keys and positions leads to, or of the last part of it that exists."""
    line = getattr(document, "line", 0)
    here: Any = document
    for part in path:
        lines: Mapping[Any, int] = here.lines if isinstance(here, Map) else {}
        if isinstance(here, Items):
            lines = dict(enumerate(here.lines))
        if part not in lines:
            break
        line, here = lines[part], here[part]
    return int(line)


class _Builder:
    """Makes values of the parser's events, without recursion: text decides how deep it goes, not the stack."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0

    def documents(self, events: Iterable[Any]) -> Iterator[Any]:
        for event in events:
            line = event.start_mark.line + 1
            match event:
                case yaml.DocumentStartEvent():
                    self._anchors.clear()
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self._begin(event, line)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    done = self._open.pop()
                    yield from self._put(done.value, done.value.line, done.size, done.anchor)
                case yaml.ScalarEvent():
                    _untagged(event.tag, line)
                    is_nothing = not self._open and not event.value and not event.style
                    if not is_nothing:
                        self._count(1, line)
                        yield from self._put(event.value, line, 1, event.anchor)
                case yaml.AliasEvent():
                    if event.anchor not in self._anchors:
                        raise YamlError(line, f"*{event.anchor}: no such anchor before this line")
                    value, size = self._anchors[event.anchor]
                    self._count(size, line)
                    yield from self._put(value, line, size, None)
                case _:
                    pass

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, line: int) -> None:
        _untagged(event.tag, line)
        if len(self._open) >= DEEPEST:
            raise YamlError(line, f"more than {DEEPEST} lists and maps in each other")
        self._count(1, line)
        value = Map(line) if isinstance(event, yaml.MappingStartEvent) else Items(line)
        self._open.append(_Open(value, event.anchor))

    def _count(self, nodes: int, line: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise YamlError(line, f"more than {MOST_NODES} values once every alias is unfolded")

    def _put(self, value: object, line: int, size: int, anchor: str | None) -> Iterator[object]:
        """Put a finished value where it belongs; yield it where it is a whole document."""
        if anchor is not None:
            self._anchors[anchor] = (value, size)
        if not self._open:
            yield value
            return
        into = self._open[-1]
        into.size += size
        if isinstance(into.value, Items):
            into.value.append(value)
            into.value.lines.append(line)
        elif into.key is None:
            into.key, into.key_line = _key(into.value, value, line), line
        else:
            into.value[into.key] = value
            into.value.lines[into.key] = into.key_line
            into.key = None


def _key(among: Map, value: object, line: int) -> str:
    if not isinstance(value, str):
        raise YamlError(line, "a key is a word, not a list or a map")
    if value in among:
        raise YamlError(line, f"{value!r} stands twice here: first on line {among.lines[value]}")
    return value


def _untagged(tag: str | None, line: int) -> None:
    if tag not in {None, "!"}:
        raise YamlError(line, f"tags such as {tag} are not used here: take it out")
