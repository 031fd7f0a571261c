"""Every rights model says the same of the same facts: the masks, the compiled model.conf, and Cedar beside them."""

from __future__ import annotations

import threading

import pytest
from tests.engine.cedar import Oracle
from tests.histories import ACME, APP, BEN, HQ, PEOPLE, History

from partnerauth.adapters.memory import MemoryStore
from partnerauth.entities import RIGHT, AccountId, Element
from partnerauth.index import Index
from partnerauth.policy.engine import rows, rules
from partnerauth.policy.engine.conf_model import ConfModel
from partnerauth.policy.engine.gate import ModelRefused
from partnerauth.policy.engine.masks import Masks
from partnerauth.policy.engine.model import RightsModel
from partnerauth.portals import read_portal, shipped
from partnerauth.testing.clockwork import world

POST = "emasspost"
MODELS: tuple[type[Masks | ConfModel], ...] = (Masks, ConfModel)


@pytest.mark.rule("BP-06", "BP-12", "BP-13", "BP-20", "BP-21", "BP-24", "BP-26", "BP-31", "BP-32", "GX-02")
@pytest.mark.parametrize("seed", range(20, 25))
def test_masks_compiled_casbin_and_cedar_agree_on_random_histories(seed: int) -> None:
    portal = read_portal("bpost")
    there = world(portal, MemoryStore())
    history = History(portal, there.store, seed)
    conf = Index(portal, there.store, models=ConfModel)
    allowed = 0
    for _ in range(25):
        history.goes_on()
        view = there.view()
        conf.catch_up()
        questions = [question for question in (history.question() for _ in range(50)) if question[0] in PEOPLE]
        # A resource called like the sign for none is the only thing that never reaches a model.
        said = Oracle(portal, there.store, view, PEOPLE).decide(questions)
        for (who, code, right, where, named), cedar in zip(questions, said, strict=True):
            masks = view.can(who, code, right, account=where, resources=named)
            assert masks is conf.can(who, code, right, where, named), (who, code, right, where, named)
            assert masks is (cedar and "-" not in named.values()), (who, code, right, where, named)
            allowed += masks
    assert allowed > 10


@pytest.mark.parametrize("seed", range(3))
def test_masks_and_the_compiled_model_name_the_same_row(seed: int) -> None:
    portal = read_portal("bpost")
    store = MemoryStore()
    history = History(portal, store, seed)
    masks, conf = (Index(portal, store, models=model) for model in MODELS)
    explained = 0
    for _ in range(25):
        history.goes_on()
        for index in (masks, conf):
            index.catch_up()
        for _ in range(40):
            who, code, right, where, named = history.question()
            home = masks.for_user(who)[0]
            if code is None or where is None or home is None or "-" in named.values():
                continue
            conf.for_user(who)
            request = (who, code, right, where if "/" in where else f"{home}/{where}")
            resources = [named.get(kind, "-") for kind in ("product", "billing-address", "contract")]
            one, other = (index.model.explain(*request, *resources) for index in (masks, conf))
            assert one[0] is other[0], (request, resources)
            # Whether an account is open the links say of the account, and the masks of it and the application.
            if "other-organisation" not in {one[1], other[1]}:
                assert one == other, (request, resources)
                explained += 1
    assert explained > 100


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_portal_has_both_models(name: str, model: type[Masks | ConfModel]) -> None:
    portal = read_portal(name)
    made: RightsModel = model(portal)
    code, application = next(iter(portal.applications.items()))
    right = next(right for right, each in application.rights.items() if not each.needs and not each.option)
    made.set_account(HQ, options=(), active=())
    made.load_user(BEN, ACME, ["state:active"], [(HQ, code, {RIGHT: [right]})])
    assert made.decide(BEN, code, right, HQ)
    assert made.for_user(BEN)(code, right, HQ)
    assert made.explain(BEN, code, right, HQ) == (True, "held")
    assert set(made.selections(BEN)) == {(HQ, code, frozenset({Element(RIGHT, right)}))}
    assert not made.decide(BEN, code, right, "acme/depot")
    made.drop_user(BEN)
    assert not made.decide(BEN, code, right, HQ)
    assert list(made.selections(BEN)) == []


