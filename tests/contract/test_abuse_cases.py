"""Every abuse case has tests that are named after it, or says whose it is."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

LIBRARY = ("EM", "TK", "PW", "SE", "DG", "TN", "LC", "SC", "FD", "CC", "AU", "DS", "CH")
"""The sections that a library without pages can answer."""

REASONS = re.compile(
    r"needs HTTP|the embedder|the operator's|a later (SCIM|OpenID Connect|AuthZEN) adapter|not offered|not a test"
    r"|see [A-Z]{2}-\d\d"
)


def cases(generator: ModuleType) -> list[Any]:
    return [case for _, found in generator.abuse_cases().values() for case in found]


def test_every_case_has_a_test_of_its_name_or_a_reason(generator: ModuleType) -> None:
    tests = generator.tests_of_cases()
    assert [case.id for case in cases(generator) if case.id not in tests and not case.rest] == []


def test_every_reason_is_one_of_few(generator: ModuleType) -> None:
    tests = generator.tests_of_cases()
    assert [case.id for case in cases(generator) if case.id not in tests and not REASONS.search(case.rest)] == []


def test_what_a_reason_points_to_is_shown(generator: ModuleType) -> None:
    tests = generator.tests_of_cases()
    a_case = rf"\b(?:{'|'.join(generator.SECTIONS)})-\d\d\b"
    named = {each for case in cases(generator) for each in re.findall(a_case, case.rest)}
    known = {case.id: case.rest for case in cases(generator)}
    assert {each for each in named if each not in tests and not known[each]} == set()


def test_most_cases_of_the_librarys_own_sections_are_shown(generator: ModuleType) -> None:
    tests = generator.tests_of_cases()
    untested = [case for case in cases(generator) if case.id[:2] in LIBRARY and case.id not in tests]
    assert len(untested) < len(cases(generator)) / 10


def test_every_test_that_bears_the_name_of_a_case_names_one_that_there_is(generator: ModuleType) -> None:
    known = {case.id for case in cases(generator)}
    assert {name: places for name, places in generator.tests_of_cases().items() if name not in known} == {}


def test_cases_are_numbered_without_a_gap_and_say_what_is_tried_and_what_is_safe(generator: ModuleType) -> None:
    for name, (title, found) in generator.abuse_cases().items():
        assert title
        assert name in generator.SECTIONS
        assert [case.id for case in found] == [f"{name}-{number:02}" for number in range(1, len(found) + 1)]
        assert all(len(case.attack) > 3 and len(case.safe) > 1 for case in found)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("test_em_11_endswith_is_not_a_domain_match", ["EM-11"]),
        ("test_tk_04_cc_01_a_link", ["TK-04", "CC-01"]),
        ("test_em_14_and_15_domains", ["EM-14", "EM-15"]),
        ("test_em_05_06_one", ["EM-05", "EM-06"]),
        ("test_of_em_11", []),
        ("test_em_and_11", ["EM-11"]),
        ("test_a_link_is_used_once", []),
    ],
)
def test_the_name_of_a_test_says_which_cases_it_shows(generator: ModuleType, test: str, expected: list[str]) -> None:
    assert list(generator.cases_in(test)) == expected
