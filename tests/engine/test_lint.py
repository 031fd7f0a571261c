"""Every trap: pycasbin walks into it, and lint refuses it."""

from __future__ import annotations

from pathlib import Path

import casbin
import pytest
import simpleeval  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.raw import ALLOW, BOTH, NO_DENY, PRIORITY, conf, enforcer

from partnerauth.policy.engine.lint import Finding, lint, lint_rows
from partnerauth.policy.engine.traps import TRAPS

ACL = conf("r.sub == p.sub && r.obj == p.obj && r.act == p.act")
DENYING = conf("r.sub == p.sub && r.obj == p.obj && r.act == p.act", policy="sub, obj, act, eft", effect=BOTH)
ALICE = ("p", "alice", "data1", "read")
EVE = ("eve", "data1", "read")


def traps(text: str) -> list[str]:
    return [finding.trap for finding in lint(text, "model.conf")]


def row_traps(rows: list[tuple[object, ...]], text: str = ACL) -> list[str]:
    return [finding.trap for finding in lint_rows(text, rows, "model.conf")]


def test_a_plain_model_has_nothing_to_find() -> None:
    assert lint(ACL, "model.conf") == ()
    assert lint(ACL.replace("\n", "\n# a comment, and below it nothing\n\n; another\n"), "model.conf") == ()
    assert lint_rows(ACL, [ALICE], "model.conf") == ()


def test_a_finding_says_where_what_and_how_to_mend_it() -> None:
    (finding,) = lint(ACL.replace("matchers", "matcher"), "acl.conf")[:1]
    assert finding == Finding(
        name="acl.conf",
        line=1,
        trap="missing-definition",
        message="nothing defines 'm'",
        fix="add `m = …` below [matchers]",
    )
    assert str(finding) == ("acl.conf:1: missing-definition: nothing defines 'm'; add `m = …` below [matchers]")


# The file.


def test_a_comment_after_a_definition_makes_deny_rows_vanish() -> None:
    text = DENYING.replace("act, eft\n", "act, eft # allow or deny\n")
    assert enforcer(text, [(*ALICE, "deny")]).enforce("alice", "data1", "read")
    assert traps(text) == ["comment-after-definition", "bad-field", "effect-without-eft"]


def test_a_comment_in_a_continued_definition_cuts_it_off() -> None:
    text = conf("r.sub == p.sub && \\\n# and the object\nr.obj == p.obj && r.act == p.act")
    cut = conf("r.sub == p.sub \\\n# and the object\n&& r.obj == p.obj && r.act == p.act")
    assert enforcer(cut, [ALICE]).enforce("alice", "data2", "write")
    assert "broken-continuation" in traps(text)
    assert "broken-continuation" in traps(cut)
    assert traps(conf("r.sub == p.sub \\\n&& r.obj == p.obj \\\n && r.act == p.act")) == []


def test_a_section_in_a_continued_definition_cuts_it_off() -> None:
    text = ACL.replace("[policy_effect]", "\\\n[policy_effect]")
    assert "broken-continuation" in traps(text)


def test_a_misspelt_section_is_ignored() -> None:
    text = conf("g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act", roles="g = _, _")
    text = text.replace("role_definition", "role_definitions")
    with pytest.raises(simpleeval.FunctionNotDefined):
        enforcer(text, [ALICE]).enforce(*EVE)
    assert traps(text) == ["unknown-section", "unknown-function"]


def test_a_line_without_a_name_and_a_value_is_refused() -> None:
    with pytest.raises(RuntimeError, match="parse the content error"):
        enforcer(ACL + "nothing\n")
    assert traps(ACL + "nothing\n") == ["not-a-definition"]
    assert traps("a = b\n" + ACL) == ["not-a-definition"]
    assert traps(ACL + "= b\n") == ["not-a-definition"]


def test_a_definition_of_another_name_is_ignored() -> None:
    text = ACL + "M = r.sub == p.sub\n"
    assert not enforcer(text, [ALICE]).enforce("alice", "data2", "read")
    assert traps(text) == ["unknown-definition"]
    assert traps(ACL.replace("e = ", "effect = ")) == ["missing-definition", "unknown-definition"]
    assert traps(conf("g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act", roles="g = _, _\ng1 = _, _")) == [
        "unknown-definition"
    ]


def test_a_second_effect_is_ignored() -> None:
    text = DENYING.replace("e = ", f"e = {ALLOW}\ne2 = ", 1)
    context = casbin.core_enforcer.EnforceContext("r", "p", "e2", "m")
    assert enforcer(text, [(*ALICE, "allow"), (*ALICE, "deny")]).enforce(context, "alice", "data1", "read")
    assert traps(text) == ["numbered-definition"]


