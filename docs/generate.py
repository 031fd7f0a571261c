"""Writes what the docs repeat of the code: rules.md, abuse-cases.md, lists in other pages, and the index of tests.

`python docs/generate.py` writes, `python docs/generate.py --check` only says what is out of date (exit status 1).
The index goes into the package, so that `partnerauth explain` knows which tests show a rule.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from partnerauth.cli import places
from partnerauth.flows import LIFE
from partnerauth.policy.rulebook import LAW, RULEBOOK, RULES, rules_of
from partnerauth.scenarios import vocabulary
from partnerauth.scenarios.expectations import EXPECTED

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "partnerauth"
INDEX = PACKAGE / places.INDEX
RULES_PAGE = ROOT / "docs" / "rules.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
SCENARIOS = ROOT / "docs" / "scenarios.md"
ABUSE_CASES = ROOT / "docs" / "abuse-cases.toml"
ABUSE_PAGE = ROOT / "docs" / "abuse-cases.md"

ID = re.compile(r"\b((?:BP|ED|KP|SP|DP|GX)-)(\d\d)(?: to \1(\d\d))?\b")
"""An id of the rulebook, or a run of them: BP-04, or BP-20 to BP-22."""

SECTIONS = ("EM", "TK", "PW", "SE", "DG", "TN", "LC", "SC", "FD", "CC", "AU", "DS", "CH", "SO", "SM", "WB", "PD")
"""The sections of the abuse cases."""

ELSEWHERE = ("cli", "demo.py", "policy/rulebook.py", "scenarios", "testing")
"""Parts of the package that name ids without enforcing anything."""


def ids(text: str) -> list[str]:
    """Return the ids of the rulebook that a text names, runs unfolded."""
    named = [
        f"{prefix}{number:02}"
        for prefix, first, last in ID.findall(text)
        for number in range(int(first), int(last or first) + 1)
    ]
    return [each for each in dict.fromkeys(named) if each in RULEBOOK]


# The index: where the code names an id, and which tests show it.


def named_in_code() -> dict[str, list[str]]:
    """Return the places in the code that name an id of the rulebook, by id."""
    code: dict[str, list[str]] = {each: [] for each in RULEBOOK}
    for file in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.glob("portals/*.toml")]):
        path = file.relative_to(SOURCE).as_posix()
        if file.relative_to(PACKAGE).as_posix().startswith(ELSEWHERE):
            continue
        for source, place in places_in(file.read_text("utf-8"), file.suffix):
            code[source].append(f"{path}: {place}" if place else path)
    return {each: list(dict.fromkeys(found)) for each, found in code.items() if found}


def shown_by_tests() -> dict[str, dict[str, list[str]]]:
    """Return the tests by file and name, each with the ids that it shows and the refusal codes that it names."""
    files = sorted([*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "tests").rglob("*.yaml")])
    found = {file.relative_to(ROOT).as_posix(): shown_in(file) for file in files}
    return {file: tests for file, tests in found.items() if tests}


def places_in(text: str, suffix: str) -> Iterator[tuple[str, str]]:
    """Yield each id that a source file names, with what it is named in: a class, a function, a constant, a section."""
    names = _python_names(text) if suffix == ".py" else _toml_names(text)
    for number, line in enumerate(text.splitlines(), 1):
        for source in ids(line):
            yield source, names(number)


def _python_names(text: str) -> Callable[[int], str]:
    spans: list[tuple[int, int, str]] = []

    def visit(node: ast.AST, inside: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = _name(child, is_top=isinstance(node, ast.Module))
            qualified = ".".join(filter(None, (inside, name)))
            if name and isinstance(child, ast.stmt):
                spans.append((child.lineno, child.end_lineno or child.lineno, qualified))
            visit(child, qualified)

    visit(ast.parse(text), "")

    def named(line: int) -> str:
        holding = [(end - start, name) for start, end, name in spans if start <= line <= end]
        if holding:
            return min(holding)[1]
        # A text below a constant describes it.
        above = [(line - end, name) for _, end, name in spans if 0 < line - end <= 3 and name.isupper()]  # noqa: PLR2004
        return min(above)[1] if above else ""

    return named


def _name(node: ast.AST, *, is_top: bool) -> str:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if is_top:
            return name
        case _:
            return ""


def _toml_names(text: str) -> Callable[[int], str]:
    lines = text.splitlines()

    def named(line: int) -> str:
        for each in reversed(lines[:line]):
            if found := re.match(r"(\[[^\]]+\])", each):
                return found[1]
        found = re.match(r"([a-z-]+) *=", lines[line - 1])
        return found[1] if found else ""

    return named


def shown_in(file: Path) -> dict[str, list[str]]:
    """Return the tests of a file by name, each with the rulebook ids that it shows and the refusal codes it names."""
    text = file.read_text("utf-8")
    return dict(_scenarios(text) if file.suffix == ".yaml" else _tests(ast.parse(text)))


def _scenarios(text: str) -> Iterator[tuple[str, list[str]]]:
    for document in re.split(r"^---.*$", text, flags=re.MULTILINE):
        title = re.search(r"^scenario: *(.+)$", document, re.MULTILINE)
        if title and (sources := ids(title[1])):
            answers = re.findall(r"(?:refused|deny|ended): *\[?([a-z-]+(?:, *[a-z-]+)*)", document)
            codes = {code for answer in answers for code in re.split(", *", answer)}
            yield title[1].strip("\"'"), [*sources, *sorted(codes & set(RULES))]


def _tests(module: ast.Module) -> Iterator[tuple[str, list[str]]]:
    of_module = _marked(node for node in module.body if isinstance(node, ast.Assign) and _assigns(node, "pytestmark"))
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            of_class = [*of_module, *_marked(node.decorator_list)]
            for inner in node.body:
                yield from _test(inner, f"{node.name}::", of_class)
        else:
            yield from _test(node, "", of_module)


def _test(node: ast.stmt, prefix: str, marked: list[str]) -> Iterator[tuple[str, list[str]]]:
    if not (isinstance(node, ast.FunctionDef) and node.name.startswith("test_")):
        return
    if sources := [*marked, *_marked(node.decorator_list)]:
        yield f"{prefix}{node.name}", [*dict.fromkeys(sources), *sorted(_codes(node))]


def _assigns(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _marked(nodes: Iterable[ast.AST]) -> list[str]:
    return [
        argument.value
        for node in nodes
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.rule"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def _codes(node: ast.FunctionDef) -> set[str]:
    constants = {home.constant: code for code, home in places.homes().items()}
    found = set()
    for part in ast.walk(node):
        match part:
            case ast.Constant(value=str() as word) if word in RULES:
                found.add(word)
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in constants:
                found.add(constants[name])
    return found


# The pages.


def rules_page(tests: Mapping[str, Mapping[str, list[str]]]) -> str:
    """Return docs/rules.md: every refusal code by topic, and every id of the rulebook."""
    return "\n".join(
        [
            "# Rules",
            "",
            "<!-- Written by docs/generate.py: change the rules, not this page. -->",
            "",
            "Every rule has a refusal code, which is published once and never renamed, and ids in the rulebook, which",
            "say what asks for it. In a terminal `partnerauth explain CODE-OR-ID` says the same, and names each test.",
            "",
            "## By topic",
            "",
            "A topic is a module of `partnerauth.policy`, and its tests are in `tests/policy/test_TOPIC.py`.",
            "",
            *_topics(),
            "## By id of the rulebook",
            "",
            *_rulebook(tests),
        ]
    )


def _topics() -> Iterator[str]:
    homes = places.homes()
    for topic, rules in groupby(sorted(RULES.values(), key=lambda rule: homes[rule.code].topic), key=_topic):
        yield f"### {topic}"
        yield ""
        file = f"src/partnerauth/policy/{topic}.py"
        yield f"[{file}](../{file}): {_first_line(ROOT / file)}"
        yield ""
        yield "| code | what holds | because | ids |"
        yield "| --- | --- | --- | --- |"
        for rule in rules:
            yield f"| `{rule.code}` | {rule.holds} | {rule.because} | {' '.join(rule.sources)} |"
        yield ""


def _topic(rule: object) -> str:
    return places.homes()[getattr(rule, "code", "")].topic


def _rulebook(tests: Mapping[str, Mapping[str, list[str]]]) -> Iterator[str]:
    counted: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for file, named_tests in tests.items():
        for words in named_tests.values():
            for source in words:
                counted[source][file] += 1
    for source, title in RULEBOOK.items():
        codes = rules_of(source)
        homes = dict.fromkeys(places.homes()[rule.code].file for rule in codes)
        yield f"### {source} {title}"
        yield ""
        yield LAW[source]
        yield ""
        if codes:
            yield f"- codes: {', '.join(f'`{rule.code}`' for rule in codes)}"
            yield f"- modules: {', '.join(f'[{Path(home).stem}](../src/{home})' for home in homes)}"
        files = [f"[{file}](../{file}) ({number})" for file, number in counted[source].items()]
        yield f"- tests: {', '.join(files) or 'none yet'}"
        yield ""


# The abuse cases: each with the tests that are named after it, or the reason why there are none.


class Case(NamedTuple):
    """Something that somebody could try, what is safe then, and whose it is where no test here shows all of it."""

    id: str
    attack: str
    safe: str
    rest: str = ""


def abuse_cases() -> dict[str, tuple[str, list[Case]]]:
    """Return the abuse cases with the title of their section, by section."""
    sections = tomllib.loads(ABUSE_CASES.read_text("utf-8"))
    return {
        name: (section["title"], [Case(f"{name}-{number}", *texts) for number, *texts in section["cases"]])
        for name, section in sections.items()
    }


def tests_of_cases() -> dict[str, list[tuple[str, str]]]:
    """Return the tests that are named after an abuse case, by case: each its file and its name."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE):
            for case in cases_in(name):
                found[case].append((file.relative_to(ROOT).as_posix(), name))
    return found


