"""The rulebook as data: its codes, its ids, and which refuses what."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

from partnerauth import policy
from partnerauth.decision import Rule
from partnerauth.policy.rulebook import FACTS, LAW, RULEBOOK, RULES, rules_of

CODES = """
sign-in-required user-inactive approval-pending approval-rejected password-change-required session-replaced
other-organisation not-offered unknown-name management-right-missing delegation-limit option-disabled
portal-sign-in-first delete-forbidden revocation-forbidden field-required password-policy wrong-password
confirmation-mismatch reset-not-permitted right-missing resource-not-granted resource-not-eligible
contract-inactive matrix-mandatory-missing matrix-not-applicable matrix-not-allowed matrix-service-missing
matrix-no-profile unknown-subcontractor not-on-allow-list feed-suspicious feed-out-of-order
email-not-lowercase administrator-exists already-exists organisation-exists free-mail-domain domain-mismatch
last-administrator invitation-expired invitation-used invitation-unknown link-expired link-used link-unknown
code-wrong code-expired code-used too-many-attempts sso-refused
""".split()  # noqa: SIM905 - one word after the other is how people compare it with the rulebook
"""The refusal codes of the first rulebook: each is a promise, so this list never changes."""

NAMED = {
    "BP-01": "administrator-exists",
    "BP-02": "management-right-missing delegation-limit",
    "BP-04": "delegation-limit",
    "BP-05": "management-right-missing",
    "BP-06": "option-disabled portal-sign-in-first",
    "BP-09": "delete-forbidden",
    "BP-10": "revocation-forbidden",
    "BP-11": "field-required",
    "BP-13": "password-change-required password-policy",
    "BP-14": "password-policy",
    "BP-15": "wrong-password confirmation-mismatch",
    "BP-16": "reset-not-permitted",
    "BP-18": "matrix-no-profile",
    "BP-20": "option-disabled",
    "BP-24": "resource-not-eligible",
    "BP-26": "matrix-service-missing contract-inactive",
    "BP-28": ("matrix-mandatory-missing matrix-not-applicable matrix-not-allowed matrix-no-profile option-disabled"),
    "BP-30": "unknown-subcontractor not-offered",
    "BP-31": "delegation-limit not-offered",
    "BP-32": "not-offered",
    "ED-01": "not-on-allow-list feed-suspicious feed-out-of-order",
    "ED-03": "email-not-lowercase",
    "ED-05": "password-policy confirmation-mismatch",
    "ED-07": "sso-refused",
    "ED-09": "session-replaced",
    "ED-10": "other-organisation",
    "KP-01": "invitation-expired invitation-used invitation-unknown",
    "KP-03": "management-right-missing",
    "KP-05": "domain-mismatch",
    "KP-07": "password-policy field-required",
    "SP-07": "free-mail-domain",
    "DP-01": "code-wrong code-expired code-used too-many-attempts",
    "DP-02": "organisation-exists",
    "DP-04": "approval-pending approval-rejected",
    "DP-05": "field-required confirmation-mismatch password-policy",
    "DP-09": "field-required",
    "GX-01": "other-organisation",
    "GX-02": "delegation-limit",
    "GX-03": (
        "not-on-allow-list administrator-exists already-exists wrong-password user-inactive approval-pending "
        "approval-rejected"
    ),
    "GX-04": "link-expired link-used link-unknown",
    "GX-05": "too-many-attempts",
    "GX-07": "last-administrator",
    "GX-12": "already-exists",
}
"""Which refusals each rulebook id names."""

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))


@pytest.mark.rule("GX-09")
def test_every_code_of_the_rulebook_is_there_once_and_in_its_order() -> None:
    assert list(RULES)[: len(CODES)] == CODES


def test_every_rule_of_every_topic_is_collected() -> None:
    topics = [
        importlib.import_module(f"partnerauth.policy.{each.name}") for each in pkgutil.iter_modules(policy.__path__)
    ]
    rules = [value for topic in topics for value in vars(topic).values() if isinstance(value, Rule)]

    assert sorted(rule.code for rule in rules) == sorted(RULES)


@every_rule
def test_a_code_is_lower_case_words_with_hyphens(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.code)


@every_rule
def test_a_rule_says_what_holds_and_why_and_what_to_do(rule: Rule) -> None:
    for text in (rule.holds, rule.because, rule.says):
        assert text == text.strip()
        assert text.endswith(".")
        assert text[0].isupper() or text[0] == "{"


@pytest.mark.rule("GX-09")
@every_rule
def test_a_rule_names_ids_that_exist_each_once_and_in_order(rule: Rule) -> None:
    order = list(RULEBOOK)
    assert rule.sources
    assert [order.index(source) for source in rule.sources] == sorted({order.index(each) for each in rule.sources})


@pytest.mark.rule("GX-09")
@pytest.mark.parametrize("source", NAMED)
def test_an_id_that_names_a_refusal_is_among_its_sources(source: str) -> None:
    assert set(NAMED[source].split()) <= {rule.code for rule in rules_of(source)}


@every_rule
def test_a_message_names_documented_facts_and_all_of_them(rule: Rule) -> None:
    assert set(re.findall(r"\{(.*?)\}", rule.says)) == set(FACTS[rule.code])


def test_every_portal_has_all_its_ids() -> None:
    last = {"BP": 33, "ED": 10, "KP": 13, "SP": 8, "DP": 11, "GX": 12}
    numbered = {f"{part}-{number:02}" for part, end in last.items() for number in range(1, end + 1)}

    assert set(RULEBOOK) == numbered - {"BP-29"}


def test_every_id_has_a_title_of_its_own_and_a_sentence() -> None:
    assert list(LAW) == list(RULEBOOK)
    assert len(set(RULEBOOK.values())) == len(RULEBOOK)
    assert all(
        sentence.endswith(".") and not title.endswith(".")
        for title, sentence in zip(RULEBOOK.values(), LAW.values(), strict=True)
    )


def test_an_id_that_refuses_nothing_has_no_rules() -> None:
    assert rules_of("KP-04") == ()


def test_an_unknown_id_is_a_mistake_of_whoever_asks() -> None:
    with pytest.raises(KeyError, match="BP-29"):
        rules_of("BP-29")
