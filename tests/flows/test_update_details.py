"""Flow: a user changes his own details, or an administrator a colleague's."""

from __future__ import annotations

import pytest
from tests.flows.town import OPERATOR, Town

from partnerauth.flows.update_details import UpdateDetails

FULL = {"first-name": "Dora", "last-name": "Smet", "gender": "woman", "language": "nl", "phone": "1", "title": "ms"}


@pytest.fixture
def dora(acme: Town) -> Town:
    """The town with somebody whose details are all there."""
    acme.person("dora", details=FULL)
    return acme


@pytest.mark.rule("BP-33")
def test_a_user_changes_his_own(dora: Town) -> None:
    dora.accepts("dora", UpdateDetails, details={"first-name": " Dorothée ", "language": "fr"})
    dora.accepts("dora", UpdateDetails, user="dora", details={"identification-question": "Where?"})
    assert dora.user("dora").details == FULL | {
        "first-name": "Dorothée",
        "language": "fr",
        "identification-question": "Where?",
    }
    assert dora.recorded("dora") == ["DetailsUpdated", "DetailsUpdated"]


@pytest.mark.rule("BP-05", "BP-33")
def test_an_administrator_changes_those_he_reaches(dora: Town) -> None:
    dora.accepts("mia", UpdateDetails, user="dora", details={"phone": "2"})
    dora.accepts("anna", UpdateDetails, user="mia", details={"phone": "2"})
    assert dora.refuses("mia", UpdateDetails, user="anna", details={"phone": "2"}) == {
        "management-right-missing": {"needed": ("manage-administrators",)}
    }
    assert dora.refuses("ben", UpdateDetails, user="dora", details={"first-name": "", "phone": "\x00"}) == {
        "management-right-missing": {"needed": ("manage-users",)},
        "field-required": {"fields": ("first-name",)},
        "field-malformed": {"fields": ("phone",)},
    }


@pytest.mark.rule("BP-11")
@pytest.mark.parametrize("field", ["first-name", "last-name", "gender", "language"])
def test_a_mandatory_field_is_not_emptied(dora: Town, field: str) -> None:
    assert dora.refuses("dora", UpdateDetails, details={field: " " if field.endswith("name") else ""}) == {
        "field-required": {"fields": (field,)}
    }


@pytest.mark.rule("BP-11")
def test_an_optional_field_is_emptied_and_one_that_was_never_filled_in_may_stay_so(dora: Town) -> None:
    dora.accepts("dora", UpdateDetails, details={"phone": "", "title": ""})
    assert dora.user("dora").details["phone"] == ""
    dora.accepts("ben", UpdateDetails, details={"first-name": ""})


@pytest.mark.rule("GX-11")
@pytest.mark.parametrize("field", ["email", "username", "password", "confirm", "shoe-size"])
def test_what_proves_who_somebody_is_changes_elsewhere(dora: Town, field: str) -> None:
    assert dora.refuses("dora", UpdateDetails, details={field: "x@acme.example"}) == {
        "unknown-name": {"kind": "field", "names": (field,)}
    }


@pytest.mark.rule("GX-01")
def test_it_stays_within_the_organisation(dora: Town) -> None:
    dora.company("globex")
    dora.person("gert", "globex")
    for name in ("gert", "nobody"):
        assert dora.refuses("anna", UpdateDetails, user=name, details={"phone": "\x00"}) == {
            "other-organisation": {"names": (name,)}
        }
    assert dora.codes(OPERATOR, UpdateDetails, user="dora", details={}) == ("not-offered",)