@pytest.mark.rule("GX-02")
@pytest.mark.parametrize("model", MODELS)
def test_what_is_held_of_a_product_that_is_gone_from_the_portal_is_no_other_product(
    model: type[Masks | ConfModel],
) -> None:
    portal = read_portal("bpost")
    made: RightsModel = model(portal)
    made.set_account(HQ, options=(), active=())
    right = next(name for name, each in portal.applications[POST].rights.items() if each.needs == ("product",))
    for held, expected in (("no-longer", False), ("letter", True)):
        made.load_user(BEN, ACME, ["state:active"], [(HQ, POST, {RIGHT: [right], "product": [held]})])
        products = portal.applications[POST].products
        assert [made.decide(BEN, POST, right, HQ, product) for product in products] == [
            expected and product == held for product in products
        ]
    if isinstance(made, Masks):
        made.load_user(BEN, ACME, ["state:active"], [(HQ, POST, {RIGHT: [right]})])
        made.add(BEN, HQ, POST, "product", "no-longer")
        assert not any(made.decide(BEN, POST, right, HQ, product) for product in portal.applications[POST].products)


@pytest.mark.parametrize("model", MODELS)
def test_other_rules_have_another_fingerprint(model: type[Masks | ConfModel]) -> None:
    portals = [read_portal(name) for name in shipped()]
    fingerprints = {model(portal).fingerprint for portal in portals}
    assert len(fingerprints) == len(portals)
    assert {model(portal).fingerprint for portal in portals} == fingerprints


def test_rows_of_ones_own_decide() -> None:
    portal = read_portal("bpost")
    without = ConfModel(portal, rows_of=lambda each: [row for row in rows.rights_rows(each) if row[1] != "is-not"])
    strict = ConfModel(portal)
    for model, expected in ((strict, False), (without, True)):
        model.set_account(HQ, options=(), active=["C1"])
        model.load_user(BEN, ACME, ["state:deactivated"], [(HQ, APP, {RIGHT: ["user"], "contract": ["C1"]})])
        assert model.decide(BEN, APP, "user", HQ) is expected
    assert without.fingerprint != strict.fingerprint


def test_where_no_row_decided_the_right_is_missing() -> None:
    portal = read_portal("bpost")
    model = ConfModel(portal, rows_of=lambda each: [row for row in rows.rights_rows(each) if row[-1] == "allow"])
    model.set_account(HQ, options=(), active=())
    model.load_user(BEN, ACME, ["state:active"], [])
    assert model.explain(BEN, POST, "creation", HQ) == (False, "right-missing")


def test_a_conf_of_ones_own_decides() -> None:
    portal = read_portal("bpost")
    conf = rules.conf_text("rights").replace('p.kind == "is" && g2(r.sub, p.arg)', 'p.kind == "is" && r.right == p.arg')
    model = ConfModel(portal, conf, lambda each: [("closed", "is", "user", "deny"), *rows.rights_rows(each)])
    model.set_account(HQ, options=(), active=["C1"])
    model.load_user(BEN, ACME, ["state:active"], [(HQ, APP, {RIGHT: ["user", "administrator"], "contract": ["C1"]})])
    assert model.explain(BEN, APP, "user", HQ) == (False, "closed")


def test_a_conf_that_casbin_would_misread_is_refused() -> None:
    with pytest.raises(ModelRefused):
        ConfModel(read_portal("bpost"), rules.conf_text("rights").replace("p.eft == deny", "p.eft == dney"))


@pytest.mark.parametrize("model", MODELS)
def test_whoever_asks_while_facts_are_told_gets_the_old_ones_or_the_new(model: type[Masks | ConfModel]) -> None:
    made: RightsModel = model(read_portal("bpost"))
    depot = AccountId("acme/depot")
    for account in (HQ, depot):
        made.set_account(account, options=(), active=["C1"])
    held = {RIGHT: ["user"], "contract": ["C1"]}
    told, wrong = threading.Event(), []

    def asks() -> None:
        while not told.is_set():
            if made.decide(BEN, APP, "user", HQ, "-", "-", "C2"):
                wrong.append("what he never held")
            if not made.decide(BEN, APP, "user", HQ, "-", "-", "C1"):
                wrong.append("without what he always held")

    made.load_user(BEN, ACME, ["state:active"], [(HQ, APP, held)])
    asking = [threading.Thread(target=asks) for _ in range(2)]
    for each in asking:
        each.start()
    for number in range(300):
        selections = [(HQ, APP, held), (depot, APP, held)]
        made.load_user(BEN, ACME, ["state:active"], selections[: 1 + number % 2])
    told.set()
    for each in asking:
        each.join()
    assert not wrong
