"""Writes the functions that decide a plan: look-ups in tables of rows, and nothing that walks the policy.

Everything here is text made of the matcher's own conditions and of fixed names.  A value of a row is data: it
is a key in a table and never part of the text.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence

from partnerauth.policy.engine.gate import Effect
from partnerauth.policy.engine.index import Store
from partnerauth.policy.engine.matcher import Clause, Key, Plan, Vocabulary, Way

Found = Callable[[str, str, Clause], list[str]]


_FAST: Mapping[Effect, tuple[tuple[str, str], ...]] = {
    Effect.SOME_ALLOW: (("allow", "True"), ("", "False")),
    Effect.NO_DENY: (("deny", "False"), ("", "True")),
    Effect.ALLOW_AND_NO_DENY: (("deny", "False"), ("allow", "True"), ("", "False")),
}
"""What a row of which effect answers, in the order of asking; at last what no row answers."""


def source(plan: Plan, words: Vocabulary, effect: Effect, tables: Mapping[Store, str]) -> str:
    """Return the text of `enforce`, `candidates` and, where the matcher runs as it stands, `matches`.

    `tables` names the table of each store.  The names in capitals are for whoever makes functions of the text.
    """
    parameters = ", ".join(words.request)
    decide = (
        _enforce(plan, words, effect, tables)
        if plan.exact and effect in _FAST
        else [f"    return WALK(({parameters},)).allowed"]
    )
    lines = [
        f"def enforce({parameters}):",
        *_guard(plan, f"ASK({parameters})"),
        "    try:",
        *_indented(decide),
        "    except Exception:",
        "        pass",
        f"    return ASK({parameters})",
        f"def candidates({parameters}):",
        *_guard(plan, "None"),
        *_reached(plan, words),
        "    found = {}",
        *_searched(plan, tables, ("allow", "deny", "other"), _collect),
        "    return found",
    ]
    if plan.native:
        lines += [f"def matches({', '.join((*words.request, *words.policy))}):", f"    return {_text(plan)}"]
    return "\n".join(lines)


def _text(plan: Plan) -> str:
    return ast.unparse(plan.tree)


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _guard(plan: Plan, answer: str) -> list[str]:
    """Strings only, where another class could mean something else to the matcher than to a look-up."""
    odd = " or ".join(f"{name}.__class__ is not STR" for name in plan.strings)
    return [f"    if {odd}:", f"        return {answer}"] if odd else []


def _enforce(plan: Plan, words: Vocabulary, effect: Effect, tables: Mapping[Store, str]) -> list[str]:
    lines = _reached(plan, words)
    if effect is Effect.NO_DENY:
        lines += ["    if not ROWS:", "        return False"]
    for kind, answer in _FAST[effect]:
        if kind:
            lines += _searched(plan, tables, (kind,), _answering(answer, words.policy))
        else:
            lines.append(f"    return {answer}")
    return lines


def _answering(answer: str, policy: Sequence[str]) -> Found:
    def found(table: str, key: str, clause: Clause) -> list[str]:
        if not clause.rest:
            return [f"if {key} in {table}:", f"    return {answer}"]
        return [
            f"rows = {table}.get({key})",
            "if rows is not None:",
            "    for row in rows if rows.__class__ is DICT else (rows,):",
            f"        ({', '.join(policy)},) = row",
            f"        if {_all(clause.rest)}:",
            f"            return {answer}",
        ]

    return found


def _collect(table: str, key: str, _: Clause) -> list[str]:
    return [
        f"rows = {table}.get({key})",
        "if rows is not None:",
        "    found.update(rows if rows.__class__ is DICT else {rows: None})",
    ]


def _all(conditions: Sequence[str]) -> str:
    return " and ".join(f"({condition})" for condition in conditions)


def _roles(plan: Plan) -> list[Key]:
    """Every closure that the plan may need, whether or not rows are there that ask for it.

    A name without a hash raises in pycasbin at the first row; it has to raise here as well.
    """
    found: dict[tuple[str, str | None, str | None], Key] = {}
    for clause in plan.clauses:
        for ways in clause.dimensions:
            for key in (key for way in ways for key in way.keys if key.role is not None):
                found.setdefault((key.name, key.role, key.domain), key)
    return list(found.values())


def _reached(plan: Plan, words: Vocabulary) -> list[str]:
    lines: list[str] = []
    for number, key in enumerate(_roles(plan)):
        name = f"({key.name}, {key.domain})" if words.roles[key.role or ""] else key.name
        unknown = f"REACH_{key.role}(k{number}) if k{number} in OUT_{key.role} else ({key.name},)"
        lines.append(f"    k{number} = {name}")
        lines.append(f"    e{number} = CLOSURES_{key.role}.get(k{number}) or ({unknown})")
    return lines


def _searched(plan: Plan, tables: Mapping[Store, str], effects: Sequence[str], found: Found) -> Iterator[str]:
    """The look-ups of every table with rows of these effects, clause by clause."""
    reached = {(key.name, key.role, key.domain): f"e{number}" for number, key in enumerate(_roles(plan))}
    for number, clause in enumerate(plan.clauses):
        stores = [store for store in tables if store.clause == number and store.effect in effects]
        if not stores:
            continue
        indent = "    "
        if clause.before:
            yield f"{indent}if {_all(clause.before)}:"
            indent += "    "
        for store in stores:
            ways = [options[at] for options, at in zip(clause.dimensions, store.shape, strict=True)]
            yield from (indent + line for line in _looked_up(ways, tables[store], clause, reached, found))


def _looked_up(
    ways: Sequence[Way],
    table: str,
    clause: Clause,
    reached: Mapping[tuple[str, str | None, str | None], str],
    found: Found,
) -> Iterator[str]:
    indent = ""
    parts: list[str] = []
    for number, way in enumerate(ways):
        if way.column is None:
            if way.when:
                yield f"{indent}if {_all(way.when)}:"
                indent += "    "
        elif len(way.keys) == 1 and not way.keys[0].when and way.keys[0].role is None:
            parts.append(way.keys[0].name)
        else:
            values = ", ".join(_enumerated(key, reached) for key in way.keys)
            single = len(way.keys) == 1 and not way.keys[0].when
            yield f"{indent}for v{number} in {values[1:] if single else f'({values},)'}:"
            indent += "    "
            parts.append(f"v{number}")
    key = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
    yield from (indent + line for line in found(table, key, clause))


def _enumerated(key: Key, reached: Mapping[tuple[str, str | None, str | None], str]) -> str:
    values = f"({key.name},)" if key.role is None else reached[key.name, key.role, key.domain]
    return f"*({values} if {_all(key.when)} else ())" if key.when else f"*{values}"
