"""Where a rule lives: the module that states it, the commands that refuse with it, and the tests that show it."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Final

import partnerauth.policy
from partnerauth.decision import Rule
from partnerauth.flows import FLOWS

INDEX: Final = "policy/data/rule_index.json"
"""The index that docs/generate.py writes: places in the code by rulebook id, and tests with what they show."""

_NEAR: Final = ("policy", "scenarios", "flows", "laws", "engine", "adapters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a rule is stated: file and line, the name of the constant, and the functions that check it."""

    topic: str
    file: str
    line: int
    constant: str
    checks: tuple[str, ...]


@cache
def homes() -> Mapping[str, Home]:
    """Return the home of every rule, by its refusal code: the policy module whose constant it is."""
    found: dict[str, Home] = {}
    for each in iter_modules(partnerauth.policy.__path__):
        if not each.ispkg:
            found |= _stated(each.name)
    return found


def refused_by(code: str) -> tuple[str, ...]:
    """Return the commands whose flow says that it refuses with this code, in the order of a user's life."""
    return tuple(word for word, flow in FLOWS.items() if code in _refuses(sys.modules[flow.command.__module__]))


def code_for(source: str) -> tuple[str, ...]:
    """Return the places in the code that carry a rulebook id, `file: what stands there`, the rules themselves aside."""
    return tuple(place for place in _index()["code"].get(source, ()) if not _is_rule(place))


def shown_by(sources: Iterable[str], *, code: str | None = None, topic: str | None = None) -> tuple[str, ...]:
    """Return the tests that show a rulebook id, as pytest names them; those of the topic's own module first.

    With a refusal code only those that name it, unless none does.
    """
    wanted = set(sources)
    shown: dict[str, list[str]] = {
        f"{file}::{test}": words
        for file, tests in _index()["tests"].items()
        for test, words in tests.items()
        if wanted & set(words)
    }
    naming = [test for test, words in shown.items() if code in words]
    return tuple(sorted(naming or shown, key=lambda test: (f"test_{topic}.py" not in test, _nearness(test), test)))


def _is_rule(place: str) -> bool:
    file, _, name = place.partition(": ")
    return any(home.file == file and home.constant == name for home in homes().values())


def _nearness(test: str) -> int:
    """Return how near a test is to the rule itself: scenarios and rules come first, pages and terminals last."""
    folder = test.partition("/")[2].partition("/")[0]
    return _NEAR.index(folder) if folder in _NEAR else len(_NEAR)


@cache
def _index() -> Mapping[str, Mapping[str, Any]]:
    index: Mapping[str, Mapping[str, Any]] = json.loads(files("partnerauth").joinpath(INDEX).read_text("utf-8"))
    return index


def _stated(topic: str) -> Iterable[tuple[str, Home]]:
    module = import_module(f"partnerauth.policy.{topic}")
    tree = ast.parse(files("partnerauth.policy").joinpath(f"{topic}.py").read_text("utf-8"))
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        stated = getattr(module, target.id, None) if isinstance(target, ast.Name) else None
        if isinstance(target, ast.Name) and isinstance(stated, Rule):
            checks = tuple(_checking(tree, target.id))
            file = f"partnerauth/policy/{topic}.py"
            yield stated.code, Home(topic=topic, file=file, line=node.lineno, constant=target.id, checks=checks)


def _checking(tree: ast.Module, constant: str) -> Iterable[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(part, ast.Name) and part.id == constant for part in ast.walk(node)
        ):
            yield node.name


def _refuses(module: ModuleType) -> frozenset[str]:
    _, _, codes = (module.__doc__ or "").partition("Refuses:")
    return frozenset(word.strip(" .;:\n") for word in codes.replace("\n", " ").replace(";", ",").split(","))
