"""The door to pycasbin lets in linted models only, and lets no word out."""

from __future__ import annotations

import logging

import pytest
from casbin.rbac.default_role_manager import DomainManager, RoleManager
from tests.engine.raw import BOTH, PRIORITY, conf

from partnerauth.policy.engine import gate

ACL = conf("r.sub == p.sub && r.obj == p.obj && r.act == p.act")
RBAC = conf("g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act", roles="g = _, _")


def test_a_model_with_a_trap_is_refused_with_every_finding() -> None:
    with pytest.raises(gate.ModelRefused, match=r"acl.conf:8: unused-policy-field") as refused:
        gate.load_model(conf("r.sub == p.sub"), "acl.conf")
    assert [finding.trap for finding in refused.value.findings] == [
        "unused-request-field",
        "unused-request-field",
        "unused-policy-field",
        "unused-policy-field",
    ]


def test_rows_that_pycasbin_stumbles_over_are_refused() -> None:
    with pytest.raises(gate.ModelRefused, match="wrong-number-of-fields"):
        gate.enforcer(ACL, [("p", "anna", "tariffs")])


def test_rows_in_memory_may_hold_what_no_file_can() -> None:
    made = gate.enforcer(ACL, [("p", "anna", 'tariffs, "old"\n', "read")])
    assert made.enforce("anna", 'tariffs, "old"\n', "read")
    assert not gate.enforcer(ACL, []).enforce("anna", "tariffs", "read")


def test_functions_are_known_to_lint_and_to_the_matcher() -> None:
    text = conf("same(r.sub, p.sub) && r.obj == p.obj && r.act == p.act")
    made = gate.enforcer(text, [("p", "anna", "tariffs", "read")], functions={"same": lambda one, other: one == other})
    assert made.enforce("anna", "tariffs", "read")


def test_rows_come_in_the_order_of_their_priority() -> None:
    text = conf(
        "r.sub == p.sub && r.obj == p.obj && r.act == p.act",
        policy="priority, sub, obj, act, eft",
        effect=PRIORITY,
    )
    row = ("anna", "tariffs", "read")
    made = gate.enforcer(text, [("p", "2", *row, "allow"), ("p", "1", *row, "deny")])
    assert not made.enforce(*row)
    assert gate.priority_column(made.model) == 0
    assert gate.definition(made.model).effect is gate.Effect.PRIORITY


def test_the_subjects_may_give_the_order() -> None:
    text = conf(
        "g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act",
        policy="sub, obj, act, eft",
        roles="g = _, _",
        effect="subjectPriority(p.eft) || deny",
    )
    rows = [("p", "clerk", "tariffs", "read", "deny"), ("p", "anna", "tariffs", "read", "allow")]
    made = gate.enforcer(text, [*rows, ("g", "anna", "clerk")])
    assert made.enforce("anna", "tariffs", "read")
    assert gate.definition(made.model).effect is None


def test_a_role_manager_of_ones_own_answers_from_a_membership_test() -> None:
    asked: list[tuple[str, ...]] = []

    def has(*link: str) -> bool:
        asked.append(link)
        return link == ("anna", "clerk")

    made = gate.enforcer(RBAC, [("p", "clerk", "tariffs", "read")], role_managers={"g": gate.role_manager(has)})
    assert made.enforce("anna", "tariffs", "read")
    assert not made.enforce("clerk", "tariffs", "read")
    assert asked == [("anna", "clerk"), ("clerk", "clerk")]
    with pytest.raises(RuntimeError, match="change with their owner"):
        made.add_grouping_policy("bram", "clerk")


def test_request_values_and_rows_are_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        loggers = [logging.getLogger(name) for name in ("casbin.enforcer", "casbin.policy", "casbin.role")]
        made = gate.enforcer(RBAC, [("p", "clerk", "tariffs", "read"), ("g", "anna", "clerk")])
        twin = gate.interpreter(made, made.get_policy(), {})
        for logger in loggers:
            logger.disabled = False
        for enforcer in (made, twin):
            enforcer.enforce("anna", "tariffs", "read")
            enforcer.enforce("hunter2-secret", "tariffs", "read")
            enforcer.build_role_links()
            enforcer.add_grouping_policy("hunter2-secret", "clerk")
            enforcer.model.print_policy()
    assert caplog.text == ""


def test_links_are_read_from_pycasbins_own_role_managers_only() -> None:
    rows = [("p", "clerk", "tariffs", "read"), ("g", "anna", "clerk")]
    made = gate.enforcer(RBAC, rows)
    stock = gate.stock_roles(made, "g", 2)
    assert stock == gate.StockRoles(domains=False, hops=9, links=(("anna", "clerk"),))
    assert gate.stock_roles(made, "g", 3) is None
    made.add_named_matching_func("g", lambda one, other: one == other)
    assert gate.stock_roles(made, "g", 2) is None
    never = gate.enforcer(RBAC, rows, role_managers={"g": RoleManager(0)})
    assert gate.stock_roles(never, "g", 2) is None


def test_links_of_domains_are_read_whether_or_not_they_were_asked_for() -> None:
    text = conf(
        "g(r.sub, p.sub, r.dom) && r.dom == p.dom",
        request="sub, dom",
        policy="sub, dom, eft",
        roles="g = _, _, _",
        effect=BOTH,
    )
    rows = [
        ("p", "clerk", "acme", "allow"),
        ("g", "anna", "clerk", "acme"),
        ("g", "bram", "clerk", "umbrella"),
    ]
    made = gate.enforcer(text, rows)
    assert made.enforce("anna", "acme")
    stock = gate.stock_roles(made, "g", 3)
    assert stock is not None
    assert sorted(stock.links) == [("anna", "clerk", "acme"), ("bram", "clerk", "umbrella")]
    patterned = gate.enforcer(text, rows, role_managers={"g": DomainManager(10)})
    patterned.add_named_domain_matching_func("g", lambda one, other: one == other)
    assert gate.stock_roles(patterned, "g", 3) is None
