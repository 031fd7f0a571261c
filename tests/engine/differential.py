"""Compares the compiler and the specialiser with pycasbin itself, on random models, rows, requests and changes.

Run it for as long as you like: `python tests/engine/differential.py --decisions 1000000`.  It stops at the first
difference, with the model, the rows and the request that show it, and a seed that brings it back.
"""

from __future__ import annotations

import sys
import warnings
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import Any

import casbin
from casbin.model import Model

from partnerauth.policy.engine.compiled import CompiledEnforcer
from partnerauth.policy.engine.gate import load_model, role_manager
from partnerauth.policy.engine.specialise import specialise

Row = tuple[str, ...]

TOTAL = (
    "r.x == p.x",
    "p.y == r.y",
    "r.z == p.z",
    '(r.x == p.x || p.x == "*")',
    '(p.y == "*" || r.y == p.y)',
    '(r.z == p.z || p.z == "*" || p.z == "")',
    '(r.y == p.y || (p.y == "*" && p.z != "a"))',
    '(r.y == p.y || (p.y == "*" && r.z != "a"))',
    '(r.x == p.x || p.x in ("*", "a"))',
    '(r.x == "root" || r.x == p.x)',
    "(r.x == p.x || r.y == p.y)",
    "(r.x == p.x && r.y == p.y || r.z == p.z)",
    "g(r.x, p.x)",
    '(g(r.x, p.x) || p.x == "*")',
    "(g(r.x, p.x) || r.x == p.y)",
    "g2(r.y, p.y, r.z)",
    "(g2(r.y, p.y, r.z) || r.y == p.y)",
    'g2(r.y, p.y, "a")',
    'g("a", p.x)',
    '(p.x == "*" || (g(r.x, "b") && (g2(r.x, p.x, r.z) || g(r.x, p.x))))',
    "(r.x == p.x || g2(r.y, p.y, r.z))",
    "g(p.x, r.x)",
    "g2(r.x, p.x, p.z)",
    "g2(r.x, p.x)",
    "g(r.x, p.x, r.z)",
    "g(r.x, r.y)",
    'g(r.x, "c")',
    '!g(r.x, "c")',
    "!(r.x == p.y)",
    "r.x != p.z",
    "r.x < p.x",
    "keyMatch(r.x, p.x)",
    'r.x in ("a", "b", "*")',
    'r.x not in ("a", "q\\"t")',
    'p.x in ("a", "*")',
    "r.x in (p.x, p.y)",
    "r.x in p.x",
    'p.z != "c"',
    'r.y == "root"',
    "True",
)
"""Conditions that answer true or false for any strings."""

PARTIAL = (
    "keyMatch2(r.x, p.x)",
    "regexMatch(r.y, p.y)",
    "ipMatch(r.x, p.x)",
    "same(r.x, p.x)",
    "picky(r.x, p.x)",
    "picky(r.y, r.z)",
    "number(r.x, p.x)",
    "r.z.lower() == p.z",
    "r.x + r.y == p.z",
    "r.x == p.x == p.y",
    'g(r.x, p.x, r.y, "more")',
    "keyMatch(r.x, p.x, p.y)",
    "(keyMatch2(r.x, p.x) || r.y == p.y)",
    "r.nothing == p.x",
)
"""Conditions that may raise, answer with a number, or are pycasbin's own to evaluate."""

EFFECTS = (
    "some(where (p.eft == allow))",
    "!some(where (p.eft == deny))",
    "some(where (p.eft == allow)) && !some(where (p.eft == deny))",
    "priority(p.eft) || deny",
)
STRANGE = ("1", 'q"t', "c,m", "n\nl", "ü", "'", "/a/b", "/a/*", "10.0.0.1", "10.0.0.0/8", "(", "r_x", "root")


class Name(str):
    """A string of somebody's own class."""

    __slots__ = ()


ODD: tuple[object, ...] = (1, None, ("a",), ["a"], 1.5, True, float("nan"), Name("a"), b"a")
"""Request values that are not plain strings."""


def picky(one: str, other: str) -> bool:
    """Raise for some values, as functions of applications do."""
    if one == "b":
        message = "picky"
        raise LookupError(message)
    return one == other


