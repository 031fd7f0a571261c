"""Links mean what pycasbin's role managers mean."""

from __future__ import annotations

from casbin.rbac.default_role_manager import DomainManager, RoleManager
from hypothesis import given
from hypothesis import strategies as st

from partnerauth.policy.engine.links import Links

NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
DOMAINS = st.sampled_from(["x", "y"])


def chain(length: int) -> Links:
    links = Links(domains=False, hops=9)
    for number in range(length):
        links.add(f"n{number}", f"n{number + 1}")
    return links


@given(st.lists(st.tuples(NAMES, NAMES)), NAMES, NAMES)
def test_links_without_domains_answer_as_pycasbins_do(changes: list[tuple[str, str]], name: str, role: str) -> None:
    stock, ours = RoleManager(10), Links(domains=False, hops=9)
    there: set[tuple[str, ...]] = set()
    for link in changes:
        assert ours.has(name, role) is stock.has_link(name, role)
        (stock.delete_link if link in there else stock.add_link)(*link)
        (ours.remove if link in there else ours.add)(*link)
        there ^= {link}
    assert ours.has(name, role) is stock.has_link(name, role)


@given(st.lists(st.tuples(NAMES, NAMES, DOMAINS)), NAMES, NAMES, DOMAINS)
def test_links_with_domains_answer_as_pycasbins_do(
    changes: list[tuple[str, str, str]], name: str, role: str, domain: str
) -> None:
    stock, ours = DomainManager(10), Links(domains=True, hops=9)
    there: set[tuple[str, ...]] = set()
    for link in changes:
        assert ours.has(name, role, domain) is stock.has_link(name, role, domain)
        (stock.delete_link if link in there else stock.add_link)(*link)
        (ours.remove if link in there else ours.add)(*link)
        there ^= {link}
    assert ours.has(name, role, domain) is stock.has_link(name, role, domain)


def test_a_name_reaches_itself_first_and_then_what_is_near() -> None:
    links = chain(3)
    links.add("n0", "n3")
    assert links.reach("n0") == ("n0", "n1", "n3", "n2")
    assert links.reach("nobody") == ("nobody",)


def test_dg_24_a_chain_counts_as_far_as_pycasbin_follows_it_and_a_cycle_ends() -> None:
    assert chain(9).has("n0", "n9")
    assert not chain(10).has("n0", "n10")
    cycle = chain(3)
    cycle.add("n3", "n0")
    assert cycle.has("n2", "n1")
    assert cycle.reach("n0") == ("n0", "n1", "n2", "n3")


def test_lc_16_a_closure_is_forgotten_when_a_link_far_above_is_cut() -> None:
    links = chain(4)
    assert links.has("n0", "n4")
    links.remove("n3", "n4")
    assert not links.has("n0", "n4")
    links.remove("n3", "n4")
    assert links.has("n0", "n3")


def test_tn_07_a_name_that_holds_a_separator_is_no_other_name_in_another_domain() -> None:
    links = Links(domains=True, hops=9)
    links.add("a", "admin", "b::c")
    assert links.has("a", "admin", "b::c")
    assert not links.has("a::b", "admin", "c")
    assert not links.has("a", "admin", "b")


def test_unknown_names_leave_no_trace() -> None:
    links = chain(2)
    for number in range(100):
        links.has(f"stranger{number}", "n1")
    assert links.closures == {}
    links.has("n0", "n1")
    assert list(links.closures) == ["n0"]


def test_names_of_another_class_are_compared_as_they_like() -> None:
    links = Links(domains=True, hops=9)
    links.add("a", "b", "1")
    assert links.has("a", "b", 1)
    assert not links.has(1, "b", "1")  # type: ignore[arg-type]
    assert links.has(1, 1.0, "1")  # type: ignore[arg-type]
