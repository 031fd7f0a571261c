"""The slice of state that a flow reads, and how the events of a command change it."""

from __future__ import annotations

import pytest

from partnerauth.directory import Directory, Evolving, FeedStateOf, LinkedDomainByName, NotLoadedError
from partnerauth.entities import FeedState, LinkedDomain, OrganisationId

FEED, DOMAIN = FeedStateOf("allow-list"), LinkedDomainByName("acme.example")
FIRST, SECOND = (FeedState(feed="allow-list", sequence=number) for number in (1, 2))
LINK = LinkedDomain(domain="acme.example", organisation=OrganisationId("acme"))


def test_what_was_not_asked_for_is_our_mistake_and_what_is_not_there_is_none() -> None:
    directory = Directory({FEED: None})

    assert directory.get(FEED) is None
    assert directory.find(DOMAIN) is None
    with pytest.raises(NotLoadedError):
        directory.get(DOMAIN)
    with pytest.raises(NotLoadedError):
        directory.the(FEED)


def test_putting_something_leaves_the_directory_before_as_it_was() -> None:
    before = Directory({FEED: FIRST, DOMAIN: LINK})
    after = before.put(SECOND).drop(DOMAIN)

    assert (before.get(FEED), before.get(DOMAIN)) == (FIRST, LINK)
    assert (after.get(FEED), after.get(DOMAIN)) == (SECOND, None)


def test_one_that_evolves_says_the_same_after_the_same_changes_and_leaves_its_origin_alone() -> None:
    origin = Directory({FEED: FIRST, DOMAIN: None}).put(LINK)
    evolving = Evolving.of(origin)

    changed = evolving.put(SECOND).without([DOMAIN]).put(LINK).drop(DOMAIN)

    assert changed is evolving
    assert dict(changed.changes) == dict(origin.put(SECOND).without([DOMAIN]).changes)
    assert dict(origin.changes) == {DOMAIN: LINK}
