"""The only door to pycasbin: models come in linted, enforcers come out silent.

Nothing else in the library imports `casbin`.  What pycasbin leaves to convention is made explicit here: which
definitions a model has, which tree its matcher is, which links its role managers hold.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from casbin import Enforcer
from casbin.core_enforcer import CoreEnforcer
from casbin.effect import (
    AllowAndDenyEffector,
    AllowOverrideEffector,
    DenyOverrideEffector,
    PriorityEffector,
    get_effector,
)
from casbin.model import Model
from casbin.rbac import RoleManager
from casbin.rbac.default_role_manager import DomainManager
from casbin.rbac.default_role_manager import RoleManager as PlainRoleManager
from casbin.util import SimpleEval, generate_g_function, util
from casbin.util.builtin_operators import key_match_func

from partnerauth.policy.engine.lint import lint, lint_rows
from partnerauth.policy.engine.traps import Finding

__all__ = [
    "Definition",
    "Effect",
    "Enforcer",
    "Model",
    "ModelRefused",
    "StockRoles",
    "definition",
    "effect",
    "enforcer",
    "evaluator",
    "functions",
    "interpreter",
    "link_changes",
    "load_model",
    "matcher_tree",
    "not_compilable",
    "priority_column",
    "require_plain",
    "role_manager",
    "stock_roles",
    "total_functions",
]


class Effect(Enum):
    """How the effects of the matching rows make one answer: the expressions that pycasbin supports."""

    SOME_ALLOW = "some(where (p.eft == allow))"
    NO_DENY = "!some(where (p.eft == deny))"
    ALLOW_AND_NO_DENY = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"
    PRIORITY = "priority(p.eft) || deny"


_EFFECTORS = {
    AllowOverrideEffector: Effect.SOME_ALLOW,
    DenyOverrideEffector: Effect.NO_DENY,
    AllowAndDenyEffector: Effect.ALLOW_AND_NO_DENY,
    PriorityEffector: Effect.PRIORITY,
}


_HARMLESS_IN_MEMORY = frozenset({"breaks-in-file", "empty-policy"})
"""Traps of rows that are refused only where rows are kept in a file, or where there should be some."""


class ModelRefused(ValueError):  # noqa: N818 - what happened, as everywhere in the library
    """A model file or its rows hold what pycasbin gets wrong; `findings` says what and where."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Take at least one finding."""
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a loaded model defines, with the names that its matcher uses."""

    request: tuple[str, ...]
    """`r_sub`, `r_obj` …"""
    policy: tuple[str, ...]
    """`p_sub`, `p_obj` …"""
    roles: Mapping[str, int]
    """Role definitions and how many values a link of each has: 2, or 3 with a domain."""
    matcher: str
    """As pycasbin evaluates it: `r_sub == p_sub`, comments cut off."""
    effect: Effect | None
    """None where rows are sorted by the depth of their subjects, which takes the rows to say."""


def load_model(conf_text: str, name: str, *, functions: Iterable[str] = ()) -> Model:
    """Return the model of a `.conf` file, after lint.

    `name` is the file's name for messages, `functions` are the matcher functions that will be added.

    Raises:
        ModelRefused: whatever `lint` finds.
    """
    findings = lint(conf_text, name, functions=functions)
    if findings:
        raise ModelRefused(findings)
    model = Model()
    model.load_model_from_text(conf_text)
    _silence_model(model)
    return model


def enforcer(
    conf_text: str,
    rows: Iterable[Sequence[str]],
    *,
    name: str = "model.conf",
    role_managers: Mapping[str, RoleManager] | None = None,
    functions: Mapping[str, Callable[..., object]] | None = None,
) -> Enforcer:
    """Return a silent enforcer over rows in memory, with no adapter.

    A row is what a line of a policy file holds: `("p", "alice", "data1", "read")`, `("g", "alice", "admin")`.
    `role_managers` take the place of pycasbin's own, by role definition.

    Raises:
        ModelRefused: whatever `lint` finds, or `lint_rows` but for what only a file would lose.
    """
    functions = functions or {}
    model = load_model(conf_text, name, functions=functions)
    listed = [list(row) for row in rows]
    findings = lint_rows(conf_text, listed, name)
    grave = [finding for finding in findings if finding.trap not in _HARMLESS_IN_MEMORY]
    if grave:
        raise ModelRefused(grave)
    result = Enforcer(model)
    for role, manager in (role_managers or {}).items():
        result.rm_map[role] = manager
        model["g"][role].rm = manager
    for function, called in functions.items():
        result.add_function(function, called)
    for kind, *values in listed:
        model[kind[0]][kind].policy.append(values)
    model.sort_policies_by_subject_hierarchy()
    model.sort_policies_by_priority()
    _silence(result)
    result.build_role_links()
    return result


def definition(model: Model) -> Definition:
    """Return what a model defines."""
    text = model["e"]["e"].value
    return Definition(
        request=tuple(model["r"]["r"].tokens),
        policy=tuple(model["p"]["p"].tokens),
        roles={key: role.value.count("_") for key, role in (model["g"] or {}).items()},
        matcher=model["m"]["m"].value,
        effect=None if text.startswith("subjectPriority") else effect(get_effector(text)),
    )


def effect(effector: object) -> Effect | None:
    """Return what an effector of pycasbin's own does, or None for one that somebody wrote."""
    return _EFFECTORS.get(type(effector))