def test_a_role_definition_after_a_gap_is_ignored() -> None:
    text = conf("g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act", roles="g = _, _\ng3 = _, _")
    assert set(enforcer(text).model["g"]) == {"g"}
    assert traps(text) == ["numbering-gap"]
    assert traps(text.replace("g3 = _, _", "g2 = _, _\ng3 = _, _")) == []
    assert traps(text.replace("g = _, _\ng3 = _, _", "g2 = _, _")) == ["numbering-gap", "unknown-function"]


def test_of_two_definitions_only_the_last_counts() -> None:
    text = ACL + "m = r.act == p.act\n"
    assert enforcer(text, [ALICE]).enforce(*EVE)
    assert "defined-twice" in traps(text)


def test_every_definition_has_to_be_there() -> None:
    with pytest.raises((TypeError, KeyError)):
        enforcer(ACL.replace("policy_effect", "policy_affect"), [ALICE])
    assert traps("") == ["missing-definition"] * 4


def test_an_effect_has_to_be_one_of_pycasbins_to_the_letter() -> None:
    text = DENYING.replace("deny)", "dney)")
    with pytest.raises(RuntimeError, match="unsupported effect"):
        enforcer(text)
    assert traps(text) == ["unknown-effect"]
    assert traps(DENYING.replace("p.eft == allow", "p.eft==allow")) == ["unknown-effect"]


@pytest.mark.parametrize("effect", [BOTH, NO_DENY, PRIORITY])
def test_an_effect_with_deny_needs_rows_with_an_effect(effect: str) -> None:
    text = ACL.replace(ALLOW, effect)
    assert enforcer(text, [ALICE]).enforce("alice", "data1", "read")
    assert traps(text) == ["effect-without-eft"]


def test_a_field_has_to_be_a_name() -> None:
    text = conf("r.sub == p.sub && r.obj == p.obj", request="sub, obj,", policy="sub, obj")
    with pytest.raises(RuntimeError, match="invalid request size"):
        enforcer(text, [("p", "alice", "data1")]).enforce("alice", "data1")
    assert traps(text) == ["bad-field"]


def test_of_two_fields_with_one_name_the_first_is_lost() -> None:
    text = conf("r.sub == p.sub && r.obj == p.obj", request="sub, sub, obj", policy="sub, obj")
    assert enforcer(text, [("p", "alice", "data1")]).enforce("eve", "alice", "data1")
    assert traps(text) == ["repeated-field"]


def test_a_conditional_role_definition_turns_plain_ones_into_equality() -> None:
    text = conf("g(r.sub, p.sub) && g2(r.obj, p.obj) && r.act == p.act", roles="g = _, _\ng2 = _, _, (_, _)")
    rows = [("p", "admin", "data1", "read"), ("g", "alice", "admin")]
    assert not enforcer(text, rows).enforce("alice", "data1", "read")
    assert "conditional-role" in traps(text)
    alone = conf("g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act", roles="g = _, _, (_, _)")
    assert "conditional-role" not in traps(alone)


def test_a_role_definition_takes_two_values_or_three() -> None:
    text = conf("g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act", roles="g = user, role")
    with pytest.raises(RuntimeError, match="at least 2"):
        enforcer(text, [("g", "alice", "admin")])
    assert traps(text) == ["bad-role-definition"]
    assert "bad-role-definition" in traps(text.replace("user, role", "_, _, _, _"))


# The matcher.


def test_ch_05_eval_in_a_matcher_is_refused() -> None:
    text = conf("eval(p.rule) && r.obj == p.obj && r.act == p.act", policy="rule, obj, act")
    row = ("p", 'r.sub == "alice" or True', "data1", "read")
    assert enforcer(text, [row]).enforce(*EVE)
    assert traps(text) == ["unused-request-field", "eval"]


def test_a_single_equals_sign_drops_what_stands_before_it() -> None:
    text = ACL.replace("r.sub == p.sub", "r.sub = p.sub")
    assert enforcer(text, [ALICE]).enforce(*EVE)
    assert traps(text) == ["not-one-expression"]


def test_a_semicolon_drops_what_stands_after_it() -> None:
    text = ACL.replace("r.sub == p.sub && ", "r.sub == p.sub; ")
    assert enforcer(text, [ALICE]).enforce("alice", "data2", "write")
    assert traps(text) == ["comment-after-definition", "not-one-expression"]


def test_a_matcher_has_to_parse() -> None:
    text = conf("r.sub == p.sub && (r.obj == p.obj && r.act == p.act")
    with pytest.raises(SyntaxError):
        enforcer(text, [ALICE]).enforce(*EVE)
    assert traps(text) == ["not-one-expression"]
    assert traps(conf("del r.sub")) == ["not-one-expression"]


