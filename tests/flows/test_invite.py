"""Flows: an administrator, or the operator, invites somebody by e-mail."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.flows.portals import MASTER, NAMED, OPERATOR, PASSWORD, VISITOR, Customers, changed
from tests.flows.town import Town, words

from partnerauth.entities import IMPLIED_ACCOUNT, Element, Operator, State
from partnerauth.flows.accept_invitation import AcceptInvitation
from partnerauth.flows.cancel_invitation import CancelInvitation
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.grant import Grant
from partnerauth.flows.invite import Invite
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.trigger_reset import TriggerReset
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.policy.portal import Invitations

MAX = "max@blech.example"


@pytest.mark.rule("KP-01", "KP-06", "KP-07")
def test_an_invitation_takes_an_address_alone_and_mails_a_link(customers: Customers) -> None:
    user = customers.invite("eva", MAX)
    assert customers.user(user).state is State.INVITED
    assert customers.user(user).created_by == "eva"
    (mail,) = customers.mails(MAX)
    assert (mail.template, mail.language, mail.facts["organisation"]) == ("invitation", "de", "Blech GmbH")
    assert customers.recorded(user) == ["UserInvited"]
    assert not customers.view().can(user, "portal", "contracts")


@pytest.mark.rule("KP-06")
def test_what_the_master_fills_in_is_kept_and_chooses_the_language(customers: Customers) -> None:
    user = customers.invite("eva", MAX, details={**NAMED, "language": "en"})
    assert customers.user(user).details == {**NAMED, "language": "en"}
    assert customers.mails(MAX)[0].language == "en"


@pytest.mark.rule("KP-06", "GX-09")
def test_an_invitation_without_an_address_names_the_field(customers: Customers) -> None:
    assert customers.refuses("eva", Invite, email=" ") == {"field-required": {"fields": ("email",)}}


@pytest.mark.rule("KP-06")
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"details": {"shoe-size": "44"}}, "unknown-name"),
        ({"details": {"title": "dr"}}, "unknown-name"),
        ({"details": {"email": "tom@blech.example"}}, "unknown-name"),
        ({"details": {"first-name": "A\u202eB"}}, "field-malformed"),
        ({"rights": ["contract"]}, "unknown-name"),
        ({"rights": [{"application": "portals", "rights": ["contracts"]}]}, "unknown-name"),
        ({"rights": [{"application": "portal", "resources": {"contract": ["C-1"]}}]}, "unknown-name"),
    ],
)
def test_what_no_form_or_catalogue_knows_is_refused(customers: Customers, fields: dict[str, object], code: str) -> None:
    assert customers.codes("eva", Invite, email=MAX, **fields) == (code,)


@pytest.mark.rule("KP-03")
def test_a_general_user_invites_nobody(customers: Customers) -> None:
    assert customers.codes("otto", Invite, email=MAX) == ("management-right-missing",)


@pytest.mark.rule("KP-03", "GX-09")
def test_every_broken_rule_is_told_at_once_with_its_facts(customers: Customers) -> None:
    told = customers.refuses("otto", Invite, email="max@zinn.example", administrator=True, rights=["online-ordering"])
    assert told["management-right-missing"] == {"needed": ("manage-administrators",)}
    assert told["delegation-limit"] == {"exceeding": ("online-ordering", *MASTER)}
    assert told["domain-mismatch"] == {"domain": "zinn.example", "expected": ("blech.example",)}


@pytest.mark.rule("BP-04", "KP-03")
def test_dg_14_rights_above_the_inviters_are_refused_by_name(customers: Customers) -> None:
    refused = customers.refuses("eva", Invite, email=MAX, rights=["contracts", "online-ordering", "order-history"])
    assert refused == {"delegation-limit": {"exceeding": ("online-ordering", "order-history")}}


@pytest.mark.rule("KP-03")
def test_rights_are_named_alone_or_with_their_application(customers: Customers) -> None:
    named = [{"application": "portal", "rights": ["contracts"]}, "documents"]
    invitation = customers.invitation(customers.invite("eva", MAX, rights=named))
    assert invitation is not None
    assert [(where, [each.name for each in held]) for where, _, held in invitation.named] == [
        ("blech/-", ["contracts"]),
        ("blech/-", ["documents"]),
    ]


@pytest.mark.rule("KP-05")
@pytest.mark.parametrize("email", ["max@blech.example", "Max@BLECH.example", "max@Blech.Example"])
def test_the_same_domain_is_accepted_however_it_is_spelled(customers: Customers, email: str) -> None:
    assert customers.user(customers.invite("eva", email)).email.key == "max@blech.example"


@pytest.mark.rule("KP-05")
@pytest.mark.parametrize(
    "email", ["max@evilblech.example", "max@blech.example.evil.example", "max@blech.exampl", "max@lech.example"]
)
def test_em_11_endswith_is_not_a_domain_match(customers: Customers, email: str) -> None:
    assert customers.codes("eva", Invite, email=email) == ("domain-mismatch",)


@pytest.mark.rule("KP-05")
def test_em_12_a_subdomain_is_another_domain(customers: Customers) -> None:
    assert customers.codes("eva", Invite, email="max@mail.blech.example") == ("domain-mismatch",)


@pytest.mark.rule("KP-05")
def test_em_14_the_domain_is_compared_as_an_a_label(customers: Customers) -> None:
    customers.person("uli", "blech", management=MASTER, username="", email="uli@faß.example")
    assert customers.codes("uli", Invite, email="max@fass.example") == ("domain-mismatch",)
    assert customers.user(customers.invite("uli", "max@xn--fa-hia.example")).email.domain == "xn--fa-hia.example"


@pytest.mark.rule("KP-05")
def test_em_15_a_homograph_is_another_domain(customers: Customers) -> None:
    assert customers.codes("eva", Invite, email="max@ble\u0441h.example") == ("domain-mismatch",)


@pytest.mark.rule("KP-05")
def test_em_13_a_master_with_a_free_mail_address_invites_nobody(customers: Customers) -> None:
    customers.person("uli", "blech", management=MASTER, username="", email="uli@gmail.com")
    refused = customers.refuses("uli", Invite, email="max@gmail.com")
    assert refused == {"domain-mismatch": {"domain": "gmail.com", "expected": ()}}
    assert customers.codes("uli", Invite, email=MAX) == ("domain-mismatch",)


@pytest.mark.rule("KP-05")
@pytest.mark.parametrize("email", ["max@zinn.example", "max@gmail.com"])
def test_the_operator_invites_any_address(customers: Customers, email: str) -> None:
    user = customers.invite(OPERATOR, email, organisation="blech")
    assert customers.user(user).organisation == "blech"


@pytest.mark.rule("KP-05", "GX-11")
def test_em_20_the_domain_is_that_of_the_confirmed_address(customers: Customers) -> None:
    assert customers.codes("eva", ChangeEmail, email="eva@zinn.example") == ("domain-mismatch",)
    customers.accepts("eva", ChangeEmail, email="eva.neu@blech.example")
    customers.accepts(VISITOR, ConfirmEmail, token=customers.mailed("eva.neu@blech.example"))
    assert customers.user("eva").email.original == "eva.neu@blech.example"


@pytest.mark.rule("GX-12")
@pytest.mark.parametrize(
    "email",
    [
        '"max@blech.example"@evil.example',
        "max@evil.example,max@blech.example",
        "=?utf-8?q?max=40evil.example?=@blech.example",
        "max\n@blech.example",
        "max@blech.example.",
        "max\uff20blech.example",
        "a" * 65 + "@blech.example",
    ],
)
def test_em_05_06_07_09_10_16_23_what_is_not_one_plain_address_is_refused(customers: Customers, email: str) -> None:
    assert customers.codes("eva", Invite, email=email) == ("email-malformed",)


@pytest.mark.rule("GX-12")
def test_em_01_another_spelling_of_an_address_is_the_same_user(customers: Customers) -> None:
    customers.invite("eva", MAX)
    assert customers.refuses("eva", Invite, email="MAX@Blech.example") == {
        "already-exists": {"name": "MAX@Blech.example"}
    }


@pytest.mark.rule("KP-07", "GX-12")
@pytest.mark.parametrize("state", [State.ACTIVE, State.DEACTIVATED, State.INVITED])
def test_tk_27_an_address_of_the_organisation_is_neither_doubled_nor_revived(
    customers: Customers, state: State
) -> None:
    customers.person("pia", "blech", username="", state=state)
    assert customers.codes("eva", Invite, email="pia@blech.example") == ("already-exists",)
    assert customers.codes(OPERATOR, Invite, email="pia@blech.example", organisation="blech") == ("already-exists",)
    assert customers.user("pia").state is state
    assert customers.mails("pia@blech.example") == []


@pytest.mark.rule("GX-03")
def test_tn_13_of_another_organisations_user_nothing_is_told(customers: Customers) -> None:
    customers.person("pia", "zinn", username="", email="pia@blech.example")
    answer = customers.accepts("eva", Invite, email="pia@blech.example")
    assert customers.recorded("pia@blech.example") == ["already-exists"]
    assert [mail.template for mail in answer.mails] == ["already-registered"]
    assert customers.user("pia").organisation == "zinn"


@pytest.mark.rule("GX-03", "KP-07")
def test_the_operator_is_told_of_every_user(customers: Customers) -> None:
    assert customers.codes(OPERATOR, Invite, email="zoe@zinn.example", organisation="blech") == ("already-exists",)


@pytest.mark.rule("GX-01")
@pytest.mark.parametrize("organisation", ["zinn", "nowhere"])
def test_tn_11_nobody_invites_into_another_organisation(customers: Customers, organisation: str) -> None:
    refused = customers.refuses("eva", Invite, email=MAX, organisation=organisation)
    assert refused == {"other-organisation": {"names": (organisation,)}}


@pytest.mark.rule("GX-01")
def test_an_administrator_may_name_his_own_organisation(customers: Customers) -> None:
    assert customers.user(customers.invite("eva", MAX, organisation="blech")).organisation == "blech"


@pytest.mark.rule("GX-01")
def test_tk_08_rights_on_another_organisations_account_are_refused(customers: Customers) -> None:
    named = [{"application": "portal", "account": "zinn/-", "rights": ["contracts"]}]
    assert customers.codes("eva", Invite, email=MAX, rights=named) == ("other-organisation",)


@pytest.mark.rule("KP-01")
def test_the_operator_names_an_organisation_that_is_there(customers: Customers) -> None:
    assert customers.refuses(OPERATOR, Invite, email=MAX) == {"field-required": {"fields": ("organisation",)}}
    assert customers.codes(OPERATOR, Invite, email=MAX, organisation="nowhere") == ("other-organisation",)


@pytest.mark.rule("GX-02")
def test_only_an_active_user_invites(customers: Customers) -> None:
    customers.accepts(OPERATOR, Deactivate, user="eva")
    assert customers.codes("eva", Invite, email=MAX) == ("user-inactive",)


@pytest.mark.rule("KP-01", "BP-09")
def test_tk_26_after_a_cancelled_invitation_the_address_can_be_invited_anew(customers: Customers) -> None:
    user = customers.invite("eva", MAX, details=NAMED)
    old = customers.mailed(MAX)
    customers.accepts("eva", Grant, user=user, application="portal", rights=["documents"])
    customers.accepts("eva", CancelInvitation, user=user)
    assert customers.user(user).state is State.REJECTED
    assert customers.invite("eva", MAX, rights=["contracts"]) == user
    assert customers.user(user).details == {}
    assert customers.codes(VISITOR, AcceptInvitation, token=old, password=PASSWORD) == ("invitation-unknown",)
    customers.comes_in()
    assert customers.holds(user, "portal", IMPLIED_ACCOUNT) == words("contracts")


@pytest.mark.rule("GX-01")
def test_dg_25_who_is_invited_elsewhere_after_a_cancelled_invitation_brings_nothing_along(customers: Customers) -> None:
    user = customers.invite(OPERATOR, "max@gmail.com", organisation="zinn", rights=["contracts"], administrator=True)
    customers.accepts("zoe", Grant, user=user, application="portal", rights=[])
    customers.accepts("zoe", CancelInvitation, user=user)
    assert customers.invite(OPERATOR, "max@gmail.com", organisation="blech") == user
    assert (customers.user(user).organisation, customers.user(user).management) == ("blech", frozenset())
    assert customers.view().users("zinn") == (customers.user("zoe"),)


@pytest.mark.rule("SP-05", "SP-07")
def test_the_operator_of_a_portal_without_administrators_invites_too() -> None:
    town = Town("support")
    town.accepts(OPERATOR, OpenOrganisation, organisation="acme", name="Acme")
    fields = {"email": "max@acme.example", "organisation": "acme"}
    assert town.refuses(OPERATOR, Invite, **fields, administrator=True) == {"not-offered": {"name": "administrator"}}
    user = town.accepts(OPERATOR, Invite, **fields, rights=["view-tickets"]).created
    assert user is not None
    answer = town.accepts(VISITOR, AcceptInvitation, token=town.mailed("max@acme.example"), password="Zomer-Fiets-9")
    assert answer.session
    assert town.holds(user, "tickets", IMPLIED_ACCOUNT) == words("view-tickets")


@pytest.mark.rule("KP-05")
def test_a_portal_without_the_rule_invites_into_any_domain() -> None:
    open_to_all = Customers(changed("kundenportal", invitation=Invitations()))
    assert open_to_all.user(open_to_all.invite("eva", "max@zinn.example")).organisation == "blech"


@pytest.mark.rule("KP-03")
def test_a_right_by_itself_is_unknown_where_there_is_more_than_one_application() -> None:
    shipped = changed("kundenportal")
    two = {**shipped.applications, "second": shipped.applications["portal"]}
    portal = Customers(changed("kundenportal", applications=two))
    assert portal.codes("eva", Invite, email=MAX, rights=["contracts"]) == ("unknown-name",)


def test_the_record_names_the_operator_who_invites(customers: Customers) -> None:
    user = customers.invite(Operator(name="lena"), MAX, organisation="blech")
    assert customers.user(user).created_by == "operator:lena"
    invitation = customers.invitation(user)
    assert invitation is not None
    assert (invitation.by, invitation.from_operator, invitation.named) == ("operator:lena", True, ())


def test_the_elements_named_are_rights() -> None:
    town = Customers()
    invitation = town.invitation(town.invite("eva", MAX, rights=["contracts"]))
    assert invitation is not None
    assert invitation.named == (("blech/-", "portal", (Element("right", "contracts"),)),)


@pytest.mark.rule("KP-03")
@pytest.mark.parametrize("right", ["contracts,documents", " contracts", "Contracts", "*", "manage-users", ""])
def test_dg_15_dg_27_a_right_is_named_exactly_or_not_at_all(customers: Customers, right: str) -> None:
    assert customers.codes("eva", Invite, email=MAX, rights=[right]) == ("unknown-name",)
    assert customers.codes(OPERATOR, Invite, email=MAX, organisation="blech", rights=[right]) == ("unknown-name",)


@pytest.mark.rule("GX-11")
def test_dg_19_a_master_does_not_change_the_address_of_whom_he_resets(customers: Customers) -> None:
    details = {"email": "eva@blech.example"}
    assert customers.codes("eva", UpdateDetails, user="otto", details=details) == ("unknown-name",)
    customers.accepts("eva", TriggerReset, user="otto")
    assert customers.mails("otto@blech.example")[-1].template == "password-reset"


@pytest.mark.parametrize("field", ["is_admin", "state", "management", "user"])
def test_dg_11_em_08_a_command_takes_its_own_fields_alone(field: str) -> None:
    with pytest.raises(ValidationError):
        Invite.model_validate({"email": MAX, field: "x"})
    with pytest.raises(ValidationError):
        Invite.model_validate({"email": [MAX, "tom@blech.example"]})


@pytest.mark.rule("ED-03")
def test_a_portal_that_asks_for_lower_case_refuses_capitals_of_whoever_is_invited() -> None:
    strict = Customers(changed("kundenportal", email_spelling="lowercase-only"))
    assert strict.refuses("eva", Invite, email="Max@blech.example") == {"email-not-lowercase": {}}
    strict.invite("eva", "max@blech.example")
