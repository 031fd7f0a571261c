"""Reads a Casbin matcher: which conditions can be looked up, which are tested row by row, and why.

pycasbin evaluates the matcher from left to right for every row.  A condition becomes an index dimension only
where "the condition holds" and "the row is found under this key" are the same, and where pycasbin can not
have raised an error before it comes to that condition.  So every row that the index leaves out is a row for
which pycasbin answers false, and says so in silence.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass

LONGEST_LITERAL = 100_000
"""Characters: a longer literal is refused by pycasbin's evaluator, at every request."""

_WIDEST = 16
"""Alternatives in one condition: beyond that it is tested row by row."""

_EQUALITY = (ast.Eq, ast.NotEq)
_MEMBERSHIP = (ast.In, ast.NotIn)
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_NATIVE = (
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.Compare,
    *_EQUALITY,
    *_MEMBERSHIP,
    *_ORDER,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.Tuple,
    ast.List,
    ast.Call,
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the names in a matcher mean."""

    request: tuple[str, ...]
    """The request's fields, as the matcher names them: `r_sub`."""
    policy: tuple[str, ...]
    """A row's fields: `p_sub`."""
    roles: Mapping[str, bool]
    """Role definitions whose links are known, and whether they have domains."""
    total: frozenset[str]
    """Functions of two strings that answer true or false and raise nothing."""
    callables: frozenset[str]
    """Every function that can be called as it stands, the above and the roles among them."""


@dataclass(frozen=True, slots=True)
class Key:
    """What to look up: a request's value, or all that a name reaches (`role` is then the role definition)."""

    name: str
    role: str | None = None
    domain: str | None = None
    when: tuple[str, ...] = ()
    """Conditions on the request alone, without which this key does not count."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a row can satisfy an indexed condition."""

    column: int | None
    """The column to find the row under; None where every row that fits `static` satisfies the condition."""
    static: tuple[str, ...]
    """Conditions on the row alone, settled when the row is added."""
    keys: tuple[Key, ...] = ()
    when: tuple[str, ...] = ()
    """Conditions on the request alone, for a way without a column."""

    @property
    def always(self) -> bool:
        """Whether nothing of the request is asked: the row then needs no other way."""
        return self.column is None and not self.when


@dataclass(frozen=True, slots=True)
class Condition:
    """One conjunct of the matcher, for explanations: its text and tree, and whether it runs as it stands."""

    text: str
    tree: ast.expr
    native: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """One alternative of the matcher: conjuncts, sorted by what they cost."""

    conditions: tuple[Condition, ...]
    before: tuple[str, ...]
    """On the request alone: tested once."""
    static: tuple[str, ...]
    """On the row alone: tested when the row is added."""
    dimensions: tuple[tuple[Way, ...], ...]
    """Looked up."""
    rest: tuple[str, ...]
    """Tested for the rows that the look-ups find."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a matcher is decided."""

    tree: ast.expr
    clauses: tuple[Clause, ...]
    exact: bool
    """Whether the clauses say it all; else the whole matcher is tested for each candidate, in row order."""
    native: bool
    """Whether the matcher runs as it stands; else pycasbin evaluates it for each candidate."""
    strings: tuple[str, ...]
    """Request fields that must be plain strings for the plan to mean what pycasbin means."""
    notes: tuple[str, ...]


def plan(tree: ast.expr, words: Vocabulary) -> Plan:
    """Return how a matcher, as pycasbin parsed it, is decided."""
    strings: set[str] = set()
    notes: list[str] = []
    single = _ways(tree, words) if _total(tree, words) else None
    parts = [tree] if single is not None else _flat(tree, ast.Or)
    clauses = tuple(_clause(part, words, strings, notes) for part in parts)
    return Plan(
        tree=tree,
        clauses=clauses,
        exact=_total(tree, words),
        native=_native(tree, words),
        strings=tuple(name for name in words.request if name in strings),
        notes=tuple(notes),
    )


def shown(tree: ast.expr) -> str:
    """The text of a condition as the model file has it: `r.sub == p.sub`."""
    return ast.unparse(_AsInTheFile().visit(deepcopy(tree)))


class _AsInTheFile(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.Name:
        dotted = node.id[:2] in ("r_", "p_")
        return ast.Name(f"{node.id[0]}.{node.id[2:]}" if dotted else node.id, node.ctx)


def _clause(tree: ast.expr, words: Vocabulary, strings: set[str], notes: list[str]) -> Clause:
    conjuncts = _flat(tree, ast.And)
    before: list[str] = []
    static: list[str] = []
    dimensions: list[tuple[Way, ...]] = []
    rest: list[str] = []
    barrier: ast.expr | None = None
    for conjunct in conjuncts:
        text = ast.unparse(conjunct)
        if not _total(conjunct, words):
            notes.append(_note(conjunct, words))
            barrier = barrier or conjunct
            continue
        ways = _ways(conjunct, words)
        if barrier is not None:
            if ways is not None:
                notes.append(f"{shown(conjunct)}: not looked up, it stands after {shown(barrier)}")
        elif not _uses(conjunct, words.policy):
            before.append(text)
            strings |= _uses(conjunct, words.request)
        elif _settled(conjunct, words):
            static.append(text)
        elif ways is not None:
            dimensions.append(ways)
            strings |= _not_hashed(conjunct, words)
        else:
            rest.append(text)
            strings |= _uses(conjunct, words.request)
    conditions = tuple(Condition(shown(part), part, _native(part, words)) for part in conjuncts)
    return Clause(conditions, tuple(before), tuple(static), tuple(dimensions), tuple(rest))


def _note(conjunct: ast.expr, words: Vocabulary) -> str:
    if _native(conjunct, words):
        return f"{shown(conjunct)}: may raise, so it is tested row by row, in Casbin's order"
    return f"{shown(conjunct)}: left to pycasbin's evaluator, row by row"


# What kind of condition it is.


def _total(tree: ast.expr, words: Vocabulary) -> bool:
    """Whether a condition answers true or false for any strings, without ever raising."""
    if isinstance(tree, ast.BoolOp):
        return all(_total(value, words) for value in tree.values)
    if isinstance(tree, ast.UnaryOp):
        return isinstance(tree.op, ast.Not) and _total(tree.operand, words)
    if isinstance(tree, ast.Compare):
        return len(tree.ops) == 1 and _total_comparison(tree, words)
    if isinstance(tree, ast.Call):
        return _total_call(tree, words) and all(_scalar(value, words) for value in tree.args)
    return isinstance(tree, ast.Constant) and isinstance(tree.value, bool)


def _total_comparison(tree: ast.Compare, words: Vocabulary) -> bool:
    operator, right = tree.ops[0], tree.comparators[0]
    listed = isinstance(operator, _MEMBERSHIP) and isinstance(right, ast.Tuple | ast.List)
    values = right.elts if listed and isinstance(right, ast.Tuple | ast.List) else [right]
    known = isinstance(operator, (*_EQUALITY, *_ORDER, *_MEMBERSHIP))
    return known and all(_scalar(value, words) for value in (tree.left, *values))


def _total_call(tree: ast.Call, words: Vocabulary) -> bool:
    if not isinstance(tree.func, ast.Name) or tree.keywords:
        return False
    arity = dict.fromkeys(words.roles, (2, 3)) | dict.fromkeys(words.total, (2,))
    return len(tree.args) in arity.get(tree.func.id, ())


def _scalar(tree: ast.expr, words: Vocabulary) -> bool:
    if isinstance(tree, ast.Name):
        return tree.id in words.request or tree.id in words.policy
    return isinstance(tree, ast.Constant) and isinstance(tree.value, str) and _short(tree)


def _short(constant: ast.Constant) -> bool:
    return not isinstance(constant.value, str) or len(constant.value) <= LONGEST_LITERAL


def _native(tree: ast.expr, words: Vocabulary) -> bool:
    """Whether Python itself evaluates a condition exactly as pycasbin's evaluator does, errors included."""
    nodes = list(ast.walk(tree))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return all(isinstance(node, _NATIVE) and _plain(node, words, called) for node in nodes)


def _plain(node: ast.AST, words: Vocabulary, called: set[int]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in (words.callables if id(node) in called else (*words.request, *words.policy))
    if isinstance(node, ast.Call):
        plain = isinstance(node.func, ast.Name) and not node.keywords
        # A role question with more than three arguments ignores the rest; pycasbin may say so itself.
        return plain and (node.func.id not in words.roles or len(node.args) in (2, 3))  # type: ignore[attr-defined]
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bool | int | float | None) and _short(node)
    return True


def _uses(tree: ast.expr, names: Iterable[str]) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(names)


def _calls(tree: ast.expr) -> bool:
    return any(isinstance(node, ast.Call) for node in ast.walk(tree))


def _settled(tree: ast.expr, words: Vocabulary) -> bool:
    """Whether the row alone settles a condition: links change later, so no role may be asked."""
    return not _uses(tree, words.request) and not _calls(tree)


# Look-ups.


def _flat(tree: ast.expr, operator: type[ast.boolop]) -> list[ast.expr]:
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, operator):
        return [part for value in tree.values for part in _flat(value, operator)]
    return [tree]


def _branches(tree: ast.expr) -> list[list[ast.expr]]:
    """A condition as alternatives of conjuncts; [] where it is too wide."""
    if not isinstance(tree, ast.BoolOp):
        return [[tree]]
    parts = [_branches(value) for value in tree.values]
    if isinstance(tree.op, ast.Or):
        wide = [branch for part in parts for branch in part]
    else:
        wide = [[]]
        for part in parts:
            wide = [[*left, *right] for left in wide for right in part]
            if len(wide) > _WIDEST:
                return []
    return wide if all(parts) and len(wide) <= _WIDEST else []


def _ways(tree: ast.expr, words: Vocabulary) -> tuple[Way, ...] | None:
    """The ways in which a row satisfies a condition, or None where it can not be looked up."""
    merged: dict[tuple[int | None, tuple[str, ...], tuple[str, ...]], list[Key]] = {}
    branches = _branches(tree)
    for branch in branches:
        found = _way(branch, words)
        if found is None:
            return None
        column, static, when, key = found
        place = (column, static, when if key is None else ())
        merged.setdefault(place, []).extend([] if key is None else [key])
    if not any(column is not None for column, _, _ in merged):
        return None
    return tuple(Way(column, static, tuple(keys), when) for (column, static, when), keys in merged.items())


def _way(
    branch: list[ast.expr], words: Vocabulary
) -> tuple[int | None, tuple[str, ...], tuple[str, ...], Key | None] | None:
    found: tuple[int, Key] | None = None
    static: list[str] = []
    when: list[str] = []
    for atom in branch:
        candidate = _key(atom, words) if found is None else None
        if candidate is not None:
            found = candidate
        elif not _uses(atom, words.policy):
            when.append(ast.unparse(atom))
        elif _settled(atom, words):
            static.append(ast.unparse(atom))
        else:
            return None
    if found is None:
        return None, tuple(static), tuple(when), None
    column, key = found
    return column, tuple(static), (), Key(key.name, key.role, key.domain, tuple(when))


def _key(atom: ast.expr, words: Vocabulary) -> tuple[int, Key] | None:
    if isinstance(atom, ast.Compare) and isinstance(atom.ops[0], ast.Eq):
        for field, name in ((atom.left, atom.comparators[0]), (atom.comparators[0], atom.left)):
            if _is(field, words.policy) and _is(name, words.request):
                return words.policy.index(ast.unparse(field)), Key(ast.unparse(name))
    if isinstance(atom, ast.Call) and isinstance(atom.func, ast.Name) and atom.func.id in words.roles:
        name, field, *domain = atom.args
        fits = _is(field, words.policy) and len(domain) == words.roles[atom.func.id]
        if fits and not any(_uses(part, words.policy) for part in (name, *domain)):
            key = Key(ast.unparse(name), atom.func.id, ast.unparse(domain[0]) if domain else None)
            return words.policy.index(ast.unparse(field)), key
    return None


def _is(tree: ast.expr, names: Iterable[str]) -> bool:
    return isinstance(tree, ast.Name) and tree.id in names


def _not_hashed(tree: ast.expr, words: Vocabulary) -> set[str]:
    """Request fields of a looked-up condition that are not looked up themselves, as those raise without a hash."""
    return {
        name
        for branch in _branches(tree)
        for atom, keyed in _marked(branch, words)
        for name in (_domains(atom, words) if keyed else _uses(atom, words.request))
    }


def _marked(branch: list[ast.expr], words: Vocabulary) -> Iterator[tuple[ast.expr, bool]]:
    found = False
    for atom in branch:
        keyed = not found and _key(atom, words) is not None
        found = found or keyed
        yield atom, keyed


def _domains(atom: ast.expr, words: Vocabulary) -> set[str]:
    parts = atom.args[2:] if isinstance(atom, ast.Call) else []
    return {name for part in parts for name in _uses(part, words.request)}
