"""The rulebook's decision written once more, in Cedar: an oracle that shares no rule with the model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import cedarpy

from partnerauth.directory import AccountById, AccountsOf, CredentialOf, DelegationsTo, Key, OrganisationById
from partnerauth.entities import Account, AccountId, OrganisationId, UserId, account_id
from partnerauth.policy.portal import RESOURCE_KINDS, Portal
from partnerauth.ports import Store
from partnerauth.view import View

Question: TypeAlias = tuple[str, str | None, str, str | None, dict[str, str]]

POLICIES = cedarpy.PolicySet.from_str(
    """
permit (principal, action, resource) when { resource.rights.contains(context.right) };

forbid (principal, action, resource) unless { principal.state == "active" };
forbid (principal, action, resource) when { principal.temporaryPassword };
forbid (principal, action, resource) when { context has option && !resource.options.contains(context.option) };
forbid (principal, action, resource) when { context.afterSignIn && !principal.signedIn };
"""
    + "".join(
        f"""
forbid (principal, action, resource)
    when {{ context has "{kind}" && !resource["{kind}"].contains(context["{kind}"]) }};
forbid (principal, action, resource)
    when {{ context.needs.contains("{kind}") && !(context has "{kind}") && resource["{kind}"].isEmpty() }};
"""
        for kind in RESOURCE_KINDS
    )
    + """
forbid (principal, action, resource) when { context has contract && !resource.active.contains(context.contract) };
"""
)


class Oracle:
    """What Cedar says, of the facts that a store has now."""

    def __init__(self, portal: Portal, store: Store, view: View, users: Iterable[UserId]) -> None:
        self._portal = portal
        self._store = store
        self._homes: dict[str, OrganisationId] = {}
        self._cells: set[str] = set()
        entities = [entity for user in users for entity in self._of(user, view)]
        self._entities = cedarpy.Entities.from_json_str(json.dumps(entities))

    def decide(self, questions: Sequence[Question]) -> list[bool]:
        """Answer questions, each of a known user."""
        requests = [self._request(*question) for question in questions]
        answers = cedarpy.is_authorized_batch(requests, POLICIES, self._entities)
        asked = zip(requests, answers, strict=True)
        errors = [answer.diagnostics.errors for request, answer in asked if self._is_known(request)]
        assert not any(errors), errors
        return [answer.decision == cedarpy.Decision.Allow for answer in answers]

    def _is_known(self, request: dict[str, Any]) -> bool:
        return request["resource"]["id"] in self._cells

    def _get(self, key: Key[Any]) -> Any:  # noqa: ANN401 - the key says of which type
        return self._store.read([key]).values[key]

    def _of(self, user: UserId, view: View) -> Iterable[dict[str, Any]]:
        found = view.user(user)
        if found is None:
            return
        self._homes[user] = home = found.organisation
        credential = self._get(CredentialOf(user))
        yield _entity(
            "User",
            user,
            state=str(found.state),
            temporaryPassword=bool(credential and credential.temporary_until),
            signedIn=bool(credential and credential.signed_in),
        )
        options = self._get(OrganisationById(home)).options
        yield self._cell(user, account_id(home), "-", view.management(user), options)
        accounts: list[AccountId] = [
            *self._get(AccountsOf(home)),
            *(each.account for each in self._get(DelegationsTo(home))),
        ]
        for identity in dict.fromkeys(accounts):
            account: Account = self._get(AccountById(identity))
            options = self._get(OrganisationById(account.organisation)).options
            for code in self._portal.applications:
                held = view.rights(user, code, account=identity)
                yield self._cell(user, identity, code, held.rights, options, account, **held.resources)

    def _cell(  # noqa: PLR0913, PLR0917 - everything that an entity of Cedar holds
        self,
        user: str,
        account: str,
        code: str,
        rights: Iterable[str],
        options: Iterable[str],
        on: Account | None = None,
        **resources: Iterable[str],
    ) -> dict[str, Any]:
        identity = f"{user}|{account}|{code}"
        self._cells.add(identity)
        named = {kind: sorted(resources.get(kind, ())) for kind in RESOURCE_KINDS}
        active = sorted(name for name, each in (on.contracts if on else {}).items() if each.active)
        return _entity("Cell", identity, rights=sorted(rights), options=sorted(options), active=active, **named)

    def _request(
        self, user: str, application: str | None, right: str, account: str | None, resources: dict[str, str]
    ) -> dict[str, Any]:
        management = self._portal.management
        catalogue = self._portal.applications[application].rights if application else {}
        option = (
            management.options.get(right) if application is None else (right in catalogue and catalogue[right].option)
        )
        context: dict[str, Any] = {
            "right": right,
            "needs": list(catalogue[right].needs) if right in catalogue else [],
            "afterSignIn": application is None and right in management.after_portal_sign_in,
            **resources,
        }
        if option:
            context["option"] = option
        where = account_id(self._homes.get(user, ""), account or "-")
        return {
            "principal": {"type": "User", "id": user},
            "action": {"type": "Action", "id": "use"},
            "resource": {"type": "Cell", "id": f"{user}|{where}|{application or '-'}"},
            "context": context,
        }


def _entity(kind: str, identity: str, **attributes: object) -> dict[str, Any]:
    return {"uid": {"type": kind, "id": identity}, "attrs": attributes, "parents": []}