def matcher_tree(matcher: str) -> ast.expr | None:
    """Return the very tree that pycasbin evaluates, or None where each row has its own (`eval`)."""
    if util.has_eval(matcher):
        return None
    parsed = CoreEnforcer._get_expression(matcher, {})  # noqa: SLF001 - a parser of ours could read it differently
    tree: ast.expr = parsed.ast_parsed_value
    return tree


def evaluator(tree: ast.expr, functions: Mapping[str, object]) -> Callable[[Mapping[str, object]], object]:
    """Return pycasbin's own evaluation of a tree, given the values of its names.

    It keeps state while it runs: one call at a time.
    """
    expression = SimpleEval("True", dict(functions))
    expression.ast_parsed_value = tree
    evaluate: Callable[[Mapping[str, object]], object] = expression.eval
    return evaluate


def total_functions(functions: Mapping[str, object]) -> frozenset[str]:
    """The functions that answer true or false for any two strings and never raise."""
    return frozenset(name for name, called in functions.items() if called is key_match_func)


@dataclass(frozen=True, slots=True)
class StockRoles:
    """The links in a role manager of pycasbin's own, without patterns."""

    domains: bool
    hops: int
    links: tuple[tuple[str, ...], ...]


def stock_roles(enforcer: Enforcer, role: str, fields: int) -> StockRoles | None:
    """Return what a role definition's manager holds, or None where only the manager itself can say."""
    manager = enforcer.model["g"][role].rm
    kind = type(manager)
    hops = getattr(manager, "max_hierarchy_level", 0) - 1
    if hops < 0 or getattr(manager, "domain_matching_func", None) is not None:
        return None
    if kind is PlainRoleManager and manager.matching_func is None and fields == 2:  # noqa: PLR2004 - name, role
        return StockRoles(domains=False, hops=hops, links=tuple(_plain_links(manager)))
    if kind is DomainManager and _equality(manager) and fields == 3:  # noqa: PLR2004 - name, role, domain
        return StockRoles(domains=True, hops=hops, links=tuple(_domain_links(manager)))
    return None


def _equality(manager: DomainManager) -> bool:
    """Whether names match as pycasbin lets them match by default: when they are equal."""
    return manager.matching_func.__code__ is DomainManager().matching_func.__code__


def _plain_links(manager: PlainRoleManager) -> Iterator[tuple[str, str]]:
    return ((name, linked.name) for name, role in manager.all_roles.items() for linked in role.roles)


def _domain_links(manager: DomainManager) -> Iterator[tuple[str, str, str]]:
    for domain in {**manager.all_links, **manager.rm_map}:
        built = manager.rm_map.get(domain)
        links = manager.all_links[domain] if built is None else _plain_links(built)
        yield from ((name, role, domain) for name, role in links)


def require_plain(enforcer: Enforcer) -> None:
    """Require an enforcer that decides as pycasbin's plain one does.

    Raises:
        TypeError: a class that decides in its own way, as FastEnforcer does.
        ValueError: an enforcer that is switched off and allows everything.
    """
    kind = type(enforcer)
    for method in ("enforce", "enforce_ex"):
        if getattr(kind, method, None) is not getattr(CoreEnforcer, method):
            message = f"{kind.__name__} decides in its own way: compile a plain casbin.Enforcer"
            raise TypeError(message)
    if not enforcer.enabled:
        message = "the enforcer is switched off and allows everything: call enable_enforce(True) first"
        raise ValueError(message)


