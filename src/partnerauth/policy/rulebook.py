"""Rules: the rulebook itself, every rule by its code and every id with its title and its sentence."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from partnerauth.policy import (
    allow_list,
    delegation,
    domains,
    enrolment,
    forms,
    guessing,
    isolation,
    lifecycle,
    management,
    matrix,
    offers,
    options,
    passwords,
    rights,
    senders,
    sso,
    standing,
    subcontracting,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from partnerauth.decision import Rule

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            standing.SIGN_IN_REQUIRED,
            standing.USER_INACTIVE,
            standing.APPROVAL_PENDING,
            standing.APPROVAL_REJECTED,
            standing.PASSWORD_CHANGE_REQUIRED,
            standing.SESSION_REPLACED,
            isolation.OTHER_ORGANISATION,
            offers.NOT_OFFERED,
            offers.UNKNOWN_NAME,
            management.MANAGEMENT_RIGHT_MISSING,
            delegation.DELEGATION_LIMIT,
            options.OPTION_DISABLED,
            options.PORTAL_SIGN_IN_FIRST,
            lifecycle.DELETE_FORBIDDEN,
            delegation.REVOCATION_FORBIDDEN,
            forms.FIELD_REQUIRED,
            passwords.PASSWORD_POLICY,
            passwords.WRONG_PASSWORD,
            passwords.CONFIRMATION_MISMATCH,
            passwords.RESET_NOT_PERMITTED,
            rights.RIGHT_MISSING,
            rights.RESOURCE_NOT_GRANTED,
            rights.RESOURCE_NOT_ELIGIBLE,
            rights.CONTRACT_INACTIVE,
            matrix.MATRIX_MANDATORY_MISSING,
            matrix.MATRIX_NOT_APPLICABLE,
            matrix.MATRIX_NOT_ALLOWED,
            matrix.MATRIX_SERVICE_MISSING,
            matrix.MATRIX_NO_PROFILE,
            subcontracting.UNKNOWN_SUBCONTRACTOR,
            allow_list.NOT_ON_ALLOW_LIST,
            allow_list.FEED_SUSPICIOUS,
            allow_list.FEED_OUT_OF_ORDER,
            domains.EMAIL_NOT_LOWERCASE,
            enrolment.ADMINISTRATOR_EXISTS,
            enrolment.ALREADY_EXISTS,
            enrolment.ORGANISATION_EXISTS,
            domains.FREE_MAIL_DOMAIN,
            domains.DOMAIN_MISMATCH,
            management.LAST_ADMINISTRATOR,
            tokens.INVITATION_EXPIRED,
            tokens.INVITATION_USED,
            tokens.INVITATION_UNKNOWN,
            tokens.LINK_EXPIRED,
            tokens.LINK_USED,
            tokens.LINK_UNKNOWN,
            tokens.CODE_WRONG,
            tokens.CODE_EXPIRED,
            tokens.CODE_USED,
            guessing.TOO_MANY_ATTEMPTS,
            sso.SSO_REFUSED,
            forms.FIELD_MALFORMED,
            domains.EMAIL_MALFORMED,
            enrolment.NOTHING_REQUESTED,
            allow_list.FEED_CONTRADICTORY,
            allow_list.FEED_MALFORMED,
            senders.AUTOMATIC_MAIL,
            senders.OWN_ADDRESS,
            senders.SENDER_UNPROVED,
            lifecycle.USER_ERASED,
        )
    }
)
"""Every rule by its refusal code, in the order of the rulebook's list of codes, newer codes last."""

FACTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    dict.fromkeys(RULES, ())
    | {
        "user-inactive": ("state",),
        "other-organisation": ("names",),
        "not-offered": ("name",),
        "unknown-name": ("kind", "names"),
        "management-right-missing": ("needed",),
        "delegation-limit": ("exceeding",),
        "option-disabled": ("options", "rights"),
        "revocation-forbidden": ("rights",),
        "field-required": ("fields",),
        "password-policy": ("unmet",),
        "right-missing": ("right", "application"),
        "resource-not-granted": ("kind", "resources"),
        "resource-not-eligible": ("contracts",),
        "contract-inactive": ("contracts",),
        "matrix-mandatory-missing": ("profile", "rights"),
        "matrix-not-applicable": ("profile", "rights"),
        "matrix-not-allowed": ("profile", "rights"),
        "matrix-service-missing": ("application",),
        "matrix-no-profile": ("changes",),
        "feed-suspicious": ("leaving", "known", "share"),
        "feed-out-of-order": ("sequence", "last"),
        "already-exists": ("name",),
        "organisation-exists": ("match",),
        "free-mail-domain": ("domain",),
        "domain-mismatch": ("domain", "expected"),
        "too-many-attempts": ("seconds",),
        "field-malformed": ("fields",),
        "feed-contradictory": ("addresses",),
        "feed-malformed": ("lines",),
    }
)
"""The names of the facts that a reason of each code states; `share` is in percent, `seconds` in seconds."""

