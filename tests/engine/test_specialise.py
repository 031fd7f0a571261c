"""The specialiser: rules in p become code to read, facts in g stay facts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.differential import Links, LinkSet, LinkSets, Row
from tests.engine.raw import ALLOW, BOTH, NO_DENY, PRIORITY, conf, enforcer

from partnerauth.policy.engine.gate import load_model
from partnerauth.policy.engine.specialise import Specialised, specialise

RIGHTS = (Path(__file__).parent / "models" / "rules_and_facts.conf").read_text(encoding="utf-8")
RULES = (
    ("user-inactive", "inactive", "-", "deny"),
    ("not-offered", "never", "delete", "deny"),
    ("right-missing", "right", "-", "deny"),
    ("resource-not-granted", "product", "-", "deny"),
    ("held", "held", "-", "allow"),
)
HELD = (("anna", "mail/create", "a1"), ("anna", "mail@letter", "a1"), ("anna", "mail/delete", "a1"))
ACTIVE = (("anna", "active"),)
CREATE = ("anna", "mail", "create", "a1", "letter")
RULE_FIELDS = "id, kind, arg, eft"


def rights(rules: tuple[Row, ...] = RULES, kind: type[Links] = LinkSets) -> Specialised:
    return specialise(load_model(RIGHTS, "rights.conf"), rules, {"g": kind(HELD), "g2": kind(ACTIVE)})


def made(matcher: str, *rules: Row, effect: str = BOTH, policy: str = RULE_FIELDS) -> Specialised:
    text = conf(matcher, request="sub, act", policy=policy, effect=effect)
    return specialise(load_model(text, "rules.conf"), rules, {})


@pytest.mark.parametrize("kind", [Links, LinkSet, LinkSets])
def test_the_first_row_that_decides_is_named(kind: type[Links]) -> None:
    explain, decide = rights(kind=kind).explain, rights(kind=kind).decide
    assert explain(*CREATE) == (True, "held")
    assert explain("anna", "mail", "create", "a1", "-") == (True, "held")
    assert explain("anna", "mail", "create", "a1", "parcel") == (False, "resource-not-granted")
    assert explain("anna", "mail", "create", "a2", "-") == (False, "right-missing")
    assert explain("anna", "mail", "delete", "a1", "-") == (False, "not-offered")
    assert explain("bram", "mail", "delete", "a1", "-") == (False, "user-inactive")
    assert decide(*CREATE)
    assert not decide("bram", *CREATE[1:])


def test_the_listing_reads_as_what_is_decided() -> None:
    assert rights().listing == (
        "def decide(sub, application, right, account, product):\n"
        "    joined_1 = application + '/' + right\n"
        "    facts_1 = G.get((sub, account), NONE)\n"
        "    # deny: user-inactive\n"
        "    if 'active' not in G2.get(sub, NONE):\n"
        "        return False\n"
        "    # deny: not-offered\n"
        "    if right == 'delete':\n"
        "        return False\n"
        "    # deny: right-missing\n"
        "    if joined_1 not in facts_1:\n"
        "        return False\n"
        "    # deny: resource-not-granted\n"
        "    if product != '-' and application + '@' + product not in facts_1:\n"
        "        return False\n"
        "    # allow: held\n"
        "    if joined_1 in facts_1:\n"
        "        return True\n"
        "    # no row allows\n"
        "    return False\n"
    )
    assert "if (sub, 'active') not in G2:" in rights(kind=LinkSet).listing
    assert "if not G2(sub, 'active'):" in rights(kind=Links).listing


@pytest.mark.rule("GX-10")
def test_the_same_rows_give_the_same_listing() -> None:
    assert rights().listing == rights().listing


def test_one_changed_row_changes_answers_and_listing() -> None:
    changed = rights((RULES[0], ("not-offered", "never", "create", "deny"), *RULES[2:]))
    assert changed.explain(*CREATE) == (False, "not-offered")
    assert changed.decide("anna", "mail", "delete", "a1", "-")
    assert "if right == 'create':" in changed.listing
    assert "if right == 'delete':" not in changed.listing


def test_lc_16_facts_that_change_change_the_next_answer() -> None:
    held = LinkSets(HELD)
    rules = specialise(load_model(RIGHTS, "rights.conf"), RULES, {"g": held, "g2": LinkSets(ACTIVE)})
    assert rules.decide(*CREATE)
    held.flip(HELD[0])
    assert not rules.decide(*CREATE)


def test_dg_18_without_rows_nothing_is_allowed() -> None:
    for effect in (ALLOW, NO_DENY, BOTH, PRIORITY):
        nothing = made('p.kind == "a" && r.sub == p.arg && r.act == p.arg', effect=effect)
        assert nothing.explain("a", "a") == (False, None)
        assert nothing.listing == "def decide(sub, act):\n    # no row allows\n    return False\n"


def test_each_effect_reads_rows_in_its_own_order() -> None:
    matcher = "r.sub == p.arg && r.act == p.kind"
    allow, deny = ("A", "x", "anna", "allow"), ("D", "x", "anna", "deny")
    assert made(matcher, allow, deny).explain("anna", "x") == (False, "D")
    assert made(matcher, allow, deny, effect=PRIORITY).explain("anna", "x") == (True, "A")
    assert made(matcher, allow, deny, effect=NO_DENY).explain("anna", "x") == (False, "D")
    assert made(matcher, allow, deny, effect=NO_DENY).explain("bram", "x") == (True, None)
    assert made(matcher, allow, effect=ALLOW).explain("anna", "x") == (True, "A")
    numbered = (("2", "x", "anna", "deny"), ("10", "x", "bram", "deny"), ("1", "x", "anna", "allow"))
    by_number = made(matcher, *numbered, effect=PRIORITY, policy="priority, kind, arg, eft")
    assert by_number.explain("anna", "x") == (True, "1")
    without = made(matcher, ("A", "x", "anna"), policy="id, kind, arg", effect=ALLOW)
    assert without.explain("anna", "x") == (True, "A")


def test_a_row_that_can_never_match_is_listed_as_such() -> None:
    never = made('!(p.kind != "a") && r.sub == p.arg && r.act == p.arg', ("A", "b", "anna", "allow"))
    assert "# allow: A (never)\n" in never.listing
    always = made("p.kind == p.arg || r.sub == r.act", ("A", "b", "b", "allow"))
    assert "# allow: A\n    if True:\n        return True\n" in always.listing
    assert always.decide("anna", "x")


def test_lists_of_values_and_negations_are_worked_out() -> None:
    matcher = 'r.sub in (p.kind, p.arg) && !(r.act not in ["x", "y"]) && !(r.sub < "b" || r.act in ())'
    rules = made(matcher, ("A", "anna", "bram", "allow"))
    assert rules.decide("bram", "y")
    assert not rules.decide("anna", "y")
    assert not rules.decide("bram", "z")
    assert "(sub == 'anna' or sub == 'bram') and (act == 'x' or act == 'y')" in rules.listing


def test_arguments_keep_clear_of_pythons_words_and_of_tables() -> None:
    text = conf(
        'g(r.G, p.arg) && r.class == "x" && r.joined_1 + "/" + r.facts_1 != p.arg + "-" '
        '&& g(r.G, r.joined_1 + "/" + r.facts_1)',
        request="G, class, joined_1, facts_1",
        policy="id, arg",
        roles="g = _, _",
    )
    facts = LinkSets([("anna", "clerk"), ("anna", "a/b"), ("anna", "chief")])
    rules = specialise(load_model(text, "rules.conf"), [("A", "clerk"), ("B", "chief")], {"g": facts})
    assert rules.listing.startswith("def decide(r_G, r_class, joined_1, facts_1):\n    joined_1_ = ")
    assert rules.explain("anna", "x", "a", "b") == (True, "A")


@given(st.text(), st.text())
def test_texts_of_any_kind_are_constants_and_never_code(label: str, value: str) -> None:
    rules = made('r.sub == p.arg && r.act == "x" + p.arg && p.kind == "k"', (label, "k", value, "allow"))
    assert rules.explain(value, "x" + value) == (True, label)
    assert not rules.decide(value + "!", "x" + value)
    (definition,) = ast.parse(rules.listing).body
    assert isinstance(definition, ast.FunctionDef)
    assert [type(line) for line in definition.body] == [ast.If, ast.Return]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (("A", "k", "x"), "takes 4 texts"),
        (("A", "k", 1, "allow"), "takes 4 texts"),
        (("A", "k", "x", "dney"), "the effect 'dney' is neither allow nor deny"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(rule: Row, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made("r.sub == p.arg && r.act == p.kind", rule)


def test_a_deny_row_that_would_do_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="does not look at deny rows"):
        made("r.sub == p.arg && r.act == p.kind", ("A", "k", "x", "deny"), effect=ALLOW)


def test_a_priority_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="the priority 'high' is no whole number"):
        made(
            "r.sub == p.arg && r.act == p.kind",
            ("high", "k", "x", "deny"),
            effect=PRIORITY,
            policy="priority, kind, arg, eft",
        )


@pytest.mark.parametrize(
    "part",
    [
        "r.sub",
        "r.sub == p.arg == p.kind",
        "r.sub.lower() == p.arg",
        "keyMatch(r.sub, p.arg)",
        "r.sub + p.arg",
        "r.sub in list(p.arg)",
        "r.sub == 1",
        "(r.sub if r.act == p.arg else p.arg) == p.arg",
        "-r.sub == p.arg",
    ],
)
def test_ch_05_a_matcher_with_anything_else_is_refused(part: str) -> None:
    text = conf(f"{part} && r.act == p.arg && r.sub == p.arg", request="sub, act", policy="id, kind, arg")
    text = text.replace("id, kind, arg", "id, arg") if "p.kind" not in part else text
    with pytest.raises(ValueError, match="a matcher of rules compares, joins and asks for roles, in texts"):
        specialise(load_model(text, "rules.conf"), [], {})


@pytest.mark.parametrize(
    ("matcher", "message"),
    [("eval(p.arg)", r"eval\(\) in the matcher"), ("r.sub == p.argument", "a matcher of rules compares")],
)
def test_ch_05_a_model_that_came_past_lint_is_refused_all_the_same(matcher: str, message: str) -> None:
    model = enforcer(conf(matcher, request="sub", policy="kind, arg")).model
    with pytest.raises(ValueError, match=message):
        specialise(model, [], {})


def test_every_role_definition_needs_its_facts() -> None:
    with pytest.raises(ValueError, match=r"facts are given for \['g'\], the model defines \['g', 'g2'\]"):
        specialise(load_model(RIGHTS, "rights.conf"), RULES, {"g": LinkSets(HELD)})


def test_rules_have_no_depth_to_be_sorted_by() -> None:
    with pytest.raises(ValueError, match="sorts rows by the depth of their subjects"):
        made("r.sub == p.arg && r.act == p.kind", effect="subjectPriority(p.eft) || deny")


@pytest.mark.parametrize(("first", "second", "expected"), [("10", "9", False), ("9", "10", True), ("2", "10", True)])
def test_priorities_are_compared_as_numbers(first: str, second: str, expected: bool) -> None:
    text = conf("r.sub == p.sub", request="sub", policy="id, priority, sub, eft", effect=PRIORITY)
    rows = [("a", first, "anna", "allow"), ("b", second, "anna", "deny")]
    assert specialise(load_model(text, "rules.conf"), rows, {}).decide("anna") is expected