FUNCTIONS: dict[str, Callable[..., object]] = {
    "same": lambda one, other: one == other,
    "picky": picky,
    "number": lambda one, other: {"a": 1.5, "b": 1}.get(one, 0.0) if one == other else 0.0,
}


class Difference(AssertionError):  # noqa: N818 - it is one
    """The two do not agree."""

    def __init__(self, *evidence: object) -> None:
        super().__init__("\n".join(map(str, evidence)))


def outcome(decide: Callable[..., Any], request: Sequence[object]) -> object:
    """What a request is answered, or the class of what it raises."""
    try:
        return decide(*request)
    except Exception as error:  # noqa: BLE001 - whatever one raises, the other has to raise
        return type(error)


def matcher(random: Random) -> str:
    """Draw a matcher: clauses of conditions, in one model of four some that may raise."""
    pool = TOTAL + PARTIAL * 2 if random.random() < 0.25 else TOTAL

    def clause() -> str:
        return " && ".join(random.choices(pool, k=random.randint(1, 4)))

    kind = random.random()
    if kind < 0.6:
        return clause()
    if kind < 0.85:
        return f"({clause()}) || ({clause()})"
    return f'r.x == "root" || ({clause()})'


class Trial:
    """One model with its rows, in pycasbin and compiled."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.values = ["a", "b", "c", "*", "", *random.sample(STRANGE, 2)]
        self.effect = random.choice(EFFECTS)
        self.fields = "x, y, z"
        self.efts: tuple[str, ...] = ()
        if self.effect is EFFECTS[3] and random.random() < 0.5:
            self.fields = f"priority, {self.fields}"
        if random.random() < 0.9:
            self.fields += ", eft"
            self.efts = ("allow", "allow", "deny", "maybe")
        self.matcher = matcher(random)
        self.patterns = random.random() < 0.08
        self.rows = list(dict.fromkeys(self.row() for _ in range(random.randint(0, 8))))
        self.links = {
            role: list(dict.fromkeys(self.link(role) for _ in range(random.randint(0, 6)))) for role in ("g", "g2")
        }
        if random.random() < 0.15:
            self.links["g"] = self.ladder(random.randint(8, 10))
        self.reference = self.enforcer()
        self.compiled = CompiledEnforcer(self.enforcer())
        self.kept = self.compiled.enforce

    def __str__(self) -> str:
        """Everything that it takes to show the difference."""
        return "\n".join(
            (
                self.conf(),
                f"rows {self.rows}",
                f"links {self.links}",
                f"patterns {self.patterns}",
                self.compiled.listing,
            )
        )

    def conf(self) -> str:
        return (
            f"[request_definition]\nr = x, y, z\n[policy_definition]\np = {self.fields}\n"
            f"[role_definition]\ng = _, _\ng2 = _, _, _\n[policy_effect]\ne = {self.effect}\n"
            f"[matchers]\nm = {self.matcher}\n"
        )

    def row(self) -> Row:
        row = tuple(self.random.choices(self.values, k=3))
        if self.fields.startswith("priority"):
            row = (str(self.random.randint(0, 12)), *row)
        return (*row, self.random.choice(self.efts)) if self.efts else row

    def link(self, role: str) -> Row:
        return tuple(self.random.choices(self.values, k=2 if role == "g" else 3))

    def ladder(self, rungs: int) -> list[Row]:
        """A chain of links around the length at which pycasbin stops to follow one."""
        names = [self.values[0], *(f"n{number}" for number in range(1, rungs)), self.values[1]]
        return list(pairwise(names))

    def enforcer(self) -> casbin.Enforcer:
        model = Model()
        model.load_model_from_text(self.conf())
        enforcer = casbin.Enforcer(model)
        for name, function in FUNCTIONS.items():
            enforcer.add_function(name, function)
        enforcer.model["p"]["p"].policy.extend(list(row) for row in self.rows)
        enforcer.model.sort_policies_by_priority()
        for role, links in self.links.items():
            enforcer.model["g"][role].policy.extend(list(link) for link in links)
        enforcer.build_role_links()
        if self.patterns:
            enforcer.add_named_matching_func("g", casbin.util.key_match_func)
            enforcer.add_named_domain_matching_func("g2", casbin.util.key_match_func)
        return enforcer

    def request(self) -> tuple[object, ...]:
        """Draw a request: mostly a row with up to two of its fields changed, as others match too rarely."""
        if self.rows and self.random.random() < 0.7:
            row = self.random.choice(self.rows)
            request: list[object] = list(row[1:4] if self.fields.startswith("priority") else row[:3])
            for _ in range(self.random.randint(0, 2)):
                request[self.random.randrange(3)] = self.random.choice(self.values)
        else:
            request = list(self.random.choices(self.values, k=3))
        if self.random.random() < 0.08:
            request[self.random.randrange(3)] = self.random.choice(ODD)
        return tuple(request)

    def change(self) -> None:
        """Add or remove a row or a link, on both sides."""
        kind = self.random.choice(("row", "row", "g", "g2"))
        if kind == "row":
            self.change_row(self.random.choice(self.rows) if self.rows and self.random.random() < 0.5 else self.row())
        elif not self.patterns:
            links = self.links[kind]
            self.change_link(
                kind, self.random.choice(links) if links and self.random.random() < 0.5 else self.link(kind)
            )

    def change_row(self, row: Row) -> None:
        if row in self.rows:
            self.rows.remove(row)
            changed = self.reference.remove_policy(*row), self.compiled.remove_policy(*row)
        else:
            self.rows.append(row)
            changed = self.reference.add_policy(*row), self.compiled.add_policy(*row)
        if changed != (True, True):
            raise Difference(self, "changing", row, changed)

    def change_link(self, role: str, link: Row) -> None:
        if link in self.links[role]:
            self.links[role].remove(link)
            self.reference.remove_named_grouping_policy(role, *link)
            changed = self.compiled.remove_named_grouping_policy(role, *link)
        else:
            self.links[role].append(link)
            self.reference.add_named_grouping_policy(role, *link)
            changed = self.compiled.add_named_grouping_policy(role, *link)
        if not changed:
            raise Difference(self, "changing", role, link)

    def compare(self, tally: Counter[str]) -> None:
        """Ask both one question."""
        request = self.request()
        expected = outcome(self.reference.enforce_ex, request) if self.rows else (False, [])
        got = outcome(self.compiled.enforce_ex, request)
        answer = expected[0] if isinstance(expected, tuple) else expected
        kept = outcome(self.kept, request)
        if got != expected or kept != answer:
            raise Difference(self, request, "expected", expected, "got", got, kept)
        tally["decisions"] += 1
        tally[str(answer)] += 1
        if isinstance(expected, tuple) and self.random.random() < 0.2:
            self.explained(request, allowed=expected[0])

    def explained(self, request: tuple[object, ...], *, allowed: bool) -> None:
        explanation = self.compiled.explain(*request)
        row = explanation.row
        wrong = explanation.allowed is not allowed or (row is not None and row not in self.rows)
        if row is not None and self.efts:
            wrong = wrong or row[-1] != ("allow" if allowed else "deny")
        wrong = wrong or any(miss.row not in self.rows or not miss.failed for miss in explanation.near)
        if wrong:
            raise Difference(self, request, explanation)


def compiled(random: Random, tally: Counter[str]) -> None:
    """One model, with some requests and changes in between."""
    trial = Trial(random)
    tally["models"] += 1
    for _ in range(random.randint(10, 40)):
        if random.random() < 0.2:
            trial.change()
        else:
            trial.compare(tally)


# Rules over facts.

FACTUAL = (
    "g(r.sub, p.arg)",
    '!g(r.sub, "active")',
    'g2(r.sub, r.app + "/" + r.right, r.org)',
    '!g2(r.sub, r.app + "/" + r.right, r.org)',
    'r.right != "-" && !g2(r.sub, r.app + "@" + r.right, r.org)',
    "r.right == p.arg",
    'r.app in ("a", p.arg)',
    'r.app not in ("a", p.arg)',
    'g(r.org, "blocked:" + p.arg) || r.sub == r.org',
    "!(r.app == p.arg && r.right == p.arg)",
    "r.app < p.arg",
    'p.arg != "a"',
    "True",
)


class Links:
    """Facts as plain links."""

    def __init__(self, links: Sequence[Row]) -> None:
        self.all = set(links)

    def holds(self, *link: str) -> bool:
        return link in self.all

    def flip(self, link: Row) -> None:
        """Take a link away, or add it."""
        self.all ^= {link}


class LinkSet(Links):
    """Facts that let generated code look into their set of links."""

    @property
    def links(self) -> set[Row]:
        return self.all


class LinkSets(Links):
    """Facts that let generated code look up a subject's set."""

    def __init__(self, links: Sequence[Row]) -> None:
        super().__init__(())
        self.sets: dict[object, set[str]] = {}
        for link in set(links):
            self.flip(link)

    def flip(self, link: Row) -> None:
        super().flip(link)
        subject, fact, *domain = link
        facts = self.sets.setdefault((subject, *domain) if domain else subject, set())
        facts ^= {fact}


