"""Takes every check out of the library, one after the other, and shows which test of its rules then fails.

A check is a place that says `RULE.broken(...)`, or a row of the decision model that denies.  A rule is tested when
taking one of its checks out fails a test that bears an id of the rulebook that asks for the rule (`Rule.sources`):

    python tests/contract/check_removal.py [--rule BP-04] [--one-of-each] [--jobs 2]

Tests are collected once.  Each removal happens in a forked process: the function that holds the check gets new
code, in which the check never fires.  Prints a line for each check; exit status 1 where one was not missed.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from inspect import getsource
from pathlib import Path
from time import perf_counter
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.forked import NOBODY, Forks, Trial

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "src" / "partnerauth"

TESTS = ("tests/flows", "tests/policy", "tests/scenarios")
"""Where the tests are that show rules."""

ROWS = SOURCE / "policy" / "engine" / "rows.py"


@dataclass(frozen=True, slots=True)
class Check:
    """A place where a rule is said to be broken; `what` names the rule, or the row that denies."""

    file: Path
    function: str
    line: int
    column: int
    what: str
    ids: frozenset[str]

    def mentioned_in(self, text: str) -> int:
        """Return how much a test says about the code and the command: such tests are asked first."""
        command = self.file.stem.replace("_", "-")
        return (self.what.removeprefix("row ") in text) + (command in text or command.title().replace("-", "") in text)

    def __str__(self) -> str:
        return f"{self.file.relative_to(SOURCE).as_posix()}:{self.line} {self.function}"


class Removal(ast.NodeTransformer):
    """Takes one check out of a module: it finds nothing broken, and what only told of it does not happen."""

    def __init__(self, check: Check) -> None:
        self.place = (check.line, check.column)

    def visit_Return(self, node: ast.Return) -> ast.AST:
        """`return Refused((RULE.broken(),))` refuses nothing any more."""
        call = node.value
        refuses = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Refused"
        if refuses and any(self.is_here(each) for each in ast.walk(node)):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`RULE.broken(...)` is None."""
        return ast.copy_location(ast.Constant(None), node) if self.is_here(node) else self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        """A row that denied matches no question any more."""
        if _is_deny(node) and self.is_here(node):
            node.elts[1] = ast.copy_location(ast.Constant("never"), node.elts[1])
        return self.generic_visit(node)

    def is_here(self, node: ast.AST) -> bool:
        """Whether this is the check."""
        is_check = _is_broken(node) or _is_deny(node)
        return is_check and (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)) == self.place


def _is_broken(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "broken"


def files() -> Iterator[Path]:
    """Yield the modules that hold checks: the topics of the policy, the flows, and what flows share."""
    for folder in (SOURCE / "policy", SOURCE / "flows", SOURCE / "steps", SOURCE):
        yield from sorted(each for each in folder.glob("*.py") if each.name not in {"view.py", "decision.py"})
    yield ROWS


def checks() -> Iterator[Check]:
    """Yield every check, each with the ids of the rules that it may say to be broken."""
    rules = _rules()
    sources = {rule.code: frozenset(rule.sources) for rule in rules.values()}
    for file in files():
        for function, node in _functions(ast.parse(file.read_text("utf-8"))):
            for each in ast.walk(node):
                if file == ROWS and isinstance(each, ast.Tuple) and _is_deny(each):
                    code = _first_word(each.elts[0])
                    yield Check(file, function, each.lineno, each.col_offset, f"row {code}", sources[code])
                elif _is_broken(each) and isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
                    named = each.func.value
                    name = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
                    # A name that is no rule stands for one of the module's own rules: `unknown`, `used`, `expired`.
                    found = [rules[name]] if name in rules else list(_rules_of(file).values())
                    ids = frozenset(source for rule in found for source in rule.sources)
                    what = found[0].code if name in rules else name
                    yield Check(file, function, each.lineno, each.col_offset, what, ids)


def _is_deny(row: ast.AST) -> bool:
    last = row.elts[-1] if isinstance(row, ast.Tuple) and row.elts else None
    return isinstance(last, ast.Constant) and last.value == "deny"


def _first_word(node: ast.expr) -> str:
    first = node.values[0] if isinstance(node, ast.JoinedStr) else node
    return str(first.value).partition(":")[0] if isinstance(first, ast.Constant) else ""


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{each.name}", each) for each in node.body if isinstance(each, ast.FunctionDef))


def _module(file: Path) -> ModuleType:
    dotted = ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts)
    return import_module(dotted)


def _rules_of(file: Path) -> dict[str, Any]:
    return {name: value for name, value in vars(_module(file)).items() if type(value).__name__ == "Rule"}


def _rules() -> dict[str, Any]:
    return {name: rule for file in sorted((SOURCE / "policy").glob("*.py")) for name, rule in _rules_of(file).items()}