def not_compilable(enforcer: Enforcer) -> str | None:
    """Return why only pycasbin itself can decide for an enforcer, or None."""
    fields = [*enforcer.model["r"]["r"].tokens, *enforcer.model["p"]["p"].tokens]
    if util.has_eval(enforcer.model["m"]["m"].value):
        return "eval() in the matcher"
    if enforcer.cond_rm_map:
        return "conditional roles"
    if effect(enforcer.eft) is None:
        return "an effect of somebody's own"
    if len(set(fields)) < len(fields) or not all(field.isidentifier() for field in fields):
        return "fields that are no names, or are there twice"
    return None


def functions(enforcer: Enforcer) -> dict[str, Callable[..., object]]:
    """Return the functions that a matcher can call, those of its role definitions included.

    Raises:
        simpleeval.FeatureNotAvailable: one that pycasbin refuses at every request, such as Python's own `eval`.
    """
    roles = {role: generate_g_function(part.rm) for role, part in (enforcer.model["g"] or {}).items()}
    found = {**enforcer.fm.get_functions(), **roles}
    SimpleEval("True", dict(found))
    # Under these names pycasbin's evaluator calls its own, whatever the application added.
    return {name: function for name, function in found.items() if name not in ("list", "tuple", "dict", "set")}


def priority_column(model: Model) -> int | None:
    """Return the column by whose number pycasbin keeps rows sorted, if it does."""
    column: int = model["p"]["p"].priority_index
    return None if column < 0 else column


def link_changes(enforcer: Enforcer, role: str) -> tuple[Callable[..., object], Callable[..., object]]:
    """Return how to add and to remove a link where a role manager of somebody's own keeps them.

    Raises:
        ValueError: a conditional role definition, whose links pycasbin can only load.
    """
    manager = enforcer.rm_map.get(role)
    if manager is None:
        message = f"{role}: pycasbin can only load the links of a conditional role definition"
        raise ValueError(message)
    return manager.add_link, manager.delete_link


def role_manager(has: Callable[..., bool]) -> RoleManager:
    """Return a role manager that asks a membership test: `has(name, role)`, or `has(name, role, domain)`.

    Other than pycasbin's own it is not reflexive unless the test is, and keeps nothing of what it is asked.
    """
    return _Membership(has)


class _Membership(RoleManager):  # type: ignore[misc]
    def __init__(self, has: Callable[..., bool]) -> None:
        self.has_link = has

    def add_link(self, *link: str) -> None:
        message = f"{link!r}: these facts change with their owner, not through pycasbin"
        raise RuntimeError(message)

    delete_link = add_link


def interpreter(original: Enforcer, policy: Iterable[Sequence[str]], managers: Mapping[str, RoleManager]) -> Enforcer:
    """Return a silent enforcer with the model and functions of another, over other rows and role managers.

    `policy` reads like a list and is kept, not copied.  Neither enforcer changes the other; role managers that
    are not replaced are shared.
    """
    twin = copy.copy(original)
    twin.fm = copy.copy(original.fm)
    twin.fm.fm = dict(original.fm.fm)
    twin.model = Model()
    twin.model.model = {
        section: {key: copy.copy(part) for key, part in parts.items()} for section, parts in original.model.items()
    }
    twin.model["p"]["p"].policy = policy
    twin.rm_map = {**original.rm_map, **managers}
    for role, manager in managers.items():
        twin.model["g"][role].rm = manager
        twin.model["g"][role].policy = []
    _silence(twin)
    return twin


class _Silence:
    """Takes the place of pycasbin's loggers: requests and rows name people, and belong in no log."""

    def isEnabledFor(self, _: int) -> bool:  # noqa: N802 - the name that pycasbin calls
        return False

    def info(self, *_: object) -> None:
        """Write nothing."""

    warning = info


def _silence(loud: Enforcer) -> None:
    loud.logger = _Silence()
    _silence_model(loud.model)
    for manager in (*loud.rm_map.values(), *loud.cond_rm_map.values()):
        manager.logger = _Silence()


def _silence_model(model: Model) -> None:
    model.logger = _Silence()
    for parts in model.values():
        for part in parts.values():
            part.logger = _Silence()