@pytest.mark.parametrize("literal", ['"hi!"', '"p.q"', "'r.x'", '"a&&b"', '"a||b"'])
def test_a_text_that_looks_like_code_is_rewritten(literal: str) -> None:
    text = conf(f"r.sub == p.sub && r.act == p.act && r.obj == {literal}", policy="sub, act")
    assert not enforcer(text, [("p", "alice", "read")]).enforce("alice", literal[1:-1], "read")
    assert traps(text) == ["literal-rewritten"]


def test_a_text_with_a_number_sign_ends_the_matcher() -> None:
    text = conf('r.sub == p.sub && r.act == p.act && r.obj != "#1"', policy="sub, act")
    with pytest.raises(SyntaxError):
        enforcer(text, [("p", "alice", "read")]).enforce(*EVE)
    assert traps(text) == ["literal-rewritten"]


def test_an_unknown_name_is_noticed_only_when_it_is_reached() -> None:
    text = ACL.replace("p.act", "p.action")
    assert enforcer(text, [ALICE]).enforce(*EVE) is False
    with pytest.raises(simpleeval.NameNotDefined):
        enforcer(text, [ALICE]).enforce("alice", "data1", "read")
    assert traps(text) == ["unknown-name", "unused-policy-field"]
    glued = ACL.replace(" && ", "&&")
    with pytest.raises((simpleeval.NameNotDefined, SyntaxError)):
        enforcer(glued, [ALICE]).enforce("alice", "data1", "read")
    assert traps(glued) != []


def test_an_unknown_function_is_noticed_only_when_it_is_reached() -> None:
    text = ACL.replace("r.act == p.act", "matches(r.act, p.act)")
    assert enforcer(text, [ALICE]).enforce(*EVE) is False
    assert traps(text) == ["unknown-function"]
    assert lint(text, "model.conf", functions=["matches"]) == ()
    assert traps(ACL.replace("r.act == p.act", "r.act in list(p.act)")) == []


def test_a_field_that_the_matcher_forgets_restricts_nothing() -> None:
    text = conf("r.obj == p.obj && r.act == p.act")
    assert enforcer(text, [ALICE]).enforce(*EVE)
    assert traps(text) == ["unused-request-field", "unused-policy-field"]


def test_labels_effects_and_priorities_need_no_mention() -> None:
    fields = "priority, id, code, sub, obj, act, eft"
    assert traps(ACL.replace("p = sub, obj, act", f"p = {fields}").replace(ALLOW, PRIORITY)) == []


def test_a_role_question_takes_as_many_values_as_its_definition() -> None:
    text = conf("g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act", roles="g = _, _, _")
    rows = [("p", "admin", "data1", "read"), ("g", "alice", "admin", "acme")]
    assert not enforcer(text, rows).enforce("alice", "data1", "read")
    assert traps(text) == ["role-arity"]


def test_em_11_in_asks_for_a_part_of_a_text() -> None:
    text = ACL.replace("r.sub == p.sub", "r.sub in (p.sub)")
    assert enforcer(text, [ALICE]).enforce("al", "data1", "read")
    assert traps(text) == ["substring-test"]
    assert traps(ACL.replace("r.sub == p.sub", 'r.sub in "alice" && r.sub == p.sub')) == ["substring-test"]
    assert traps(ACL.replace("r.sub == p.sub", 'r.sub in (p.sub, "root")')) == []


def test_is_asks_for_one_object_in_memory() -> None:
    text = ACL.replace("r.sub == p.sub", "r.sub is p.sub")
    another = "ALICE".lower()
    assert not enforcer(text, [ALICE]).enforce(another, "data1", "read")
    assert traps(text) == ["identity-test"]


def test_methods_of_values_are_pycasbins_own_business() -> None:
    assert traps(ACL.replace("r.sub == p.sub", "r.sub.lower() == p.sub")) == []


LINES = st.sampled_from(
    [*ACL.splitlines(), "g = _, _", "g9 = _", "[role_definition]", "m = (" * 9, "p = x \\", "m = r.sub == 'x\0'", ""]
)


@given(st.lists(LINES | st.text()), st.lists(st.lists(st.sampled_from(["p", "g", "a, b", ")", "", 1]))))
def test_whatever_the_file_lint_answers(lines: list[str], rows: list[list[object]]) -> None:
    text = "\n".join(lines)
    assert all(str(finding) for finding in lint(text, "model.conf"))
    assert all(str(finding) for finding in lint_rows(text, rows, "model.conf"))