def cases_in(test: str) -> Iterator[str]:
    """Yield the abuse cases that a test is named after: `test_tk_04_cc_01_a_link` or `test_em_14_and_15_domains`."""
    section = ""
    for word in test.split("_")[1:]:
        if re.fullmatch(r"\d\d", word) and section:
            yield f"{section}-{word}"
        elif re.fullmatch(r"[a-z]{2}", word) and word.upper() in SECTIONS:
            section = word.upper()
        elif word != "and":
            return


def abuse_page() -> Iterator[str]:
    """Yield the lines of docs/abuse-cases.md."""
    tests, sections = tests_of_cases(), abuse_cases()
    shown = sum(case.id in tests for _, cases in sections.values() for case in cases)
    total = sum(len(cases) for _, cases in sections.values())
    yield "# Abuse cases"
    yield ""
    yield "<!-- Written by docs/generate.py: change docs/abuse-cases.toml, or the tests, not this page. -->"
    yield ""
    yield "What somebody could try against a portal, what is safe then, and which tests show it: they are named after"
    yield "the case. Where a page, a protocol or an operator has to do the rest, or all of it, the last column says so."
    yield f"Of {total} cases tests show {shown}."
    for name, (title, cases) in sections.items():
        yield ""
        yield f"## {name} {title}"
        yield ""
        yield "| case | attack | what is safe | shown by |"
        yield "| --- | --- | --- | --- |"
        for case in cases:
            links = [f"[{test}](../{file})" for file, test in tests.get(case.id, ())]
            yield f"| {case.id} | {case.attack} | {case.safe} | {'<br>'.join(filter(None, (*links, case.rest)))} |"
    yield ""


