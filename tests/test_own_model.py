"""A rights model of the embedder's own is what every question of a view goes by."""

from __future__ import annotations

import pytest
from tests.histories import ACME, APP, BEN, DEPOT, HQ, History, company, place, user

from partnerauth.adapters.memory import MemoryStore
from partnerauth.embed import PartnerAuth
from partnerauth.entities import State
from partnerauth.index import Models
from partnerauth.policy.engine import rows, rules
from partnerauth.policy.engine.conf_model import ConfModel
from partnerauth.policy.engine.masks import Masks
from partnerauth.policy.portal import Portal
from partnerauth.ports import Store
from partnerauth.view import View

# One more kind of row than the shipped model has: whoever asks for this right is denied, by this row.
OWN_CONF = rules.conf_text("rights").replace(
    '(p.kind == "is" && ', '(p.kind == "shut" && r.right == p.arg) || (p.kind == "is" && '
)
SHUT = ("closed-for-repair", "shut", "user", "deny")


def own(portal: Portal) -> ConfModel:
    return ConfModel(portal, OWN_CONF, lambda each: [SHUT, *rows.rights_rows(each)])


def opened(models: Models, store: Store | None = None) -> PartnerAuth:
    return PartnerAuth("bpost", store or MemoryStore(), models=models)


def answers(view: View, who: str, code: str | None, right: str, where: str | None, **named: str) -> set[bool]:
    """Ask in each way that there is."""
    said = {
        view.can(who, code, right, account=where, resources=named),
        view.for_user(who).can(code, right, account=where, resources=named),
        view.explain(who, code, right, account=where, resources=named).allowed,
    }
    if code is not None and where is not None and "/" in where:
        said.add(who in view.who_can(code, right, account=where, resources=named))
    return said


def test_a_model_conf_of_ones_own_is_what_every_question_goes_by() -> None:
    shipped, ours = opened(Masks), opened(own)
    for each in (shipped, ours):
        company(each.store)
    assert answers(shipped.view(), BEN, APP, "user", HQ, contract="C1") == {True}
    assert answers(ours.view(), BEN, APP, "user", HQ, contract="C1") == {False}
    assert ours.view().scope(BEN, APP, "user") == {}
    assert ours.view().can(BEN, None, "ftp")


@pytest.mark.rule("GX-09")
def test_a_denial_by_a_row_of_ones_own_names_the_row_and_has_a_sentence() -> None:
    ours = opened(own)
    company(ours.store)
    decision = ours.view().explain(BEN, APP, "user", account="hq", resources={"contract": "C1"})
    assert decision.rule == "closed-for-repair"
    assert decision.reason
    assert decision.reason.code == "right-missing"


@pytest.mark.rule("GX-02")
def test_what_a_commit_changes_reaches_a_model_of_ones_own_too() -> None:
    ours = opened(ConfModel)
    company(ours.store)
    assert answers(ours.view(), BEN, APP, "user", HQ) == {True}
    place(ours.store, user(BEN, state=State.DEACTIVATED))
    assert answers(ours.view(), BEN, APP, "user", HQ) == {False}
    decision = ours.view().explain(BEN, APP, "user", account="hq")
    assert decision.reason
    assert decision.reason.code == "user-inactive"


@pytest.mark.parametrize("models", [Masks, ConfModel, own])
@pytest.mark.parametrize("seed", range(3))
def test_can_and_explain_agree_whatever_the_model(models: Models, seed: int) -> None:
    ours = opened(models)
    history = History(ours.portal, ours.store, seed)
    allowed = 0
    for _ in range(15):
        history.goes_on()
        view = ours.view()
        for _ in range(30):
            who, code, right, where, named = history.question()
            said = answers(view, who, code, right, where, **named)
            assert len(said) == 1, (who, code, right, where, named, said)
            allowed += said.pop()
    assert allowed > 5


@pytest.mark.parametrize("models", [Masks, ConfModel])
def test_what_nobody_can_be_allowed_is_told_apart_all_the_same(models: Models) -> None:
    ours = opened(models)
    company(ours.store)
    for asked, code in (
        ((BEN, APP, "user", "nowhere", {}), "other-organisation"),
        ((BEN, APP, "user", "bolt/hq", {}), "other-organisation"),
        ((BEN, "no-such", "user", "hq", {}), "right-missing"),
        ((BEN, "-", "ftp", "hq", {}), "right-missing"),
        ((BEN, APP, "user", "hq", {"contract": "-"}), "resource-not-granted"),
        ((BEN, APP, "user", "hq", {"colour": "red"}), "resource-not-granted"),
        ((BEN, APP, "no-such", "hq", {"colour": "red"}), "right-missing"),
        (("u-nobody", APP, "user", "hq", {}), "other-organisation"),
    ):
        who, application, right, where, named = asked
        view = ours.view()
        decision = view.explain(who, application, right, account=where, resources=named)
        assert decision.reason
        assert (decision.reason.code, view.can(who, application, right, account=where, resources=named)) == (
            code,
            False,
        ), asked
    assert DEPOT.startswith(ACME)