def specialised(random: Random, tally: Counter[str]) -> None:
    """One model of rules, with requests."""
    values = ["a", "b", "-", *random.sample(STRANGE, 2)]
    kinds = [f"k{number}" for number in range(4)]
    branches = [f'(p.kind == "{kind}" && ({random.choice(FACTUAL)}))' for kind in kinds]
    effect = random.choice(EFFECTS)
    efts = ("allow",) if effect is EFFECTS[0] else ("allow", "allow", "deny")
    conf = (
        "[request_definition]\nr = sub, app, right, org\n[policy_definition]\np = id, kind, arg, eft\n"
        f"[role_definition]\ng = _, _\ng2 = _, _, _\n[policy_effect]\ne = {effect}\n"
        f'[matchers]\nm = {" || ".join(branches)} || r.sub + r.app + r.right + r.org + p.arg == "no"\n'
    )
    rows = [
        (f"R{number}", random.choice(kinds), random.choice(values), random.choice(efts))
        for number in range(random.randint(1, 6))
    ]
    names = [*values, "active", "blocked:a", "a/a", "b/a", "a@b", "a/-"]
    links = [tuple(random.choices(names, k=2)) for _ in range(12)]
    links2 = [(random.choice(values), random.choice(names), random.choice(values)) for _ in range(30)]
    kind = random.choice((Links, LinkSet, LinkSets))
    facts = {"g": kind(links), "g2": kind(links2)}
    made = specialise(load_model(conf, "rules.conf"), rows, facts)
    reference = _interpreted(conf, rows, facts)
    first = _interpreted(conf.replace(effect, EFFECTS[0]), [row for row in rows if row[3] == "allow"], facts)
    tally["rule models"] += 1
    for _ in range(20):
        if random.random() < 0.3:
            facts["g2"].flip(random.choice(links2))
        request = tuple(random.choices(values, k=4))
        allowed, last = reference.enforce_ex(*request)
        _, label = made.explain(*request)
        decides = last[0] if last and effect is not EFFECTS[1] else None
        if allowed and effect is EFFECTS[2]:
            decides = first.enforce_ex(*request)[1][0]
        if not allowed:
            decides = last[0] if last and last[3] == "deny" else None
        if (made.decide(*request), made.explain(*request)) != (allowed, (allowed, decides)):
            raise Difference(conf, rows, links, links2, request, allowed, decides, label, made.listing)
        tally["decisions"] += 1
        tally[str(allowed)] += 1


