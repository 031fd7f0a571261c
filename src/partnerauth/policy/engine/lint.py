"""Refuses what pycasbin accepts in silence, or only stumbles over at some later request.

`lint` reads a model file as pycasbin's own reader does, line by line, and says where it would go wrong.
`lint_rows` does the same for policy rows.  Both are pure: text in, findings out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from partnerauth.policy.engine.traps import Finding, Found, findings

__all__ = ["Finding", "lint", "lint_rows"]

SECTIONS: Mapping[str, str] = {
    "request_definition": "r",
    "policy_definition": "p",
    "role_definition": "g",
    "policy_effect": "e",
    "matchers": "m",
}
"""The sections that pycasbin reads, and the name of the definition that it looks for in each."""

EFFECTS: Mapping[str, bool] = {
    "some(where (p.eft == allow))": False,
    "!some(where (p.eft == deny))": True,
    "some(where (p.eft == allow)) && !some(where (p.eft == deny))": True,
    "priority(p.eft) || deny": True,
    "subjectPriority(p.eft) || deny": True,
}
"""The effect expressions that pycasbin knows, to the letter, and whether a deny row counts in them."""

FUNCTIONS = frozenset(
    {"keyMatch", "keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5"}
    | {"regexMatch", "ipMatch", "globMatch", "timeMatch"}
)
"""The matcher functions that pycasbin brings along."""

_CONTAINERS = frozenset({"list", "tuple", "set", "dict"})
_UNMATCHED = frozenset({"id", "code", "eft", "priority"})
"""Policy fields that the matcher need not mention: labels of the row, and two that pycasbin reads itself."""

_ROLE = re.compile(r"g([2-9]|[1-9]\d+)?")
_ROLES = re.compile(r"_\s*,\s*_(\s*,\s*_)?")
_CONDITIONAL = re.compile(r"\(.*\)")
_LITERALS = re.compile(r"\"[^\"]*\"|'[^']*'")
_REWRITTEN = re.compile(r"\b[rp]\d*\.|&&|\|\||!(?!=)|#")
_NESTING = re.compile(r"[,\[\]()]")


@dataclass(frozen=True, slots=True)
class _Entry:
    section: str
    key: str
    value: str
    line: int


def lint(conf_text: str, name: str, *, functions: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Return what is wrong with a model file, in the order of its lines.

    `name` is the file's name for messages, `functions` are matcher functions that the application adds.
    """
    entries: list[_Entry] = []
    found = [*_read(conf_text, entries)]
    found += _structure(entries)
    defined = {(entry.section, entry.key): entry for entry in entries}
    found += _fields(defined)
    found += _roles(defined)
    found += _effect(defined)
    if ("matchers", "m") in defined:
        found += _matcher(defined, frozenset(functions))
    return findings(name, found)


def lint_rows(conf_text: str, rows: Iterable[Sequence[object]], name: str) -> tuple[Finding, ...]:
    """Return what is wrong with the rows of a policy under a model that passes `lint`.

    A row is what a line of a policy file holds: `("p", "alice", "data1", "read")`, `("g", "alice", "admin")`.
    """
    entries: list[_Entry] = []
    list(_read(conf_text, entries))
    model = {entry.key: entry.value for entry in entries if entry.section in SECTIONS}
    found: list[Found] = []
    seen: set[tuple[object, ...]] = set()
    rules = 0
    for place, row in enumerate(rows, 1):
        found += _row(place, row, model)
        if tuple(row) in seen:
            found.append((place, "repeated-row", ()))
        seen.add(tuple(row))
        rules += bool(row) and row[0] == "p"
    if not rules:
        found.append((1, "empty-policy", ()))
    return findings(name, found)


# The file, as pycasbin reads it.


def _read(conf_text: str, entries: list[_Entry]) -> Iterator[Found]:
    """Fill `entries` with what pycasbin takes for definitions."""
    section, pending, start = "", "", 0
    for number, raw in enumerate([*conf_text.split("\n"), ""], 1):
        line = raw.strip()
        blank, header = line == "" or line[0] in "#;", line[:1] == "[" and line[-1:] == "]"
        if pending and (blank or header):
            yield start, "broken-continuation", ()
            yield from _defined(section, pending, start, entries)
            pending = ""
        if blank:
            continue
        if header:
            section = line[1:-1]
            if section not in SECTIONS:
                yield number, "unknown-section", (section, ", ".join(SECTIONS))
        elif line[-1] == "\\":
            start = start if pending else number
            pending += line[:-1].strip() + " "
        else:
            yield from _defined(section, pending + line, start if pending else number, entries)
            pending = ""


