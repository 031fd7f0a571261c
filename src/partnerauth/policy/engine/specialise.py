"""Turns a few rule rows over many facts into straight-line Python, which is also the document to audit.

The rules are rows of `p`: tens, and constant.  The facts are links of `g`: millions, and kept elsewhere.  Each
rule row becomes one `if` with the row's fields worked in, so that a decision reads no row at all, only facts.
"""

from __future__ import annotations

import ast
import operator
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import NoReturn, Protocol, cast, runtime_checkable

from partnerauth.policy.engine import gate
from partnerauth.policy.engine.gate import Definition, Effect, Model
from partnerauth.policy.engine.matcher import shown
from partnerauth.policy.engine.whitelist import functions

_COMPARED: Mapping[type[ast.cmpop], Callable[[str, str], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_OPPOSITE: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


class Facts(Protocol):
    """The links of one role definition."""

    def holds(self, *link: str) -> bool:
        """Whether a link is there: (subject, fact), or (subject, fact, domain)."""


@runtime_checkable
class FactSets(Facts, Protocol):
    """Facts by who has them: each question is a look-up in a dictionary, then one in a set."""

    @property
    def sets(self) -> Mapping[str | tuple[str, str], Collection[str]]:
        """Subject, or (subject, domain), to its facts: one live object, changed in place."""


@runtime_checkable
class FactLinks(Facts, Protocol):
    """Facts one by one: each question is a look-up in a set."""

    @property
    def links(self) -> Collection[tuple[str, ...]]:
        """All links, as `holds` is asked for them: one live object, changed in place."""


@dataclass(frozen=True, slots=True)
class Specialised:
    """The functions made of a model and its rule rows; they only read, from as many threads as you like."""

    decide: Callable[..., bool]
    """Answers a request, given as the request definition has it, in strings."""
    explain: Callable[..., tuple[bool, str | None]]
    """The same answer, with the first field of the row that decided; None where no row did."""
    listing: str
    """`decide` as Python to read: one commented `if` a row, in the order in which rows are asked."""


@dataclass(frozen=True, slots=True)
class _Rule:
    label: str
    allows: bool
    test: ast.expr


def specialise(model: Model, rule_rows: Iterable[Sequence[str]], facts: Mapping[str, Facts]) -> Specialised:
    """Return what a model decides under these rows, over facts that may change.

    The first field of a row is its label.  Without a row nothing is allowed.

    Raises:
        ValueError: a matcher with more than comparisons, `+` and role questions in it; a row with the wrong
            fields or effect; a role definition without facts.
    """
    definition = gate.definition(model)
    tree = gate.matcher_tree(definition.matcher)
    if tree is None:
        message = "eval() in the matcher: each row would bring code of its own"
        raise ValueError(message)
    if set(facts) != set(definition.roles):
        message = f"facts are given for {sorted(facts)}, the model defines {sorted(definition.roles)}"
        raise ValueError(message)
    _Grammar(definition).condition(tree)
    rows = [_checked(definition, tuple(row)) for row in rule_rows]
    names = _arguments(definition)
    fold = _Fold(definition, names, facts)
    rules = [
        _Rule(row[0], _allows(definition, row), fold.condition(tree, dict(zip(definition.policy, row, strict=True))))
        for row in _ordered(definition, rows)
    ]
    otherwise = bool(rows) and definition.effect is Effect.NO_DENY
    return _made(list(names.values()), rules, fold.environment, otherwise=otherwise)


def _checked(definition: Definition, row: tuple[str, ...]) -> tuple[str, ...]:
    fields = dict(zip(definition.policy, row, strict=False))
    if len(row) != len(definition.policy) or not all(isinstance(value, str) for value in row):
        message = f"takes {len(definition.policy)} texts"
    elif fields.get("p_eft", "allow") not in ("allow", "deny"):
        message = f"the effect {fields['p_eft']!r} is neither allow nor deny"
    elif fields.get("p_eft") == "deny" and definition.effect is Effect.SOME_ALLOW:
        message = "the model's effect does not look at deny rows"
    elif not fields.get("p_priority", "0").isdecimal():
        message = f"the priority {fields['p_priority']!r} is no whole number"
    else:
        return row
    message = f"p, {', '.join(map(str, row))}: {message}"
    raise ValueError(message)


def _allows(definition: Definition, row: Sequence[str]) -> bool:
    return "p_eft" not in definition.policy or row[definition.policy.index("p_eft")] == "allow"


def _ordered(definition: Definition, rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The rows in the order in which they decide: what denies first, unless their priority says otherwise."""
    if definition.effect is None:
        message = "the effect sorts rows by the depth of their subjects, and rules have none"
        raise ValueError(message)
    if definition.effect is not Effect.PRIORITY:
        counts = [row for row in rows if definition.effect is not Effect.NO_DENY or not _allows(definition, row)]
        return sorted(counts, key=lambda row: _allows(definition, row))
    if "p_priority" in definition.policy:
        at = definition.policy.index("p_priority")
        return sorted(rows, key=lambda row: int(row[at]))
    return list(rows)


def _arguments(definition: Definition) -> dict[str, str]:
    """Request field to argument: `r_sub` to `sub`, where that is free to be one."""
    taken = {role.upper() for role in definition.roles} | {"NONE"}
    short = {field: field.removeprefix("r_") for field in definition.request}
    return {field: field if iskeyword(name) or name in taken else name for field, name in short.items()}


class _Grammar:
    """What a matcher may hold, so that no text of a row and no class of a value can change what it means."""

    def __init__(self, definition: Definition) -> None:
        self._names = {*definition.request, *definition.policy}
        self._roles = definition.roles

    def condition(self, node: ast.expr) -> None:
        if isinstance(node, ast.BoolOp):
            for value in node.values:
                self.condition(value)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.condition(node.operand)
        elif isinstance(node, ast.Compare):
            self._comparison(node)
        elif isinstance(node, ast.Call):
            self._call(node)
        elif not (isinstance(node, ast.Constant) and isinstance(node.value, bool)):
            self._refuse(node)

    def _comparison(self, node: ast.Compare) -> None:
        right = node.comparators[0]
        if len(node.ops) > 1:
            self._refuse(node)
        if type(node.ops[0]) in _COMPARED:
            values = [right]
        elif isinstance(node.ops[0], ast.In | ast.NotIn) and isinstance(right, ast.Tuple | ast.List):
            values = right.elts
        else:
            self._refuse(node)
        for value in (node.left, *values):
            self._text(value)

    def _call(self, node: ast.Call) -> None:
        fields = self._roles.get(ast.unparse(node.func))
        if fields != len(node.args) or node.keywords:
            self._refuse(node)
        for value in node.args:
            self._text(value)

    def _text(self, node: ast.expr) -> None:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            self._text(node.left)
            self._text(node.right)
        elif isinstance(node, ast.Name):
            if node.id not in self._names:
                self._refuse(node)
        elif not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            self._refuse(node)

    def _refuse(self, node: ast.expr) -> NoReturn:
        message = f"{shown(node)}: a matcher of rules compares, joins and asks for roles, in texts"
        raise ValueError(message)


class _Fold:
    """Works a row's fields into the matcher, and puts look-ups in the place of role questions."""

    def __init__(self, definition: Definition, names: Mapping[str, str], facts: Mapping[str, Facts]) -> None:
        self._names = names
        self._facts = facts
        self.environment: dict[str, object] = {"NONE": frozenset()}
        for role in definition.roles:
            held = facts[role]
            self.environment[role.upper()] = (
                held.sets if isinstance(held, FactSets) else held.links if isinstance(held, FactLinks) else held.holds
            )

    def condition(self, node: ast.expr, row: Mapping[str, str]) -> ast.expr:
        if isinstance(node, ast.BoolOp):
            return _joined(node.op, [self.condition(value, row) for value in node.values])
        if isinstance(node, ast.UnaryOp):
            return _opposite(self.condition(node.operand, row))
        if isinstance(node, ast.Compare):
            return self._comparison(node, row)
        if isinstance(node, ast.Call):
            return self._lookup(ast.unparse(node.func), [self._text(value, row) for value in node.args])
        return node

    def _comparison(self, node: ast.Compare, row: Mapping[str, str]) -> ast.expr:
        left, right = self._text(node.left, row), node.comparators[0]
        if isinstance(right, ast.Tuple | ast.List):
            equal = [_compared(left, ast.Eq(), self._text(value, row)) for value in right.elts]
            listed = _joined(ast.Or(), equal) if equal else ast.Constant(value=False)
            return listed if isinstance(node.ops[0], ast.In) else _opposite(listed)
        return _compared(left, node.ops[0], self._text(right, row))

    def _text(self, node: ast.expr, row: Mapping[str, str]) -> ast.expr:
        if isinstance(node, ast.BinOp):
            left, right = self._text(node.left, row), self._text(node.right, row)
            if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
                return ast.Constant(value=cast("str", left.value) + cast("str", right.value))
            return ast.BinOp(left, ast.Add(), right)
        if isinstance(node, ast.Name):
            return ast.Constant(value=row[node.id]) if node.id in row else _name(self._names[node.id])
        return node

    def _lookup(self, role: str, values: list[ast.expr]) -> ast.expr:
        table = _name(role.upper())
        if isinstance(self._facts[role], FactSets):
            subject, fact, *domain = values
            key = ast.Tuple([subject, *domain], ast.Load()) if domain else subject
            found = ast.Call(ast.Attribute(table, "get", ast.Load()), [key, _name("NONE")], [])
            return ast.Compare(fact, [ast.In()], [found])
        if isinstance(self._facts[role], FactLinks):
            return ast.Compare(ast.Tuple(values, ast.Load()), [ast.In()], [table])
        return ast.Call(table, values, [])


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _joined(how: ast.boolop, parts: list[ast.expr]) -> ast.expr:
    """Conditions joined by and/or, without those that are settled."""
    settles = isinstance(how, ast.Or)
    left = [part for part in parts if not (isinstance(part, ast.Constant) and part.value is not settles)]
    if any(isinstance(part, ast.Constant) for part in left):
        return ast.Constant(value=settles)
    if not left:
        return ast.Constant(value=not settles)
    return left[0] if len(left) == 1 else ast.BoolOp(how, left)


def _opposite(part: ast.expr) -> ast.expr:
    if isinstance(part, ast.Constant):
        return ast.Constant(value=not part.value)
    if isinstance(part, ast.UnaryOp):
        return part.operand
    if isinstance(part, ast.Compare) and type(part.ops[0]) in _OPPOSITE:
        return ast.Compare(part.left, [_OPPOSITE[type(part.ops[0])]()], part.comparators)
    return ast.UnaryOp(ast.Not(), part)


def _compared(left: ast.expr, how: ast.cmpop, right: ast.expr) -> ast.expr:
    if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
        return ast.Constant(value=_COMPARED[type(how)](cast("str", left.value), cast("str", right.value)))
    return ast.Compare(left, [how], [right])


# The functions.


def _made(
    arguments: Sequence[str], rules: Sequence[_Rule], environment: dict[str, object], *, otherwise: bool
) -> Specialised:
    shared, tests = _shared(arguments, [rule.test for rule in rules])
    decide: list[ast.stmt] = [*shared]
    explain: list[ast.stmt] = [*shared]
    listing = [f"def decide({', '.join(arguments)}):", *(ast.unparse(_fixed(line)) for line in shared)]
    for rule, test in zip(rules, tests, strict=True):
        comment = f"# {'allow' if rule.allows else 'deny'}: {_printable(rule.label)}"
        if isinstance(test, ast.Constant) and not test.value:
            listing.append(f"{comment} (never)")
            continue
        answer = ast.Constant(value=rule.allows)
        decide.append(ast.If(test, [ast.Return(answer)], []))
        explain.append(ast.If(test, [ast.Return(_pair(answer, rule.label))], []))
        listing += [comment, *ast.unparse(_fixed(decide[-1])).split("\n")]
    last = ast.Constant(value=otherwise)
    decide.append(ast.Return(last))
    explain.append(ast.Return(_pair(last, None)))
    listing += [f"# no row {'denies' if otherwise else 'allows'}", f"return {otherwise}"]
    parameters = ", ".join(arguments)
    module = ast.parse(f"def decide({parameters}): pass\ndef explain({parameters}): pass")
    for definition, body in zip(module.body, (decide, explain), strict=True):
        cast("ast.FunctionDef", definition).body = body
    made = functions(module, environment)
    return Specialised(made["decide"], made["explain"], "\n    ".join(listing) + "\n")


def _fixed(node: ast.stmt) -> ast.stmt:
    return ast.fix_missing_locations(node)


def _pair(answer: ast.Constant, label: str | None) -> ast.Tuple:
    return ast.Tuple([answer, ast.Constant(value=label)], ast.Load())


def _printable(label: str) -> str:
    """A label that stays in its comment, whatever it holds."""
    return label if label.isprintable() else ascii(label)


def _shared(arguments: Collection[str], tests: list[ast.expr]) -> tuple[list[ast.stmt], list[ast.expr]]:
    """Work out once, and first, what more than one row asks: joined texts, then the facts of a subject."""
    lines: list[ast.stmt] = []
    for prefix, kind in (("joined", ast.BinOp), ("facts", ast.Call)):
        asked = Counter(text for test in tests for text in {ast.unparse(node) for node in _outermost(test, kind)})
        named: dict[str, str] = {}
        for text, rows in asked.items():
            if rows > 1:
                name = f"{prefix}_{len(named) + 1}"
                named[text] = name if name not in arguments else f"{name}_"
                lines.append(ast.parse(f"{named[text]} = {text}").body[0])
        tests = [cast("ast.expr", _Named(kind, named).visit(test)) for test in tests]
    return lines, tests


def _outermost(node: ast.AST, kind: type[ast.expr]) -> Iterator[ast.expr]:
    """The largest parts of a test that are of a kind; of the calls only look-ups, as others may cost anything."""
    if isinstance(node, kind) and not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        yield node
        return
    for part in ast.iter_child_nodes(node):
        yield from _outermost(part, kind)


class _Named(ast.NodeTransformer):
    """Puts the name of what was worked out in its place."""

    def __init__(self, kind: type[ast.expr], named: Mapping[str, str]) -> None:
        self._kind = kind
        self._named = named

    def visit(self, node: ast.AST) -> ast.AST:
        name = self._named.get(ast.unparse(node)) if isinstance(node, self._kind) else None
        return _name(name) if name is not None else self.generic_visit(node)