def _interpreted(conf: str, rows: Sequence[Row], facts: dict[str, Links]) -> casbin.Enforcer:
    model = Model()
    model.load_model_from_text(conf)
    enforcer = casbin.Enforcer(model)
    for role, held in facts.items():
        manager = role_manager(held.holds)
        enforcer.rm_map[role] = manager
        model["g"][role].rm = manager
    model["p"]["p"].policy.extend(list(row) for row in rows)
    return enforcer


def run(decisions: int, seed: int) -> Counter[str]:
    """Compare at least so many decisions; the same seed compares the same ones.

    Raises:
        Difference: the first one.
    """
    tally: Counter[str] = Counter()
    number = 0
    while tally["decisions"] < decisions:
        random = Random(f"{seed}/{number}")  # noqa: S311 - chance for tests, to be brought back by its seed
        try:
            (specialised if number % 4 == 3 else compiled)(random, tally)
        except Exception as error:
            error.add_note(f"seed {seed}, trial {number}")
            raise
        number += 1
    return tally


def main() -> int:
    """Run from the command line."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    try:
        tally = run(options.decisions, options.seed)
    except Difference as difference:
        sys.stdout.write(f"different: {difference}\n{difference.__notes__}\n")
        return 1
    sys.stdout.write(f"no difference: {dict(tally)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
