"""The compiler of Casbin models: what it looks up, what it leaves to pycasbin, and how rows come and go."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Thread
from types import FunctionType

import casbin
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.differential import outcome
from tests.engine.raw import ALLOW, BOTH, NO_DENY, PRIORITY, conf, enforcer

from partnerauth.policy.engine.compiled import CompiledEnforcer
from partnerauth.policy.engine.explanation import ROWS_READ, Explanation, NearMiss

MATCH = "r.sub == p.sub && r.obj == p.obj && r.act == p.act"
ACL = conf(MATCH)
DENYING = conf(MATCH, policy="sub, obj, act, eft", effect=BOTH)
RBAC = conf("g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act", roles="g = _, _")
DOMAINS = conf(
    "g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj",
    request="sub, dom, obj",
    policy="sub, dom, obj",
    roles="g = _, _, _",
)
ANNA = ("anna", "tariffs", "read")


def compiled(text: str, *rows: tuple[object, ...]) -> CompiledEnforcer:
    return CompiledEnforcer(enforcer(text, rows))


# Rows.


@pytest.mark.parametrize("effect", [ALLOW, NO_DENY, BOTH, PRIORITY])
def test_dg_18_an_empty_policy_denies_whatever_the_effect(effect: str) -> None:
    made = compiled(conf(MATCH, policy="sub, obj, act, eft", effect=effect))
    for request in (ANNA, ("", "", "")):
        assert made.enforce(*request) is False
        assert made.enforce_ex(*request) == (False, [])
        assert made.explain(*request) == Explanation(allowed=False, row=None)
    assert made.add_policy("bram", "tariffs", "read", "deny")
    assert made.enforce(*ANNA) is (effect == NO_DENY)
    assert made.remove_policy("bram", "tariffs", "read", "deny")
    assert made.enforce(*ANNA) is False


def test_rows_hold_from_the_next_request_on() -> None:
    made = compiled(ACL)
    assert made.add_policy(*ANNA)
    assert made.enforce(*ANNA)
    assert not made.add_policy(*ANNA)
    assert made.add_policy("anna", "tariffs", "write")
    assert made.remove_policy(*ANNA)
    assert not made.enforce(*ANNA)
    assert not made.remove_policy(*ANNA)
    assert made.enforce("anna", "tariffs", "write")


def test_lc_16_a_link_that_is_cut_ends_what_was_granted_through_it() -> None:
    made = compiled(RBAC, ("p", "clerk", "tariffs", "read"))
    assert made.add_grouping_policy("anna", "team")
    assert made.add_grouping_policy("team", "clerk")
    assert made.enforce(*ANNA)
    assert not made.add_grouping_policy("team", "clerk")
    assert made.remove_grouping_policy("team", "clerk")
    assert not made.enforce(*ANNA)
    assert not made.remove_grouping_policy("team", "clerk")


def test_lc_16_a_row_that_is_there_twice_is_gone_when_removed() -> None:
    made = compiled(ACL, ("p", *ANNA), ("p", *ANNA))
    assert made.remove_policy(*ANNA)
    assert not made.enforce(*ANNA)


def test_a_function_that_was_kept_sees_rows_of_a_new_kind() -> None:
    text = conf('(r.sub == p.sub || p.sub == "*") && r.obj == p.obj && r.act == p.act')
    made = compiled(text, ("p", *ANNA))
    kept = made.enforce
    assert not kept("bram", "tariffs", "read")
    made.add_policy("*", "tariffs", "read")
    assert kept("bram", "tariffs", "read")
    assert isinstance(kept, FunctionType)


def test_dg_26_deny_wins_whatever_the_order() -> None:
    for efts in (("allow", "deny"), ("deny", "allow")):
        made = compiled(DENYING, *(("p", *ANNA, eft) for eft in efts))
        assert not made.enforce(*ANNA)
        assert made.explain(*ANNA).row == (*ANNA, "deny")


def test_the_enforcer_that_was_compiled_stays_as_it_is() -> None:
    original = enforcer(RBAC, [("p", "clerk", "tariffs", "read"), ("g", "bram", "clerk")])
    made = CompiledEnforcer(original)
    made.add_grouping_policy("anna", "clerk")
    made.remove_grouping_policy("bram", "clerk")
    made.remove_policy("clerk", "tariffs", "read")
    made.add_policy("clerk", "tariffs", "write")
    assert original.enforce("bram", "tariffs", "read")
    assert not original.enforce(*ANNA)
    assert original.get_policy() == [["clerk", "tariffs", "read"]]
    assert made.enforce("anna", "tariffs", "write")


@pytest.mark.parametrize("row", [("anna", "tariffs"), ("anna", "tariffs", 1), (*ANNA, "x")])
def test_a_row_that_does_not_fit_is_refused_when_it_comes(row: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="a row of type p takes 3 texts"):
        compiled(ACL, ("p", *row))
    with pytest.raises(ValueError, match="a row of type p takes 3 texts"):
        compiled(ACL).add_policy(*row)
    with pytest.raises(ValueError, match="a row of type g takes 2 texts"):
        compiled(RBAC).add_grouping_policy("anna", "clerk", "acme")


def test_only_rows_of_type_p_are_compiled() -> None:
    for change in (compiled(ACL).add_named_policy, compiled(ACL).remove_named_policy):
        with pytest.raises(ValueError, match="'p2': only rows of type p"):
            change("p2", *ANNA)


def test_rows_are_kept_in_the_order_of_their_priority() -> None:
    text = conf(MATCH, policy="priority, sub, obj, act, eft", effect=PRIORITY)
    original = enforcer(text, [("p", "10", *ANNA, "deny"), ("p", "9", *ANNA, "allow")])
    made = CompiledEnforcer(original)
    assert made.enforce_ex(*ANNA) == (True, ["9", *ANNA, "allow"])
    made.add_policy("1", *ANNA, "deny")
    assert made.enforce_ex(*ANNA) == (False, ["1", *ANNA, "deny"])
    with pytest.raises(ValueError, match="the priority 'high' is no whole number"):
        made.add_policy("high", *ANNA, "deny")
    original.model["p"]["p"].policy.reverse()
    with pytest.raises(ValueError, match="not in the order of their priority"):
        CompiledEnforcer(original)


@given(st.lists(st.tuples(*[st.text(max_size=5)] * 3), min_size=1, max_size=5, unique=True))
def test_texts_of_any_kind_are_values_and_never_code(rows: list[tuple[str, str, str]]) -> None:
    made = compiled(RBAC, *(("p", *row) for row in rows))
    for row in rows:
        assert made.enforce(*row)
        made.add_grouping_policy("somebody", row[0])
        assert made.enforce("somebody", *row[1:])
        made.remove_grouping_policy("somebody", row[0])
        assert made.explain(*row).row == row
        assert repr(row[0]) not in made.listing or len(row[0]) < 2


# Requests.


def test_a_request_of_the_wrong_size_is_an_error() -> None:
    made = compiled(ACL, ("p", *ANNA))
    with pytest.raises(TypeError):
        made.enforce("anna")
    with pytest.raises(RuntimeError, match="invalid request size"):
        made.enforce_ex("anna")


@pytest.mark.parametrize("odd", [["anna"], None, 1, ("anna",), {}, float("nan")], ids=repr)
@pytest.mark.parametrize("text", [ACL, RBAC, DOMAINS, conf(MATCH.replace("r.sub ==", "r.sub <"))])
def test_values_that_are_no_texts_mean_what_they_mean_to_pycasbin(text: str, odd: object) -> None:
    rows = [("p", "clerk", "1", "read"), ("p", "anna", "1", "read"), ("p", "None", "1", "x")]
    reference, made = enforcer(text, rows), compiled(text, *rows)
    for at in range(3):
        request: list[object] = ["clerk", "1", "read"]
        request[at] = odd
        assert outcome(made.enforce, request) == outcome(reference.enforce, request)
        assert outcome(made.enforce_ex, request) == outcome(reference.enforce_ex, request)


# What is left to pycasbin.


def test_ch_05_a_matcher_with_eval_is_pycasbins_own() -> None:
    text = conf("eval(p.rule) && r.obj == p.obj && r.act == p.act", policy="rule, obj, act")
    made = compiled(text, ("p", 'r.sub == "anna"', "tariffs", "read"))
    assert made.fallbacks == ("every request is left to pycasbin: eval() in the matcher",)
    assert made.listing == ""
    assert made.enforce(*ANNA)
    assert not made.enforce("bram", "tariffs", "read")
    assert made.explain(*ANNA).row == ('r.sub == "anna"', "tariffs", "read")
    assert made.explain("bram", "tariffs", "read") == Explanation(allowed=False, row=None)
    assert made.add_policy('r.sub == "bram"', "tariffs", "read")
    assert made.enforce("bram", "tariffs", "read")
    assert made.remove_policy('r.sub == "bram"', "tariffs", "read")
    assert not made.enforce("bram", "tariffs", "read")


def test_conditional_roles_are_pycasbins_own() -> None:
    text = conf("g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act", roles="g = _, _, (_, _)")
    original = enforcer(text, [("p", "clerk", "tariffs", "read"), ("g", "anna", "clerk", "_", "_")])
    original.model.build_conditional_role_links(original.cond_rm_map)
    made = CompiledEnforcer(original)
    assert made.fallbacks == ("every request is left to pycasbin: conditional roles",)
    assert made.enforce(*ANNA)
    with pytest.raises(ValueError, match="g: pycasbin can only load the links of a conditional role"):
        made.add_grouping_policy("bram", "clerk", "_", "_")


def test_an_effect_of_ones_own_is_asked_for_every_request() -> None:
    class Never(casbin.effect.Effector):  # type: ignore[misc]
        def intermediate_effect(self, _: object) -> object:
            return casbin.effect.Effector.INDETERMINATE

        def final_effect(self, _: object) -> object:
            return casbin.effect.Effector.DENY

    original = enforcer(ACL, [("p", *ANNA)])
    original.set_effector(Never())
    made = CompiledEnforcer(original)
    assert made.fallbacks == ("every request is left to pycasbin: an effect of somebody's own",)
    assert not made.enforce(*ANNA)


def test_fields_that_are_no_names_are_pycasbins_own() -> None:
    made = compiled(ACL.replace("r = sub", "r = sub-ject, sub"), ("p", *ANNA))
    assert made.fallbacks == ("every request is left to pycasbin: fields that are no names, or are there twice",)
    assert made.enforce("whatever", *ANNA)


def test_a_role_manager_of_ones_own_is_asked_row_by_row() -> None:
    original = enforcer(RBAC, [("p", "clerk", "tariffs", "read")])
    original.add_named_matching_func("g", casbin.util.key_match_func)
    made = CompiledEnforcer(original)
    assert made.fallbacks == (
        "g: its role manager is asked, row by row",
        "g(r.sub, p.sub): may raise, so it is tested row by row, in Casbin's order",
        "r.obj == p.obj: not looked up, it stands after g(r.sub, p.sub)",
        "r.act == p.act: not looked up, it stands after g(r.sub, p.sub)",
    )
    assert made.add_grouping_policy("an*", "clerk")
    assert made.enforce(*ANNA)
    assert made.remove_grouping_policy("an*", "clerk")
    assert not made.enforce(*ANNA)


def test_a_function_in_capitals_can_not_stand_in_for_a_table() -> None:
    original = enforcer(conf("ROWS_0(r.sub, p.sub) && r.obj == p.obj && r.act == p.act"), [("p", *ANNA)])
    original.add_function("ROWS_0", lambda one, other: one == other)
    made = CompiledEnforcer(original)
    assert made.fallbacks[0] == "ROWS_0(r.sub, p.sub): left to pycasbin's evaluator, row by row"
    assert made.enforce(*ANNA)
    assert not made.enforce("bram", "tariffs", "read")


def test_a_name_that_the_evaluator_keeps_for_itself_means_what_it_means_there() -> None:
    original = enforcer(conf("r.sub == p.sub && r.obj in list(p.obj) && r.act == p.act"), [("p", *ANNA)])
    original.add_function("list", lambda _: [])
    made = CompiledEnforcer(original)
    for request in (("anna", "t", "read"), ("anna", "x", "read")):
        assert made.enforce(*request) is original.enforce(*request)


def test_ch_05_a_function_that_pycasbin_refuses_is_refused_at_once() -> None:
    original = enforcer(conf("run(r.sub, p.sub) && r.obj == p.obj && r.act == p.act"), [("p", *ANNA)])
    original.add_function("run", eval)
    with pytest.raises(Exception, match="a really bad idea"):
        original.enforce(*ANNA)
    with pytest.raises(Exception, match="a really bad idea"):
        CompiledEnforcer(original)


def test_a_method_of_a_value_is_left_to_pycasbin() -> None:
    made = compiled(conf("r.sub == p.sub && r.obj.startswith(p.obj) && r.act == p.act"), ("p", *ANNA))
    assert made.fallbacks == (
        "r.obj.startswith(p.obj): left to pycasbin's evaluator, row by row",
        "r.act == p.act: not looked up, it stands after r.obj.startswith(p.obj)",
    )
    assert made.enforce("anna", "tariffs of 2026", "read")


def test_a_literal_that_pycasbin_refuses_is_left_to_it() -> None:
    made = compiled(conf(f'r.sub == p.sub && r.obj == "{"x" * 100_001}"', policy="sub"), ("p", "anna"))
    with pytest.raises(Exception, match="too long"):
        made.enforce(*ANNA)


@pytest.mark.parametrize("kind", [casbin.FastEnforcer, casbin.SyncedEnforcer])
def test_an_enforcer_that_decides_in_its_own_way_is_refused(kind: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match=r"compile a plain casbin\.Enforcer"):
        CompiledEnforcer(kind(enforcer(ACL).model))


def test_dg_18_an_enforcer_that_is_switched_off_is_refused() -> None:
    off = enforcer(ACL)
    off.enable_enforce(enabled=False)
    with pytest.raises(ValueError, match="switched off and allows everything"):
        CompiledEnforcer(off)


def test_a_matcher_too_wide_to_look_up_is_tested_row_by_row() -> None:
    wide = " && ".join(f'(r.sub == p.sub || r.obj == "{number}")' for number in range(5))
    text = conf(f"({wide} || r.act == p.act) && r.obj == p.obj")
    made, reference = compiled(text, ("p", *ANNA)), enforcer(text, [("p", *ANNA)])
    for request in (ANNA, ("bram", "tariffs", "read"), ("bram", "tariffs", "x"), ("bram", "1", "x")):
        assert made.enforce(*request) is reference.enforce(*request)
    listed = " || ".join(f'(r.sub == p.sub && r.obj == "{number}")' for number in range(17))
    assert compiled(conf(f"({listed}) && r.act == p.act"), ("p", *ANNA)).enforce("anna", "3", "read")


# Explanations.


@pytest.mark.rule("GX-09")
def test_an_answer_comes_with_the_row_that_decided() -> None:
    made = compiled(DENYING, ("p", *ANNA, "allow"), ("p", "bram", "tariffs", "read", "deny"))
    assert made.explain(*ANNA) == Explanation(allowed=True, row=(*ANNA, "allow"))
    assert made.explain("bram", "tariffs", "read") == Explanation(
        allowed=False, row=("bram", "tariffs", "read", "deny")
    )
    none = compiled(conf(MATCH, policy="sub, obj, act, eft", effect=NO_DENY), ("p", *ANNA, "deny"))
    assert none.explain("bram", "tariffs", "read") == Explanation(allowed=True, row=None)


@pytest.mark.rule("GX-09")
def test_a_denial_names_the_nearest_rows_and_what_failed() -> None:
    rows = [
        ("p", "clerk", "tariffs", "write", "allow"),
        ("p", "clerk", "contracts", "write", "allow"),
        ("p", "anna", "tariffs", "delete", "deny"),
        ("p", "chief", "contracts", "sign", "allow"),
        ("p", "boss", "archive", "burn", "allow"),
        ("g", "anna", "clerk"),
    ]
    text = conf(
        'r.sub == "root" || g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act',
        policy="sub, obj, act, eft",
        roles="g = _, _",
        effect=BOTH,
    )
    assert compiled(text, *rows).explain(*ANNA) == Explanation(
        allowed=False,
        row=None,
        near=(
            NearMiss(("clerk", "tariffs", "write", "allow"), ("r.act == p.act",)),
            NearMiss(("clerk", "contracts", "write", "allow"), ("r.obj == p.obj", "r.act == p.act")),
            NearMiss(("chief", "contracts", "sign", "allow"), ("g(r.sub, p.sub)", "r.obj == p.obj", "r.act == p.act")),
        ),
    )


def test_a_condition_that_raises_did_not_hold() -> None:
    text = conf("r.sub == p.sub && r.obj.owner == p.obj && regexMatch(r.act, p.act)")
    made = compiled(text, ("p", "bram", "tariffs", "("))
    assert made.explain(*ANNA).near == (
        NearMiss(
            ("bram", "tariffs", "("),
            ("r.sub == p.sub", "r.obj.owner == p.obj", "regexMatch(r.act, p.act)"),
        ),
    )


def test_an_answer_of_pycasbin_itself_is_explained_as_well() -> None:
    text = conf("r.sub < p.sub && r.obj == p.obj && r.act == p.act", policy="sub, obj, act, eft", effect=NO_DENY)
    made = compiled(text, ("p", "2", "tariffs", "read", "deny"), ("p", "9", "tariffs", "read", "allow"))

    class Name(str):
        __slots__ = ()

    assert made.explain(Name("1"), "tariffs", "read").row == ("2", "tariffs", "read", "deny")
    assert made.explain(Name("5"), "tariffs", "read") == Explanation(allowed=True, row=None)


def test_rows_that_were_not_read_for_an_explanation_are_counted() -> None:
    rows = [("p", f"u{number}", "tariffs", "read") for number in range(ROWS_READ + 2)]
    explanation = compiled(ACL, *rows).explain("anna", "tariffs", "write")
    assert explanation.rows_unread == 2
    assert len(explanation.near) == 3


# Threads.


def test_threads_ask_while_rows_and_links_come_and_go() -> None:
    made = compiled(
        conf(
            'g(r.sub, p.sub) && (r.obj == p.obj || p.obj == "*") && r.act == p.act',
            policy="sub, obj, act, eft",
            roles="g = _, _",
            effect=BOTH,
        ),
        ("p", "clerk", "tariffs", "read", "allow"),
        ("p", "banned", "*", "read", "deny"),
        ("g", "anna", "clerk"),
        ("g", "bram", "banned"),
        ("g", "bram", "clerk"),
    )
    wrong: list[object] = []
    done = False

    def ask() -> None:
        while not done:
            try:
                if not made.enforce(*ANNA) or made.enforce("bram", "tariffs", "read"):
                    wrong.append("answer")
                if made.explain("bram", "tariffs", "read").allowed or not made.enforce_ex(*ANNA)[0]:
                    wrong.append("explanation")
            except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
                wrong.append(error)

    threads = [Thread(target=ask) for _ in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    for thread in threads:
        thread.start()
    try:
        for number in range(400):
            link, row = (f"u{number % 7}", "clerk"), ("clerk", f"obj{number % 5}", "read", "allow")
            made.add_grouping_policy(*link)
            made.add_policy(*row)
            made.add_grouping_policy("clerk", "staff")
            made.enforce(link[0], row[1], "read")
            made.remove_grouping_policy("clerk", "staff")
            made.remove_policy(*row)
            made.remove_grouping_policy(*link)
            if made.enforce(link[0], "tariffs", "read"):
                wrong.append("a cut link")
    finally:
        done = True
        sys.setswitchinterval(interval)
        for thread in threads:
            thread.join()
    assert wrong == []