RULEBOOK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BP-01": "First in, administrator",
        "BP-02": "Administrators make administrators",
        "BP-03": "Four management rights",
        "BP-04": "Delegation limit",
        "BP-05": "No management right, no users",
        "BP-06": "File exchange",
        "BP-07": "A new user holds nothing",
        "BP-08": "The list of users",
        "BP-09": "Deactivate, never delete",
        "BP-10": "Rights are not taken away",
        "BP-11": "The form for a user",
        "BP-12": "Per account",
        "BP-13": "Temporary password",
        "BP-14": "Password policy of the business portal",
        "BP-15": "Changing a password",
        "BP-16": "Forgotten user name or password",
        "BP-17": "Choice of application",
        "BP-18": "Copy all my rights",
        "BP-19": "Greyed out",
        "BP-20": "e-MassPost",
        "BP-21": "A deposit",
        "BP-22": "Own deposits or all",
        "BP-23": "Distriplanner",
        "BP-24": "Collect & Stamp",
        "BP-25": "Parcels National",
        "BP-26": "Parcels International",
        "BP-27": "Invoice Reporter",
        "BP-28": "The rights matrix",
        "BP-30": "Choosing a subcontractor",
        "BP-31": "To the subcontractor's administrator only",
        "BP-32": "Freely adjustable",
        "BP-33": "My identification, accounts and services",
        "ED-01": "Known addresses only",
        "ED-02": "First sign-in is a reset",
        "ED-03": "Lower case",
        "ED-04": "The page behind the link",
        "ED-05": "Password policy of the dealers' portal",
        "ED-06": "Straight in",
        "ED-07": "Other ways in",
        "ED-08": "Stay signed in",
        "ED-09": "One user per browser",
        "ED-10": "Colleagues' records",
        "KP-01": "Invitation only",
        "KP-02": "The first is master",
        "KP-03": "What a master does",
        "KP-04": "Any number of masters",
        "KP-05": "Same e-mail domain",
        "KP-06": "The form for an invitation",
        "KP-07": "The invited user",
        "KP-08": "Then sign in",
        "KP-09": "Leaving",
        "KP-10": "My account",
        "KP-11": "Forgotten password of a customer",
        "KP-12": "What customers see",
        "KP-13": "Export",
        "SP-01": "An account out of an e-mail",
        "SP-02": "First sign-in is a forgotten password",
        "SP-03": "Password policy of the support portal",
        "SP-04": "No mail?",
        "SP-05": "Unknown address",
        "SP-06": "Any device",
        "SP-07": "Colleagues by domain",
        "SP-08": "My requests",
        "DP-01": "Register",
        "DP-02": "Organisation",
        "DP-03": "The creator is administrator",
        "DP-04": "Joining needs approval",
        "DP-05": "Details of a dealer",
        "DP-06": "All cases",
        "DP-07": "Keep me informed",
        "DP-08": "What dealers use",
        "DP-09": "Required fields of a request",
        "DP-10": "Credit lookup",
        "DP-11": "Forgotten password of a dealer",
        "GX-01": "Nothing crosses organisations",
        "GX-02": "Only an active user acts",
        "GX-03": "No oracle",
        "GX-04": "Tokens",
        "GX-05": "Guessing is limited",
        "GX-06": "Passwords",
        "GX-07": "The last administrator",
        "GX-08": "Everything is on record",
        "GX-09": "Every refusal explains itself",
        "GX-10": "Time and chance come from outside",
        "GX-11": "Changing an e-mail address",
        "GX-12": "Names are unique as people see them",
    }
)
"""The short title of every rulebook id, portal by portal."""