def _defined(section: str, text: str, line: int, entries: list[_Entry]) -> Iterator[Found]:
    key, equals, value = (part.strip() for part in text.partition("="))
    if not (section and key and equals):
        yield line, "not-a-definition", (text,)
        return
    entries.append(_Entry(section, key, value, line))
    bare = _LITERALS.sub("", value)
    if "#" in bare or ";" in bare:
        yield line, "comment-after-definition", ()


def _structure(entries: Sequence[_Entry]) -> Iterator[Found]:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        letter = SECTIONS.get(entry.section)
        if letter is None:
            continue
        if not (_ROLE if letter == "g" else re.compile(rf"{letter}\d*")).fullmatch(entry.key):
            yield entry.line, "unknown-definition", (entry.key, letter)
        elif letter not in ("g", entry.key):
            yield entry.line, "numbered-definition", (entry.key,)
        if (entry.section, entry.key) in seen:
            yield entry.line, "defined-twice", (entry.key,)
        seen.add((entry.section, entry.key))
    for section, letter in SECTIONS.items():
        if letter != "g" and (section, letter) not in seen:
            yield 1, "missing-definition", (letter, section)


def _fields(defined: Mapping[tuple[str, str], _Entry]) -> Iterator[Found]:
    for place in (("request_definition", "r"), ("policy_definition", "p")):
        entry = defined.get(place)
        fields = _names(entry)
        for at, field in enumerate(fields):
            if not field.isidentifier():
                yield entry.line if entry else 1, "bad-field", (field,)
            elif field in fields[:at]:
                yield entry.line if entry else 1, "repeated-field", (field,)


def _names(entry: _Entry | None) -> list[str]:
    return [] if entry is None else [field.strip() for field in entry.value.split(",")]


def _roles(defined: Mapping[tuple[str, str], _Entry]) -> Iterator[Found]:
    roles = [
        entry for (section, key), entry in defined.items() if section == "role_definition" and _ROLE.fullmatch(key)
    ]
    keys = {entry.key for entry in roles}
    conditional = [entry for entry in roles if _CONDITIONAL.search(entry.value)]
    for entry in roles:
        before = "g" if entry.key in ("g", "g2") else f"g{int(entry.key[1:]) - 1}"
        if before not in keys:
            yield entry.line, "numbering-gap", (entry.key, before)
        if entry not in conditional and not _ROLES.fullmatch(entry.value):
            yield entry.line, "bad-role-definition", (entry.value,)
    if len(conditional) < len(roles):
        yield from ((entry.line, "conditional-role", ()) for entry in conditional)


def _effect(defined: Mapping[tuple[str, str], _Entry]) -> Iterator[Found]:
    effect = defined.get(("policy_effect", "e"))
    policy = defined.get(("policy_definition", "p"))
    if effect is None:
        return
    if effect.value not in EFFECTS:
        yield effect.line, "unknown-effect", (effect.value, "; ".join(EFFECTS))
    if EFFECTS.get(effect.value) and policy is not None and "eft" not in _names(policy):
        yield policy.line, "effect-without-eft", ()


# The matcher.


def _matcher(defined: Mapping[tuple[str, str], _Entry], functions: Collection[str]) -> Iterator[Found]:
    entry = defined["matchers", "m"]
    for literal in _LITERALS.findall(entry.value):
        if _REWRITTEN.search(literal):
            yield entry.line, "literal-rewritten", (literal,)
    tree, wrong = _parsed(entry.value)
    if tree is None:
        yield entry.line, "not-one-expression", (wrong,)
        return
    roles = {key: len(_names(role)) for (section, key), role in defined.items() if section == "role_definition"}
    fields = {
        letter: _names(defined.get(place))
        for letter, place in (("r", ("request_definition", "r")), ("p", ("policy_definition", "p")))
    }
    yield from ((entry.line, trap, facts) for trap, facts in _names_used(tree, fields))
    yield from ((entry.line, trap, facts) for trap, facts in _calls(tree, roles, functions))
    yield from ((entry.line, trap, facts) for trap, facts in _comparisons(tree))


