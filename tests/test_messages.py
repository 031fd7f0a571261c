"""The words for people, in four languages."""

from __future__ import annotations

import re
import runpy
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import partnerauth.messages
from partnerauth.decision import Fact, Reason
from partnerauth.entities import State
from partnerauth.messages import MAILS, NOTICES, languages, notice, override_problems, render_mail, say
from partnerauth.policy.portal import FORM_FIELDS, RESOURCE_KINDS
from partnerauth.policy.rulebook import FACTS, RULES

LOCALES = Path(partnerauth.messages.__file__).parent / "locales"
STATUSES = ("order-received", "appointment-planned", "order-finished", "order-cancelled")
WORDS: dict[str, tuple[str, ...]] = {
    "requirement": (
        *("length", "lower", "upper", "letter", "digit", "special"),
        *("maximum", "common", "personal", "unchanged"),
    ),
    "field": FORM_FIELDS,
    "state": tuple(State),
    "kind": RESOURCE_KINDS,
    "status": STATUSES,
}
MAIL_FACTS = {
    "portal": "Portal of Acme",
    "name": "Anna Maes",
    "organisation": "Acme NV",
    "application": "invoice-reporter",
    "address": "anna@acme.example",
    "username": "ANNA",
    "link": "https://portal.example/reset?token=abc&lang=nl",
    "code": "0123456789ABCDEF01234567",
    "password": "Winter<Tram>&61",
    "hours": "24",
    "case": "C-17",
    "status": "order-finished",
}
HOSTILE = '<a href="https://evil.example">Anna</a>\r\nBcc: all@evil.example\r\n\r\nwww.evil.example evil.example/login'

every_language = pytest.mark.parametrize("language", languages())
every_code = pytest.mark.parametrize("code", RULES)
every_template = pytest.mark.parametrize("template", MAILS)
translated = pytest.mark.parametrize("language", [each for each in languages() if each != "en"])


def reason(code: str) -> Reason:
    """A reason with a value for every fact that its code states."""
    facts: dict[str, Fact] = {name: "17" if name == "seconds" else f"<{name}>" for name in FACTS[code]}
    return RULES[code].broken(**facts)