LAW: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BP-01": (
            "The first person of a company to ask for an application becomes its administrator, within "
            "that application and account, once the operator grants it; everybody later is created by an "
            "administrator."
        ),
        "BP-02": (
            "Whoever holds manage-administrators may let another user act as administrator, and that one others."
        ),
        "BP-03": (
            "manage-administrators, manage-users, reset-password and ftp are given one by one, when the "
            "user is created and afterwards."
        ),
        "BP-04": (
            "An administrator gives at most what he holds himself: management rights, application rights and resources."
        ),
        "BP-05": (
            "Without manage-administrators or manage-users nobody creates or manages a user, manage-users "
            "alone does not reach administrators, and no application right takes the place of either."
        ),
        "BP-06": (
            "ftp is given, and works, only while the operator has the option on for the organisation, and "
            "only after the user has once signed in through the portal."
        ),
        "BP-07": "Creating a user gives no application right and no resource.",
        "BP-08": (
            "An administrator sees all users of the organisation, the deactivated ones marked, each with "
            "user name, name, e-mail address and creator, sorted by user name or by any of these."
        ),
        "BP-09": "A user is only ever deactivated; nobody deletes one, not even the operator.",
        "BP-10": (
            "An administrator only adds rights to a user of his own organisation, or deactivates the user "
            "with all of them; the operator alone takes single rights away."
        ),
        "BP-11": (
            "User name, password and its confirmation, gender, first and last name, e-mail address and "
            "language are mandatory; the identification question and its answer are optional."
        ),
        "BP-12": "Rights are given for one account and say nothing about another.",
        "BP-13": (
            "A new user gets a temporary password, good for 7 days, and can do nothing before replacing it by another."
        ),
        "BP-14": (
            "A password has at least 7 characters, a lower-case and an upper-case letter, and is compared with case."
        ),
        "BP-15": "It takes the current password, and the new one twice.",
        "BP-16": (
            "A user with reset-password gets his user name and a reset link by e-mail; any other asks his "
            "administrator, and without a reachable one the operator."
        ),
        "BP-17": (
            "An administrator sees the applications of an account and where the user has rights, and "
            "either selects rights or copies all his own; for a user without any, the selection opens "
            "directly."
        ),
        "BP-18": (
            "A user gets every right and resource that the administrator holds in an application and "
            "account, within the matrix and never more; nothing is taken away."
        ),
        "BP-19": "Rights that the administrator does not hold are shown to him but cannot be chosen.",
        "BP-20": (
            "Its thirteen accesses are given one by one, a right that shows prices of its own screen does "
            "not imply view-prices, and senders-management needs the option agreement-router."
        ),
        "BP-21": (
            "A deposit is created only with the right creation, for a product and a billing address held "
            "on the same account."
        ),
        "BP-22": (
            "general-follow-up shows all deposits of the held products on the account, deposit- "
            "declaration and deposit-composition one's own, and creation none."
        ),
        "BP-23": (
            "order-entry creates and manages orders for the held billing addresses; quick-view simulates "
            "and shows existing ones."
        ),
        "BP-24": (
            "Only a CS master contract may be chosen, and the application opens once a contract and a "
            "function are both held."
        ),
        "BP-25": "Its three applications know one role, user, for one or more contracts.",
        "BP-26": (
            "Access rights come with at least one service, every contract named is active, and services need one."
        ),
        "BP-27": "A user sees the invoices of the held billing addresses and no others.",
        "BP-28": (
            "A set of rights fits a profile: everything mandatory is in it, and nothing that is not "
            "applicable or not allowed; etoe-handling needs the option etoe-partner."
        ),
        "BP-30": (
            "An administrator with administrator-role and manage-users picks a subcontractor from the operator's list."
        ),
        "BP-31": (
            "What a customer gives reaches the subcontractor's administrators, who pass it on to their "
            "users, each within what he was given himself."
        ),
        "BP-32": (
            "A customer changes and withdraws at any time what runs through a subcontractor, and a right "
            "passed on counts only while its origin does."
        ),
        "BP-33": (
            "A user sees and changes his own details, and sees the accounts and applications on which he has access."
        ),
        "ED-01": (
            "Only addresses from the importer's daily feed get in; one that leaves the list is "
            "deactivated, one that returns is reactivated, and a feed that would shut too many out is "
            "refused whole."
        ),
        "ED-02": ("A first password, a forgotten one and a new one are all set through the same mailed link."),
        "ED-03": ("The portal file says whether an address with capital letters is refused or folded to lower case."),
        "ED-04": ("It shows the user's address and name, not to be edited, and asks for the password twice."),
        "ED-05": (
            "A password has at least 12 characters, among them a lower-case and an upper-case letter, a "
            "digit and a special character."
        ),
        "ED-06": "After setting a valid password the user is signed in.",
        "ED-07": (
            "A Microsoft 365 account counts by its verified address first and by issuer and subject from "
            "then on; the operator signs in by himself."
        ),
        "ED-08": ("A user may stay signed in on his own browser until he signs out or deletes its cookies."),
        "ED-09": ("A second user who signs in on a browser ends the first one's session there, which is told so."),
        "ED-10": ("A user sees the leads and customers of all colleagues of his dealership, and of no other."),
        "KP-01": "An invitation's link works for one registration and for 90 days.",
        "KP-02": "The first registration through a company's invitation makes its master user.",
        "KP-03": (
            "A master creates and deactivates users, gives permissions and triggers password resets; a "
            "general user does none of these."
        ),
        "KP-04": "A company may have as many masters as it likes.",
        "KP-05": (
            "A new user's address has the very domain of the inviting master's, which is no free-mail "
            "domain; the operator's invitations are exempt."
        ),
        "KP-06": ("The e-mail address is mandatory at invitation; title, first and last name at acceptance."),
        "KP-07": (
            "Through the mailed link he sets a password of at least 8 characters and completes his data; "
            "his address is his user name."
        ),
        "KP-08": "After accepting he is sent to the sign-in form and is not signed in yet.",
        "KP-09": "A master deactivates whoever leaves; the only master is deactivated by the operator.",
        "KP-10": "A user changes his own details, e-mail address and password.",
        "KP-11": (
            "The user enters his address and gets instructions by e-mail, and otherwise asks his contact person."
        ),
        "KP-12": (
            "Contracts and framework orders, rework account, order history, documents and online "
            "ordering, each under its own right."
        ),
        "KP-13": (
            "Contracts and framework orders, and the overviews of users, rights and audit, download as "
            "xls, pdf and csv."
        ),
        "SP-01": ("The first request that an address sends creates an account for it, without a password."),
        "SP-02": "The address that sent the request gets a unique link, good for one use.",
        "SP-03": (
            "A password has at least 8 characters with letters, digits and symbols and is entered twice; "
            "then the user is signed in."
        ),
        "SP-04": (
            "The answer says where to look and when to ask support; asking again within 5 minutes sends no second mail."
        ),
        "SP-05": "The page tells everybody the same: what can be wrong, and that support helps.",
        "SP-06": "The same password works on every device, on several at once.",
        "SP-07": (
            "Users whose domain is the organisation's see the same tickets; the operator links domains, a "
            "free-mail domain links to none, and an unproved mailbox sees nothing."
        ),
        "SP-08": "A signed-in user sees every request linked to his address.",
        "DP-01": (
            "A new user proves his address with a mailed code of 24 hexadecimal characters, good for 24 "
            "hours and 5 wrong tries."
        ),
        "DP-02": (
            "A new user joins an organisation offered for his address or found by a search, and creates "
            "one only when it is not there yet."
        ),
        "DP-03": "Whoever creates an organisation becomes its administrator.",
        "DP-04": (
            "Whoever joins an existing organisation waits until one of its administrators, or the "
            "operator, approves or rejects."
        ),
        "DP-05": (
            "First name, last name, phone, e-mail address, and a password of at least 8 characters with "
            "its confirmation."
        ),
        "DP-06": "An administrator sees all cases of the organisation, a member those he reported.",
        "DP-07": (
            "A user chooses for each case, with a default of his own, to be mailed at the main updates of a repair."
        ),
        "DP-08": (
            "Every active user holds the portal's rights; those of one country are offered in that country only."
        ),
        "DP-09": (
            "A table of fields and kinds of request says what is mandatory; every other form uses the same mechanism."
        ),
        "DP-10": "Every active member sees the credits of his organisation, and of no other.",
        "DP-11": "A reset link comes by e-mail.",
        "GX-01": (
            "No command or decision of one organisation's user reads or changes another's, subcontracting aside."
        ),
        "GX-02": (
            "Deactivation ends sessions and links at once; reactivation brings back grants only within "
            "the delegation limit of whoever reactivates."
        ),
        "GX-03": (
            "A visitor gets the same answer whether an address is known or not; the truth goes into the "
            "mail and onto the record."
        ),
        "GX-04": (
            "Links and codes are random, stored only as a hash, bound to one purpose and user, good for "
            "one use and a limited time, and ended by a newer one."
        ),
        "GX-05": (
            "Wrong tries are counted by user and by source and lead to a growing wait, yet lock nobody out for good."
        ),
        "GX-06": (
            "They are hashed with argon2id, up to 128 characters of any script, and neither common nor "
            "personal; a change ends all other sessions."
        ),
        "GX-07": (
            "The last active holder of manage-administrators is not deactivated, demoted or let go, "
            "except by the operator."
        ),
        "GX-08": (
            "Who did what, when and for whom, and what was refused and why, can be read, exported and "
            "checked for tampering."
        ),
        "GX-09": (
            "It has a code, the rulebook ids, the fields or rights concerned, and a sentence in Dutch, "
            "French, German or English."
        ),
        "GX-10": "The same state, command, time and random token give the same outcome, byte for byte.",
        "GX-11": (
            "The new address is confirmed, the old one is told, and the portal's domain and allow-list "
            "rules still hold."
        ),
        "GX-12": "User names and addresses share one namespace and are compared after normalising.",
    }
)
"""The sentence behind every rulebook id: what it asks, in short."""


def rules_of(source: str) -> tuple[Rule, ...]:
    """Return the rules that a rulebook id asks for, in the order of the codes; none where it refuses nothing.

    Raises KeyError where the rulebook has no such id.
    """
    if source not in RULEBOOK:
        message = f"the rulebook has no {source!r}; its ids look like 'BP-04' or 'GX-12'"
        raise KeyError(message)
    return tuple(rule for rule in RULES.values() if source in rule.sources)