def _parsed(matcher: str) -> tuple[ast.expr | None, str]:
    """Return the tree that pycasbin would evaluate, or None and what the matcher is instead."""
    text = re.sub(r"\b([rp])\.", r"\1_", matcher).replace("&&", "and").replace("||", "or")
    try:
        body = ast.parse(re.sub(r"!(?!=)", "not ", text).strip()).body
    except SyntaxError as error:
        return None, f"no expression ({error.msg})"
    except (ValueError, RecursionError, MemoryError):
        return None, "no expression (nobody can read it)"
    if len(body) != 1:
        return None, f"{len(body)} expressions"
    if isinstance(body[0], ast.Expr):
        return body[0].value, ""
    return None, "an assignment" if isinstance(body[0], ast.Assign) else "a statement"


def _names_used(tree: ast.expr, fields: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, tuple[object, ...]]]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]
    known = {f"{letter}_{field}": f"{letter}.{field}" for letter in fields for field in fields[letter]}
    for name in dict.fromkeys(names):
        if name not in known:
            yield "unknown-name", (_dotted(name), ", ".join(known.values()))
    for letter, trap in (("r", "unused-request-field"), ("p", "unused-policy-field")):
        for field in fields[letter]:
            exempt = letter == "p" and field in _UNMATCHED
            if field.isidentifier() and not exempt and f"{letter}_{field}" not in names:
                yield trap, (field,)


def _calls(
    tree: ast.expr, roles: Mapping[str, int], functions: Collection[str]
) -> Iterator[tuple[str, tuple[object, ...]]]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        name = node.func.id
        if name == "eval":
            yield "eval", ()
        elif name in roles:
            if len(node.args) != roles[name]:
                yield "role-arity", (name, roles[name], len(node.args))
        elif name not in {*FUNCTIONS, *_CONTAINERS, *functions}:
            yield "unknown-function", (name, ", ".join(sorted({*FUNCTIONS, *functions, *roles})))


def _comparisons(tree: ast.expr) -> Iterator[tuple[str, tuple[object, ...]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for operator, right in zip(node.ops, node.comparators, strict=True):
                text = isinstance(right, ast.Constant) or (isinstance(right, ast.Name) and right.id[:2] == "p_")
                if isinstance(operator, ast.In | ast.NotIn) and text:
                    yield "substring-test", (_dotted(ast.unparse(node)),)
                elif isinstance(operator, ast.Is | ast.IsNot):
                    yield "identity-test", (_dotted(ast.unparse(node)),)


def _dotted(text: str) -> str:
    return re.sub(r"\b([rp])_", r"\1.", text)


# Rows.


def _row(place: int, row: Sequence[object], model: Mapping[str, str]) -> Iterator[Found]:
    odd = [value for value in row if not isinstance(value, str)]
    if odd:
        yield from ((place, "not-text", (value,)) for value in odd)
        return
    kind, *values = [str(value) for value in row] or [""]
    kinds = sorted(key for key in model if key[0] in "pg")
    if kind not in kinds:
        yield place, "unknown-row-type", (kind, ", ".join(kinds))
        return
    fields = [field.strip() for field in model[kind].split(",")]
    if len(values) != len(fields):
        yield place, "wrong-number-of-fields", (len(values), len(fields))
    elif kind == "p":
        yield from ((place, trap, facts) for trap, facts in _rule(dict(zip(fields, values, strict=True)), model))
    if not _comes_back(row):
        yield place, "breaks-in-file", (", ".join(values),)


def _rule(row: Mapping[str, str], model: Mapping[str, str]) -> Iterator[tuple[str, tuple[object, ...]]]:
    eft = row.get("eft", "allow")
    if eft not in ("allow", "deny"):
        yield "unknown-eft", (eft,)
    if eft == "deny" and not EFFECTS.get(model.get("e", ""), True):
        yield "deny-ignored", ()
    if not row.get("priority", "0").isdecimal():
        yield "bad-priority", (row["priority"],)


def _comes_back(row: Sequence[object]) -> bool:
    """Whether pycasbin's file adapter reads what it wrote, and other readers of CSV as well."""
    line = ", ".join(str(value) for value in row)
    return '"' not in line and "\n" not in line and _split(line.strip()) == list(row)


def _split(line: str) -> list[str] | None:
    """A policy line in parts, at the commas outside brackets; None where pycasbin stumbles."""
    depth, start, parts = 0, 0, []
    for mark in _NESTING.finditer(line):
        if mark.group() in "[(":
            depth += 1
        elif mark.group() in "])":
            depth -= 1
        elif depth == 0:
            parts.append(line[start : mark.start()].strip())
            start = mark.end()
        if depth < 0:
            return None
    return [*parts, line[start:].strip()]
