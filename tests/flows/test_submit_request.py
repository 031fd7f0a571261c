"""Flows: a user submits a request, which becomes a case."""

from __future__ import annotations

import pytest
from tests.flows.portals import OPERATOR, VISITOR, Dealers, changed

from partnerauth.directory import CaseById
from partnerauth.entities import Case, CaseId, Organisation, OrganisationId, Selection, State, UserId, account_id
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.submit_request import SubmitRequest
from partnerauth.policy.portal import PortalError, RequestKind
from partnerauth.portals import parse_portal, portal_text

REPAIR = {
    "model-code": "WM-7",
    "serial-number": "0123456789",
    "sold": "yes",
    "location": "end-user",
    "defect": "It does not turn.",
    "own-reference": "R-1",
    "filled-in-truthfully": "yes",
}
RETURN = {
    "model-code": "WM-7",
    "serial-number": "0123456789",
    "doa": "yes",
    "sold": "no",
    "damaged": "no",
    "purchase-date": "2026-01-02",
    "proof-of-purchase": "receipt.pdf",
    "serial-number-picture": "serial.jpg",
    "defect": "It does not turn.",
    "ready-from": "2026-01-06",
}


def case(dealers: Dealers, identity: str) -> Case:
    found: Case = dealers.store.read([CaseById(CaseId(identity))]).values[CaseById(CaseId(identity))]
    return found


@pytest.mark.rule("DP-09")
def test_a_complete_request_becomes_a_case(dealers: Dealers) -> None:
    answer = dealers.accepts(
        "bob", SubmitRequest, case="c-1", kind="repair", fields={**REPAIR, "preferred-date": " 2026-01-08 "}
    )
    assert answer.case == "c-1"
    kept = case(dealers, "c-1")
    assert (kept.organisation, kept.reporter, kept.kind, kept.status) == ("fixit", "bob", "repair", "")
    assert kept.fields == {**REPAIR, "preferred-date": "2026-01-08"}
    assert dealers.recorded("c-1") == ["RequestSubmitted"]


@pytest.mark.rule("DP-09")
def test_an_id_is_drawn_where_none_is_given(dealers: Dealers) -> None:
    answer = dealers.accepts("bob", SubmitRequest, kind="damage-return", fields=RETURN)
    assert answer.case is not None
    assert case(dealers, answer.case).fields == RETURN


@pytest.mark.rule("DP-09", "GX-09")
@pytest.mark.parametrize(
    ("kind", "complete"), [("repair", REPAIR), ("pick-up-repair", REPAIR), ("damage-return", RETURN)]
)
def test_every_mandatory_field_is_demanded_by_name(dealers: Dealers, kind: str, complete: dict[str, str]) -> None:
    for field in complete:
        fields = {**complete, "location": "dealer", field: " "} if "location" in complete else {**complete, field: ""}
        assert dealers.refuses("bob", SubmitRequest, kind=kind, fields=fields) == {
            "field-required": {"fields": (field,)}
        }
    missing = dealers.refuses("bob", SubmitRequest, kind=kind)["field-required"]["fields"]
    assert set(complete) == set(missing if isinstance(missing, tuple) else ())


@pytest.mark.rule("DP-09")
@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("repair", {"location": "end-user"}, None),
        ("repair", {"location": "dealer"}, None),
        ("pick-up-repair", {"location": "dealer"}, None),
        ("pick-up-repair", {"location": "end-user"}, "field-malformed"),
        ("repair", {"location": "elsewhere"}, "field-malformed"),
        ("repair", {"filled-in-truthfully": "no"}, "field-malformed"),
        ("repair", {"sold": "Yes"}, "field-malformed"),
        ("repair", {"defect": "x" * 2000}, None),
        ("repair", {"defect": "x" * 2001}, "field-malformed"),
        ("repair", {"defect": "a\u202eb"}, "field-malformed"),
        ("repair", {"doa": "yes"}, "unknown-name"),
        ("damage-return", {}, "unknown-name"),
        ("reparation", {}, "unknown-name"),
    ],
)
def test_a_field_is_one_of_the_kind_and_takes_what_the_kind_allows(
    dealers: Dealers, kind: str, fields: dict[str, str], code: str | None
) -> None:
    given = {"kind": kind, "fields": {**REPAIR, **fields}}
    if code is None:
        dealers.accepts("bob", SubmitRequest, **given)
    else:
        assert dealers.codes("bob", SubmitRequest, **given) == (code,)


@pytest.mark.rule("DP-09", "GX-09")
def test_everything_that_is_wrong_is_told_at_once(dealers: Dealers) -> None:
    fields = {**REPAIR, "own-reference": "", "location": "end-user"}
    given = {"kind": "pick-up-repair", "fields": fields, "case": "a/b"}
    assert dealers.refuses("bob", SubmitRequest, **given) == {
        "field-required": {"fields": ("own-reference",)},
        "field-malformed": {"fields": ("location", "id")},
    }


@pytest.mark.rule("DP-09")
def test_a_case_id_is_one_word_and_given_once(dealers: Dealers) -> None:
    given = {"kind": "repair", "fields": REPAIR}
    assert dealers.refuses("bob", SubmitRequest, **given, case="a b") == {"field-malformed": {"fields": ("id",)}}
    dealers.accepts("bob", SubmitRequest, **given, case="c-1")
    assert dealers.refuses("bob", SubmitRequest, **given, case="c-1") == {"already-exists": {"name": "c-1"}}
    assert case(dealers, "c-1").reporter == "bob"