def test_a_matcher_of_endless_depth_is_refused() -> None:
    assert "not-one-expression" in traps(conf("!" * 50_000 + "r.sub"))


# The rows.


def test_dg_18_an_empty_policy_allows_empty_texts() -> None:
    assert enforcer(ACL).enforce("", "", "")
    assert row_traps([]) == ["empty-policy"]
    assert row_traps([("g", "alice", "admin")], conf("g(r.sub, p.sub)", roles="g = _, _")) == ["empty-policy"]


def test_a_row_of_an_unknown_type_is_ignored(tmp_path: Path) -> None:
    model, policy = tmp_path / "model.conf", tmp_path / "policy.csv"
    model.write_text(ACL)
    policy.write_text("p, alice, data1, read\nP, eve, data1, read\n")
    assert not casbin.Enforcer(str(model), str(policy)).enforce(*EVE)
    assert row_traps([ALICE, ("P", *EVE)]) == ["unknown-row-type"]
    assert row_traps([ALICE, ()]) == ["unknown-row-type"]


def test_a_row_with_a_field_too_few_breaks_every_later_request() -> None:
    rows: list[tuple[object, ...]] = [("p", "alice", "data1"), ALICE]
    with pytest.raises(RuntimeError, match="invalid policy size"):
        enforcer(ACL, rows).enforce("alice", "data1", "read")
    assert row_traps(rows) == ["wrong-number-of-fields"]


def test_an_effect_with_a_typing_error_makes_a_deny_row_vanish() -> None:
    rows: list[tuple[object, ...]] = [(*ALICE, "allow"), (*ALICE, "dney")]
    assert enforcer(DENYING, rows).enforce("alice", "data1", "read")
    assert row_traps(rows, DENYING) == ["unknown-eft"]


def test_a_deny_row_does_nothing_where_the_effect_asks_for_allow() -> None:
    text = DENYING.replace(BOTH, ALLOW)
    rows: list[tuple[object, ...]] = [(*ALICE, "allow"), (*ALICE, "deny")]
    assert enforcer(text, rows).enforce("alice", "data1", "read")
    assert row_traps(rows, text) == ["deny-ignored"]


def test_a_priority_that_is_no_number_puts_a_row_last() -> None:
    text = DENYING.replace("p = sub", "p = priority, sub").replace(BOTH, PRIORITY)
    made = enforcer(text, [("p", "1", *ALICE[1:], "allow")])
    made.add_policy("0 ", *ALICE[1:], "deny")
    made.add_policy("high", *ALICE[1:], "deny")
    assert made.get_policy()[-1][0] == "high"
    assert row_traps([("p", "high", *ALICE[1:], "deny")], text) == ["bad-priority"]


def test_lc_16_a_row_that_is_there_twice_survives_its_removal() -> None:
    made = enforcer(ACL, [ALICE, ALICE])
    made.remove_policy(*ALICE[1:])
    assert made.enforce("alice", "data1", "read")
    assert row_traps([ALICE, ALICE]) == ["repeated-row"]


@pytest.mark.parametrize(
    "value",
    ["data1, data2", '"data1, data2"', "data\n1", "data(1", "data)1", " data1", "data[1, 2", 'a"b'],
    ids=repr,
)
def test_dg_15_a_value_with_a_separator_does_not_come_back_from_a_file(tmp_path: Path, value: str) -> None:
    model, policy = tmp_path / "model.conf", tmp_path / "policy.csv"
    model.write_text(ACL)
    policy.touch()
    made = casbin.Enforcer(str(model), str(policy))
    made.add_policy("alice", value, "read")
    made.save_policy()
    if '"' not in value or "," in value:
        try:
            reread = casbin.Enforcer(str(model), str(policy)).get_policy()
        except (IndexError, KeyError):
            reread = []
        assert reread != [["alice", value, "read"]]
    assert row_traps([("p", "alice", value, "read")]) == ["breaks-in-file"]


def test_commas_in_brackets_come_back_from_a_file() -> None:
    assert row_traps([("p", "alice", "f(a, b)", "read")]) == []


def test_a_value_that_is_no_text_is_refused() -> None:
    assert row_traps([ALICE, ("p", "alice", 1, "read")]) == ["not-text"]


def test_every_trap_is_shown_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [trap for trap in TRAPS if f'"{trap}"' not in source] == []


def test_what_a_broken_continuation_defined_belongs_to_its_section() -> None:
    broken = ACL.replace("act == p.act", "act == p.act \\") + "\n"
    assert traps(broken) == ["broken-continuation"]


def test_rows_are_counted_from_one() -> None:
    assert [finding.line for finding in lint_rows(ACL, [ALICE, ALICE], "model.conf")] == [2]