def with_lists(path: Path, lists: Mapping[str, Iterable[str]]) -> str:
    """Return the text of a page with its generated lists written anew; each stands between two comments."""
    text = path.read_text("utf-8")
    for name, lines in lists.items():
        begin, end = f"<!-- generated: {name} -->\n", "<!-- end -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            sys.exit(f"{path.name}: no place for the list of {name}: {begin.strip()} … {end}")
        text = "".join([before, begin, "\n", *(f"{line}\n" for line in lines), "\n", end, after])
    return text


def _layers() -> Iterator[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["id"] == "layers"]
    yield "| layer | what it is |"
    yield "| --- | --- |"
    for layer in layers:
        for name in layer.replace("(", "").replace(")", "").split(" | "):
            for file in filter(Path.is_file, (PACKAGE / f"{name}.py", PACKAGE / name / "__init__.py")):
                yield f"| `{name}` | {_first_line(file)} |"


def _index_of(folder: str) -> Iterator[str]:
    yield "| module | what it is |"
    yield "| --- | --- |"
    for file in sorted((PACKAGE / folder).glob("[!_]*.py")):
        yield f"| [{file.stem}](../{file.relative_to(ROOT).as_posix()}) | {_first_line(file)} |"


def _flow_index() -> Iterator[str]:
    yield "| flow | what it does |"
    yield "| --- | --- |"
    for module in LIFE:
        file = PACKAGE / "flows" / f"{module}.py"
        yield f"| [{module}](../{file.relative_to(ROOT).as_posix()}) | {_first_line(file).removeprefix('Flow: ')} |"


def _commands() -> Iterator[str]:
    yield "| do | fields |"
    yield "| --- | --- |"
    for word in LIFE:
        command = word.replace("_", "-")
        yield f"| `{command}` | {_fields(vocabulary.COMMANDS[command])} |"


def _questions() -> Iterator[str]:
    yield "| check | fields | expect |"
    yield "| --- | --- | --- |"
    for word, fields in vocabulary.QUESTIONS.items():
        asked = {**fields, **({"as": "user"} if word in vocabulary.ASKED_BY_SOMEBODY else {})}
        yield f"| `{word}` | {_fields(asked)} | {EXPECTED[word].says.replace('|', '/')} |"


def _fields(fields: Mapping[str, object]) -> str:
    return " ".join(f"`{field}`" for field in fields) or "none"


def _first_line(file: Path) -> str:
    said = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split("Refuses:")[0].split())


def main() -> int:
    """Write every file, or say which are out of date."""
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit("usage: generate.py [--check]")
    tests = shown_by_tests()
    made = {"code": named_in_code(), "tests": tests}
    pages = {
        INDEX: json.dumps(made, ensure_ascii=False, indent=1) + "\n",
        RULES_PAGE: rules_page(tests),
        ABUSE_PAGE: "\n".join(abuse_page()),
        ARCHITECTURE: with_lists(
            ARCHITECTURE,
            {"layers": _layers(), "topics": _index_of("policy"), "flows": _flow_index(), "steps": _index_of("steps")},
        ),
        SCENARIOS: with_lists(SCENARIOS, {"commands": _commands(), "questions": _questions()}),
    }
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text("utf-8") != text]
    if sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date: run `make docs`")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages[path], "utf-8")
    print(f"written: {', '.join(path.relative_to(ROOT).as_posix() for path in stale) or 'nothing had changed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