class Page(HTMLParser):
    """What a mail program finds in a page: its links, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        assert tag in {"html", "head", "meta", "title", "body", "div", "p", "br", "a", "strong", "span"}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.rule("GX-09")
@every_language
@every_code
def test_every_refusal_says_its_facts_in_every_language(code: str, language: str) -> None:
    sentence = say(reason(code), language)

    assert not re.search(r"\{\w*\}", sentence)
    assert all(f"<{name}>" in sentence for name in FACTS[code] if name != "seconds")


@pytest.mark.rule("GX-09")
@every_code
def test_the_english_of_a_refusal_is_the_rules_own(code: str) -> None:
    facts = {name: "17 seconds" if name == "seconds" else f"<{name}>" for name in FACTS[code]}

    assert say(reason(code), "en") == RULES[code].says.format(**facts)


@pytest.mark.rule("GX-09")
@translated
@every_code
def test_no_refusal_falls_back_to_english(code: str, language: str) -> None:
    assert say(reason(code), language) != say(reason(code), "en")


@pytest.mark.rule("GX-09")
@every_language
def test_every_word_of_the_rulebook_has_a_translation(language: str) -> None:
    with (LOCALES / language / "LC_MESSAGES" / "partnerauth.po").open("rb") as file:
        catalogue = read_po(file)

    for vocabulary, words in WORDS.items():
        for word in words:
            entry = catalogue.get(f"word.{vocabulary}.{word}")
            assert entry
            assert entry.string


@translated
@pytest.mark.parametrize(
    ("code", "fact", "vocabulary"),
    [
        ("password-policy", "unmet", "requirement"),
        ("field-required", "fields", "field"),
        ("user-inactive", "state", "state"),
        ("unknown-name", "kind", "kind"),
    ],
)
def test_words_are_told_in_the_readers_language(code: str, fact: str, vocabulary: str, language: str) -> None:
    facts: dict[str, Fact] = {**dict.fromkeys(FACTS[code], "-"), fact: WORDS[vocabulary]}
    sentence = say(RULES[code].broken(**facts), language)

    assert sentence.count(", ") >= len(WORDS[vocabulary]) - 1
    assert not any(word in sentence for word in WORDS[vocabulary] if "-" in word)


def test_several_words_are_joined_and_none_is_a_dash() -> None:
    assert say(RULES["field-required"].broken(fields=("first-name", "phone")), "nl") == (
        "Vul nog in: voornaam, telefoonnummer."
    )
    assert say(RULES["contract-inactive"].broken(contracts=()), "de").startswith(
        "Es ist ein aktiver Vertrag nötig; nicht aktiv: –."  # noqa: RUF001 - as French is written - a dash
    )


def test_what_exceeds_is_named_with_its_kind() -> None:
    broken = RULES["delegation-limit"].broken(exceeding=("view-prices", "billing-address B 1"))

    assert say(broken, "nl") == ("U kunt alleen geven wat u zelf hebt; u hebt view-prices, facturatieadres B 1 niet.")


def test_a_field_is_a_kind_of_name_too() -> None:
    assert "(Anrede)" in say(RULES["unknown-name"].broken(kind="title", names="dr"), "de")
    assert "(beheerrecht)" in say(RULES["unknown-name"].broken(kind="management right", names="root"), "nl")


def test_rights_and_profiles_stay_as_they_are_written() -> None:
    broken = RULES["matrix-mandatory-missing"].broken(profile="pro-2", rights=("general-access",))

    assert say(broken, "fr") == "Le profil pro-2 exige aussi\u00a0: general-access. Veuillez l’ajouter."  # noqa: RUF001 - as French is written


@pytest.mark.rule("GX-05")
@pytest.mark.parametrize(
    ("seconds", "wait"),
    [
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (90, "90 seconds"),
        (847, "15 minutes"),
        (900, "15 minutes"),
        (3600, "1 hour"),
        (5000, "84 minutes"),
        (7200, "2 hours"),
        (86400, "1 day"),
        (7776000, "90 days"),
    ],
)
def test_the_time_to_wait_is_told_as_people_count_it(seconds: int, wait: str) -> None:
    assert f"Please wait {wait} and" in say(RULES["too-many-attempts"].broken(seconds=seconds), "en")


@given(st.integers(min_value=0, max_value=10**8))
def test_whoever_waits_as_told_has_waited_long_enough(seconds: int) -> None:
    sentence = say(RULES["too-many-attempts"].broken(seconds=seconds), "en")
    found = re.search(r"wait (\d+) (second|minute|hour|day)", sentence)

    assert found
    told = int(found[1]) * {"second": 1, "minute": 60, "hour": 3600, "day": 86400}[found[2]]
    assert seconds <= told < seconds + 60


def test_what_somebody_typed_cannot_break_the_line_or_hide() -> None:
    broken = RULES["other-organisation"].broken(names="a\u202eb\r\nc\x1b[31m\u200bd")

    assert say(broken, "en") == "Your organisation has nothing named a b c [31m d. Please check what you entered."


def test_braces_in_a_fact_stay_braces() -> None:
    assert "{password} {0} {" in say(RULES["already-exists"].broken(name="{password} {0} {"), "en")


def test_a_language_without_texts_is_a_mistake_of_whoever_asks() -> None:
    for ask in (
        lambda: say(reason("delegation-limit"), "es"),
        lambda: notice("no-mail", "es"),
        lambda: render_mail("password-reset", "es", MAIL_FACTS),
    ):
        with pytest.raises(KeyError, match="no texts in 'es'; there are texts in nl, fr, de, en"):
            ask()


def test_a_reason_without_its_facts_is_a_mistake_of_whoever_made_it() -> None:
    with pytest.raises(ValueError, match="the fact 'exceeding' is missing"):
        say(RULES["delegation-limit"].broken(), "en")


def test_a_length_of_time_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="hours: 'soon' is not a length of time"):
        render_mail("password-reset", "en", MAIL_FACTS | {"hours": "soon"})


@every_language
@pytest.mark.parametrize("name", NOTICES)
def test_every_notice_exists_in_every_language(name: str, language: str) -> None:
    assert notice(name, language)
    assert language == "en" or notice(name, language) != notice(name, "en")


@pytest.mark.rule("BP-16")
@every_language
def test_page_and_mail_state_the_chain_of_whom_to_ask(language: str) -> None:
    chain = {
        "nl": ("beheerder", "uitbater"),
        "fr": ("administrateur", "exploitant"),
        "de": ("Administrator", "Betreiber"),
        "en": ("administrator", "operator"),
    }[language]
    mail = render_mail("reset-not-permitted", language, MAIL_FACTS)

    for text in (mail.text, notice("reset-chain", language)):
        assert 0 <= text.index(chain[0]) < text.index(chain[1])
    assert "http" not in mail.text + mail.html


@pytest.mark.rule("SP-04")
def test_the_notice_about_a_missing_mail_says_where_to_look_and_when_to_ask() -> None:
    text = notice("no-mail", "en")

    assert re.search("spam.*other e-mail addresses.*15 minutes.*support", text)


@pytest.mark.rule("ED-01")
def test_the_notice_about_known_addresses_points_to_lower_case_first() -> None:
    assert re.search("lower case.*service desk", notice("known-addresses", "en"))


@every_language
@every_template
def test_every_mail_says_its_facts_in_every_language(template: str, language: str) -> None:
    mail = render_mail(template, language, MAIL_FACTS)
    known = MAILS[template]

    assert not re.search(r"\{\w*\}", mail.subject + mail.text + mail.html)
    assert "Portal of Acme" in mail.subject
    for name in (*known.needs, *known.may_have):
        if name not in {"hours", "status"}:
            assert MAIL_FACTS[name] in mail.text
    assert "\n" not in mail.subject


@translated
@every_template
def test_no_mail_falls_back_to_english(template: str, language: str) -> None:
    ours, english = (render_mail(template, each, MAIL_FACTS) for each in (language, "en"))

    assert ours.subject != english.subject
    assert not set(ours.text.split("\n\n")) & {each for each in english.text.split("\n\n") if " " in each}


@every_template
def test_page_and_plain_text_of_a_mail_say_the_same(template: str) -> None:
    mail = render_mail(template, "fr", MAIL_FACTS)
    body = "".join(Page(mail.html).texts).partition(mail.subject)[2]

    assert body.split() == mail.text.split()


@every_template
def test_a_mail_says_no_more_than_it_was_told(template: str) -> None:
    known = MAILS[template]
    mail = render_mail(template, "en", {name: MAIL_FACTS[name] for name in known.needs})

    assert all(MAIL_FACTS[name] not in mail.text for name in known.may_have if name != "hours")
    assert "\n\n\n" not in mail.text


@pytest.mark.parametrize(("template", "name"), [(each, name) for each in MAILS for name in MAILS[each].needs])
def test_a_mail_without_a_fact_that_it_needs_is_not_made(template: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"mail.{template}: the fact '{name}' is missing"):
        render_mail(template, "en", MAIL_FACTS | {name: ""})


def test_an_unknown_mail_is_a_mistake_of_whoever_asks() -> None:
    with pytest.raises(KeyError, match="no mail is called 'newsletter'"):
        render_mail("newsletter", "en", MAIL_FACTS)


@every_language
def test_statuses_of_a_case_are_translated(language: str) -> None:
    for status in STATUSES:
        assert status not in render_mail("case-update", language, MAIL_FACTS | {"status": status}).text


def test_a_reader_is_greeted_by_name_and_never_by_anothers() -> None:
    assert render_mail("password-reset", "nl", MAIL_FACTS).text.startswith("Beste Anna Maes,\n")
    assert render_mail("password-reset", "nl", MAIL_FACTS | {"name": ""}).text.startswith("Beste,\n")
    assert render_mail("join-request", "nl", MAIL_FACTS).text.startswith("Beste,\n")


def test_a_password_arrives_letter_by_letter() -> None:
    mail = render_mail("temporary-password", "de", MAIL_FACTS)

    assert "\nWinter<Tram>&61\n" in mail.text
    assert "<strong>Winter&lt;Tram&gt;&amp;61</strong>" in mail.html


@pytest.mark.parametrize("template", [each for each in MAILS if "name" in {*MAILS[each].needs, *MAILS[each].may_have}])
def test_wb_04_what_people_wrote_brings_no_element_and_no_link_into_a_mail(template: str) -> None:
    written = dict.fromkeys(("name", "organisation", "username", "case", "application", "address"), HOSTILE)
    mail = render_mail(template, "en", MAIL_FACTS | written)
    page = Page(mail.html)

    assert set(page.links) <= {MAIL_FACTS["link"]}
    for text in (mail.subject, mail.text, mail.html):
        assert "//evil" not in text
        assert "www." not in text
        assert "/login" not in text


def test_wb_04_a_company_named_like_a_web_address_is_no_link_either() -> None:
    mail = render_mail("join-approved", "en", MAIL_FACTS | {"organisation": "Fixit.example B.V. & Co"})

    assert "Fixit.example B.V. & Co" in mail.text
    assert "Fixit<span>.</span>example B.V. &amp; Co" in mail.html


@pytest.mark.parametrize("link", ["javascript:alert(1)", "//portal.example", 'https://x"onclick="', "https://x y"])
def test_wb_04_only_an_http_address_is_a_link(link: str) -> None:
    with pytest.raises(ValueError, match="the link is not an http address"):
        render_mail("password-reset", "en", MAIL_FACTS | {"link": link})


@pytest.mark.parametrize("name", ["portal", "case"])
def test_em_10_a_subject_is_one_line_whatever_it_is_told(name: str) -> None:
    mail = render_mail("case-update", "en", MAIL_FACTS | {name: "x\r\nBcc: all@evil.example\x00\u2028y"})

    assert "x Bcc: all@evil.example y" in mail.subject
    assert mail.subject.isprintable()


@given(st.text(), st.sampled_from(languages()))
def test_em_10_no_name_adds_a_line_to_a_mail(name: str, language: str) -> None:
    plain = render_mail("join-approved", language, {"portal": "P", "organisation": "O", "name": "N"})
    mail = render_mail("join-approved", language, {"portal": name or "P", "organisation": name or "O", "name": name})

    assert len(mail.subject.splitlines()) == 1
    assert len(mail.text.splitlines()) == len(plain.text.splitlines())
    assert Page(mail.html).links == []
    mail.text.encode()


def test_a_portal_says_things_in_its_own_words() -> None:
    overrides = {
        "mail.password-reset.subject.nl": "Wachtwoord voor {portal}\r\nX-Header: 1",
        "mail.password-reset.text.nl": "Klik <hier>:\n{link}",
        "rule.delegation-limit.says.nl": "Dat mag u niet geven: {exceeding}.",
        "word.field.colour.nl": "kleur",
        "notice.no-mail.nl": "Bel ons.",
    }
    mail = render_mail("password-reset", "nl", MAIL_FACTS, overrides=overrides)

    assert override_problems(overrides) == ()
    assert mail.subject == "Wachtwoord voor Portal of Acme X-Header: 1"
    assert "\n\nKlik <hier>:\nhttps://portal.example/reset?token=abc&lang=nl\n\n" in mail.text
    assert "<p>Klik &lt;hier&gt;:<br>" in mail.html
    assert say(RULES["delegation-limit"].broken(exceeding="ftp"), "nl", overrides=overrides) == (
        "Dat mag u niet geven: ftp."
    )
    assert "kleur" in say(RULES["field-required"].broken(fields=("colour",)), "nl", overrides=overrides)
    assert "colour" in say(RULES["field-required"].broken(fields=("colour",)), "fr", overrides=overrides)
    assert notice("no-mail", "nl", overrides=overrides) == "Bel ons."


@pytest.mark.parametrize(
    ("key", "text", "problem"),
    [
        ("mail.password-reset.subject.es", "Hola", "no such text"),
        ("mail.newsletter.subject.nl", "Dag", "no such text"),
        ("rule.no-such-code.says.nl", "Nee", "no such text"),
        ("notice.nothing.nl", "Niets", "no such text"),
        ("subject", "Dag", "no such text"),
        ("mail.password-reset.text.nl", "{passwort}", "nothing fills passwort; it may name portal, link"),
        ("mail.password-reset.subject.nl", "{link} {hours}", "nothing fills hours, link; it may name portal"),
        ("rule.delete-forbidden.says.nl", "{user}", "nothing fills user; it may name none"),
        ("word.time.days.nl", "{days}", "nothing fills days; it may name count"),
    ],
)
def test_a_portals_own_text_that_nothing_uses_or_fills_is_a_problem(key: str, text: str, problem: str) -> None:
    (found,) = override_problems({key: text})

    assert found.startswith(f"{key}: ")
    assert problem in found


def test_a_portals_own_mail_that_names_an_unknown_fact_is_not_sent() -> None:
    with pytest.raises(ValueError, match=r"mail\.password-reset\.text: the fact 'passwort' is missing"):
        render_mail("password-reset", "nl", MAIL_FACTS, overrides={"mail.password-reset.text.nl": "{passwort}"})


def test_no_secret_stands_in_a_subject() -> None:
    with pytest.raises(ValueError, match=r"mail\.verification-code\.subject: the fact 'code' is missing"):
        render_mail("verification-code", "nl", MAIL_FACTS, overrides={"mail.verification-code.subject.nl": "{code}"})


@every_language
def test_the_catalogues_are_complete_and_compiled(language: str) -> None:
    script = runpy.run_path(str(Path(__file__).parent.parent / "tools" / "catalogues.py"))

    assert script["problems"](language) == []