def remove(check: Check) -> None:
    """Give the function that holds a check new code, without it.  Whoever imported the function has it too."""
    tree = ast.fix_missing_locations(Removal(check).visit(ast.parse(check.file.read_text("utf-8"))))
    code = _code(compile(tree, str(check.file), "exec"), check.function)
    function: Any = _module(check.file)
    for part in check.function.split("."):
        function = vars(function)[part]
    function = getattr(function, "fget", None) or getattr(function, "func", None) or function
    if not isinstance(function, FunctionType) or code is None:
        message = f"{check}: is no plain function"
        raise TypeError(message)
    function.__code__ = code


def _code(code: CodeType, name: str) -> CodeType | None:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            if each.co_qualname == name:
                return each
            if (found := _code(each, name)) is not None:
                return found
    return None


class Experiment(Forks):
    """A pytest plugin: instead of running the tests it takes the checks out, and asks for each who misses it."""

    def __init__(self, wanted: Sequence[Check], jobs: int) -> None:
        super().__init__(jobs)
        self.wanted = wanted
        self.killers: dict[Check, str] = {}
        self.failing_anyway = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take each check out in a process of its own."""
        tests = [(item, _ids(item), _text(item)) for item in session.items]
        self.killers |= self.first_failures(
            Trial(check, partial(remove, check), _those_asked(check, tests)) for check in self.wanted
        )
        missing = set(self.killers.values())
        whole = Trial("", lambda: None, [item for item in session.items if item.nodeid in missing])
        ((_, self.failing_anyway),) = self.first_failures([whole])
        return True


def _those_asked(check: Check, tests: Sequence[tuple[pytest.Item, frozenset[str], str]]) -> list[pytest.Item]:
    """Return the tests that bear an id of the check's rules, those first that mention it."""
    by_mention = sorted(tests, key=lambda test: check.mentioned_in(test[2]), reverse=True)
    return [item for item, ids, _ in by_mention if ids & check.ids]


def _ids(item: pytest.Item) -> frozenset[str]:
    return frozenset(str(each) for mark in item.iter_markers("rule") for each in mark.args)


def _text(item: pytest.Item) -> str:
    """Return what a test says, a scenario's file included."""
    function = getattr(item, "function", None)
    scenario = getattr(item, "callspec", None) and item.callspec.params.get("scenario", "")  # type: ignore[attr-defined]
    return f"{getsource(function) if function else ''} {scenario!r}"


def experiment(wanted: Sequence[Check], jobs: int, tests: Iterable[str] = TESTS) -> dict[Check, str]:
    """Return for each check the first test that misses it, or `NOBODY`.

    Raises RuntimeError where no process can be forked, the tests cannot be collected, a check cannot be taken out, or
    a test fails anyway.
    """
    plugin = Experiment(wanted, jobs)
    options = ["-o", "addopts=--import-mode=importlib", "-p", "no:terminal", "-p", "no:cacheprovider"]
    options += ["--rootdir", str(PROJECT), "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    status = pytest.main([*options, *(str(PROJECT / each) for each in tests)], plugins=[plugin])
    if len(plugin.killers) != len(wanted):
        message = f"the tests could not be collected: pytest, which says why, ended with {status}"
        raise RuntimeError(message)
    if plugin.failing_anyway != NOBODY:
        message = f"fails although nothing was taken out: {plugin.failing_anyway}"
        raise RuntimeError(message)
    if stuck := [str(check) for check, killer in plugin.killers.items() if not killer]:
        message = f"could not be taken out: {', '.join(stuck)}"
        raise RuntimeError(message)
    return plugin.killers


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rule", action="append", default=[], help="only checks of this id of the rulebook")
    parser.add_argument("--one-of-each", action="store_true", help="only the first check of each code")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args(arguments)
    os.chdir(PROJECT)
    sys.path.insert(0, str(SOURCE.parent))
    wanted = [check for check in checks() if not chosen.rule or check.ids & set(chosen.rule)]
    if chosen.one_of_each:
        wanted = [*{check.what: check for check in reversed(wanted)}.values()]
    start = perf_counter()
    killers = experiment(wanted, chosen.jobs)
    missed = [check for check in wanted if killers[check] == NOBODY]
    if chosen.json:
        sys.stdout.write(json.dumps({str(check): killers[check] for check in wanted}, indent=1) + "\n")
    else:
        for check in wanted:
            ids = " ".join(sorted(check.ids))
            sys.stdout.write(f"{ids:<40} {check.what:<28} {check!s:<55} {killers[check]}\n")
        sys.stdout.write(f"{len(wanted)} checks, {len(missed)} not missed, {perf_counter() - start:.0f} s\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
