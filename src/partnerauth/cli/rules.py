"""The commands `rules` and `explain`: every rule, what it says, why it is there, where it lives and what proves it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Final

import click

from partnerauth.cli import places, screen
from partnerauth.decision import Rule
from partnerauth.policy.rulebook import LAW, RULEBOOK, RULES, rules_of

_INDENT: Final = "\u00a0\u00a0"  # survives the wrapping of lines
SHOWN: Final = 6
"""How many tests or places `explain` lists without `--all`."""


@click.command("rules")
@click.option("--ids", is_flag=True, help="List the ids of the rulebook instead of the refusal codes.")
def rules(*, ids: bool) -> None:
    """List every rule: its refusal code, what holds while nobody breaks it, and its ids in the rulebook."""
    if ids:
        asked = [(screen.named(each), RULEBOOK[each], LAW[each]) for each in RULEBOOK]
        screen.show(screen.listing(("id", "title", "what it asks"), asked, (5, 30, 61)))
        screen.show(
            screen.faint(f"\n{len(asked)} ids. More about one: {screen.program()} explain {next(iter(RULEBOOK))}")
        )
        return
    homes = places.homes()
    listed = sorted(RULES.values(), key=lambda rule: homes[rule.code].topic)
    rows: list[tuple[str, ...]] = []
    for topic, of_topic in groupby(listed, key=lambda rule: homes[rule.code].topic):
        rows += [(), (screen.strong(topic),)]
        rows += [(screen.named(rule.code), rule.holds, " ".join(rule.sources)) for rule in of_topic]
    screen.show(screen.listing(("topic and code", "what holds", "rulebook"), rows, (24, 58, 14)))
    screen.show(
        screen.faint(
            f"\n{len(listed)} rules. More about one: {screen.program()} explain {listed[0].code}, or by id: BP-04"
        )
    )


@click.command("explain")
@click.argument("name", metavar="CODE-OR-RULEBOOK-ID")
@click.option("--all", "every", is_flag=True, help="List every test and place, not only the first.")
def explain(name: str, *, every: bool) -> None:
    """Explain a rule: the sentence, why it is there, where it lives and which tests prove it.

    The rule is named by its refusal code (delegation-limit) or by its id in the rulebook (BP-04).
    """
    most = None if every else SHOWN
    if (code := name.lower()) in RULES:
        screen.show(_of_code(RULES[code], most))
    elif (source := name.upper()) in RULEBOOK:
        screen.show(_of_id(source, most))
    else:
        near = get_close_matches(name.lower(), RULES) + get_close_matches(name.upper(), RULEBOOK)
        meant = f"did you mean {' or '.join(near)}?" if near else f"`{screen.program()} rules` lists the codes"
        problem = f"{name!r} is neither a refusal code nor an id of the rulebook: {meant}"
        raise screen.BadInput(problem)


def _of_code(rule: Rule, most: int | None) -> str:
    home = places.homes()[rule.code]
    rows = [
        ("why", rule.because),
        ("says", rule.says),
        *_listed("rulebook", [f"{each}  {RULEBOOK[each]}" for each in rule.sources], None),
        ("module", f"{_path(home.file)}:{home.line}  {home.constant}"),
    ]
    if home.checks:
        rows.append(("checked by", ", ".join(f"{home.topic}.{check}" for check in home.checks)))
    if commands := places.refused_by(rule.code):
        rows.append(("refused by", ", ".join(commands)))
    rows += _tests(places.shown_by(rule.sources, code=rule.code, topic=home.topic), most)
    return _page(rule.code, rule.holds, rows)


def _of_id(source: str, most: int | None) -> str:
    codes = rules_of(source)
    rows = _listed("codes", [f"{rule.code}: {rule.holds} {rule.because}" for rule in codes], None)
    homes = dict.fromkeys(places.homes()[rule.code].file for rule in codes)
    rows += _listed("module" if len(homes) == 1 else "modules", [_path(file) for file in homes], None)
    rows += _listed("named in", [_path(place) for place in places.code_for(source)], most)
    rows += _tests(places.shown_by([source]), most)
    return _page(source, f"{RULEBOOK[source]}. {LAW[source]}", rows)


def _page(name: str, sentence: str, rows: list[tuple[str, str]]) -> str:
    head = f"{screen.strong(screen.named(name))}\n{screen.wrapped(sentence, style=screen.strong)}"
    return f"{head}\n\n{screen.pairs(rows)}"


def _tests(tests: Sequence[str], most: int | None) -> list[tuple[str, str]]:
    """Return the tests below their files, so that a test's sentence has the line for itself."""
    if not tests:
        return [("tests", "none")]
    shown = []
    for file, of_file in groupby(tests[:most], key=lambda test: test.partition("::")[0]):
        shown += [file, *(f"{_INDENT}{test.partition('::')[2]}" for test in of_file)]
    if most is not None and len(tests) > most:
        shown.append(f"… and {len(tests) - most} more (--all)")
    return _listed("tests", shown, None)


def _listed(name: str, lines: list[str], most: int | None) -> list[tuple[str, str]]:
    if not lines:
        return []
    more = [] if most is None or len(lines) <= most else [f"… and {len(lines) - most} more (--all)"]
    return [(name if number == 0 else "", line) for number, line in enumerate([*lines[:most], *more])]


def _path(place: str) -> str:
    """Return where a file of the package is for whoever stands in a checkout, so that an editor finds it."""
    return f"src/{place}" if Path("src", place.partition(":")[0]).is_file() else place