@pytest.mark.rule("GX-01")
def test_of_another_organisations_case_ids_nothing_is_told(dealers: Dealers) -> None:
    given = {"kind": "repair", "fields": REPAIR, "case": "c-1"}
    dealers.accepts("bob", SubmitRequest, **given)
    answer = dealers.accepts("rik", SubmitRequest, **given)
    assert answer.case is not None
    assert answer.case != "c-1"
    assert (case(dealers, "c-1").reporter, case(dealers, answer.case).reporter) == ("bob", "rik")


@pytest.mark.rule("DP-08")
def test_it_takes_the_right_of_its_kind(dealers: Dealers) -> None:
    selection = Selection(user=UserId("bob"), account=account_id("fixit"), application="service")
    dealers.watched.place(selection)
    given = {"kind": "repair", "fields": REPAIR}
    assert dealers.refuses("bob", SubmitRequest, **given) == {
        "right-missing": {"right": "repair-request", "application": "service"}
    }


@pytest.mark.rule("DP-08")
def test_a_right_of_one_country_is_offered_in_that_country_alone() -> None:
    shipped = changed("dealerportal")
    assert shipped.requests is not None
    kinds = {"repair": RequestKind(application="service", right="dealercard")}
    dealers = Dealers(changed("dealerportal", requests=shipped.requests.model_copy(update={"kinds": kinds})))
    given = {"kind": "repair", "fields": REPAIR}
    assert dealers.refuses("rik", SubmitRequest, **given) == {"not-offered": {"name": "dealercard"}}
    dealers.accepts("bob", SubmitRequest, **given)


@pytest.mark.rule("DP-08")
@pytest.mark.parametrize(("user", "holds"), [("bob", True), ("rik", False)])
def test_the_dealercard_is_for_belgium_and_luxembourg(dealers: Dealers, user: str, holds: bool) -> None:
    assert dealers.view().can(user, "service", "dealercard") is holds
    assert dealers.view().can(user, "service", "dossiers")
    if not holds:
        assert dealers.denies(user, "service", "dealercard") == "right-missing"


@pytest.mark.rule("GX-02")
def test_only_an_active_member_submits(dealers: Dealers) -> None:
    given = {"kind": "repair", "fields": REPAIR}
    assert dealers.codes(VISITOR, SubmitRequest, **given) == ("sign-in-required",)
    assert dealers.codes(OPERATOR, SubmitRequest, **given) == ("not-offered",)
    dealers.accepts("ann", Deactivate, user="bob")
    assert dealers.codes("bob", SubmitRequest, **given) == ("user-inactive",)
    assert dealers.user("bob").state is State.DEACTIVATED


@pytest.mark.rule("DP-10")
def test_a_question_about_a_credit_names_it(dealers: Dealers) -> None:
    asked = {"kind": "credit-question", "fields": {"grms-number": "G-1", "question": "When is it paid?"}}
    dealers.accepts("bob", SubmitRequest, **asked)
    assert dealers.refuses("bob", SubmitRequest, kind="credit-question", fields={"question": "When?"}) == {
        "field-required": {"fields": ("grms-number",)}
    }


def test_an_organisation_without_the_implied_account_holds_nothing(dealers: Dealers) -> None:
    dealers.watched.place(Organisation(id=OrganisationId("nowhere"), name="Nowhere"))
    dealers.person("lone", "nowhere", username="")
    given = {"kind": "repair", "fields": REPAIR}
    assert dealers.codes("lone", SubmitRequest, **given) == ("right-missing",)


@pytest.mark.rule("DP-09")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('tick = "keep-informed"', 'tick = "tell-me"', "tick: unknown tell-me"),
        ('record = "case"', 'record = "dossier"', "requests.record: unknown dossier"),
        ("[requests.kinds.damage-return]", "[requests.kinds.return]", "kinds: unknown return"),
        ('right = "damage-return"', 'right = "return"', "requests.kinds.damage-return.right: unknown return"),
        ('location = ["dealer"]', 'location = ["home"]', "kinds.pick-up-repair.answers.location: unknown home"),
        ('answers = { location = ["dealer"] }', 'answers = { colour = ["red"] }', "answers: unknown colour"),
        ('main-updates = ["order-received"', 'main-updates = ["order-taken"', "main-updates: unknown order-taken"),
        ('doa = ["yes", "no"]', 'shoe = ["yes", "no"]', "answers: unknown shoe"),
        ("submit-request = ", "# ", None),
    ],
)
def test_a_portal_file_whose_requests_do_not_fit_together_is_refused(old: str, new: str, message: str | None) -> None:
    text = portal_text("dealerportal")
    assert old in text
    if message is None:
        assert "submit-request" not in parse_portal(text.replace(old, new), "here.toml").offers
        return
    with pytest.raises(PortalError, match=message):
        parse_portal(text.replace(old, new), "here.toml")


@pytest.mark.rule("DP-09")
def test_a_portal_that_offers_requests_describes_them() -> None:
    text = portal_text("dealerportal").partition("[requests]")[0]
    with pytest.raises(PortalError, match="requests: a section where submit-request"):
        parse_portal(text, "here.toml")


@pytest.mark.rule("DP-05")
def test_a_form_of_every_command_that_is_offered_has_a_column() -> None:
    text = portal_text("dealerportal").replace("| create-organisation |", "| create-company      |")
    with pytest.raises(PortalError, match="no column for create-organisation"):
        parse_portal(text, "here.toml")
