"""Roles from titles: how often they are right, what must never be, and the rules' own laws."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.policies.checks import Code, check_pack
from segue.policies.faults import PackError
from segue.policies.files import shipped_packs
from segue.policies.load import load_pack
from segue.policies.pack import Pack
from segue.policies.personas import Role, committee, role_of
from segue.policies.titles import title_words
from tests.policies.mini import mini_pack
from tests.policies.packs import TODAY

FOLDER = Path(__file__).parent
KINDS = ("persona", "function", "seniority")
SAAS = load_pack("saas_pipeline")


def titles(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measured(name: str) -> tuple[float, float]:
    """Print how right the rules are on a file; return the share wholly right, and of answers, those wrong."""
    rows, right, answers, wrong = titles(name), 0, 0, 0
    for row in rows:
        role = role_of(SAAS, row["title"])
        errors = [
            f"{kind}: {row[kind] or 'unknown'} expected, {getattr(role, kind) or 'unknown'} found"
            for kind in KINDS
            if (getattr(role, kind) or "") != row[kind]
        ]
        right += not errors
        given_ = [kind for kind in KINDS if getattr(role, kind) is not None]
        answers += len(given_)
        wrong += sum(getattr(role, kind) != row[kind] for kind in given_)
        if errors:
            print(f"  {row['title']} ({row['language']}): {'; '.join(errors)}")  # noqa: T201 - for who runs it
    print(f"{name}: {right} of {len(rows)} wholly right; {wrong} of {answers} answers wrong")  # noqa: T201
    return right / len(rows), wrong / answers


@pytest.mark.parametrize(
    ("name", "least", "most_wrong"),
    [
        ("titles.csv", 1.0, 0.0),
        ("titles_held_out.csv", 1.0, 0.0),
        ("titles_later.csv", 1.0, 0.0),
        ("titles_unseen.csv", 0.83, 0.02),
    ],
)
def test_titles_are_read_right(name: str, least: float, most_wrong: float) -> None:
    right, wrong = measured(name)
    assert right >= least and wrong <= most_wrong


def test_the_titles_are_many_different_and_of_seven_languages() -> None:
    rows = [row for each in FOLDER.glob("titles*.csv") for row in titles(each.name)]
    assert len(rows) > 350 and len({row["title"] for row in rows}) == len(rows)
    assert {row["language"] for row in rows} == {"en", "de", "fr", "es", "it", "nl", "pt"}


@pytest.mark.parametrize(
    "title",
    [
        "Assistant to the CEO",
        "Executive Assistant to the CISO",
        "PA to the CFO",
        "Assistentin der Geschäftsführung",
    ],
)
@pytest.mark.parametrize("name", shipped_packs())
def test_who_assists_a_chief_is_none(name: str, title: str) -> None:
    role = role_of(load_pack(name), title)
    assert (role.persona, role.function, role.seniority) == (None, "administration", "individual")
    assert role.stopped_by == "assistants"


@pytest.mark.parametrize(
    ("pack", "title", "persona"),
    [
        ("security_maturity", "CISO", "ciso"),
        ("security_maturity", "SOC Analyst", "security_engineer"),
        ("security_maturity", "Datenschutzbeauftragter", "compliance"),
        ("security_maturity", "Head of Security Sales", None),
        ("security_maturity", "Leiter Einkauf", "procurement"),
        ("security_maturity", "Directeur financier", "finance"),
        ("buying_motion", "Chief People Officer", "chro"),
        ("buying_motion", "HR Operations Specialist", "hr_ops"),
        ("buying_motion", "Technical Recruiter", None),
        ("buying_motion", "CIO", "it"),
    ],
)
def test_the_other_packs_have_personas_of_their_own(pack: str, title: str, persona: str | None) -> None:
    assert role_of(load_pack(pack), title).persona == persona


def test_a_role_tells_which_rule_decided_and_by_which_words() -> None:
    role = role_of(SAAS, "VP, Information Security & Risk")
    assert [(each.of, each.value, each.rule, each.phrase) for each in role.because] == [
        ("function", "security", "security", "security"),
        ("seniority", "vp", "vice_presidents", "vice president"),
        ("persona", "ciso", "security_leaders", None),
    ]
    assert role.traits(SAAS) == {"persona": "ciso", "seniority": "vp", "job_function": "security"}


@pytest.mark.parametrize("title", ["", "   ", "---", "Wizard of Light Bulb Moments", "\u0000", "🦄"])
def test_an_unknown_title_gives_nothing(title: str) -> None:
    assert role_of(SAAS, title) == Role()
    assert role_of(mini_pack(), "CEO") == Role(), "nor does a pack without rules"


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Sr. Dir., IT-Ops", "senior director it operations"),
        ("C.E.O.", "chief executive officer"),
        ("Leiter*in Vertrieb (m/w/d)", "leiter vertrieb"),
        ("Directeur/trice Général·e (H/F)", "directeur general"),
        ("ＣＦＯ", "chief financial officer"),
        ("STRASSE Straße", "strasse strasse"),
    ],
)
def test_words_of_a_title(title: str, words: str) -> None:
    assert " ".join(title_words(title)) == words


@given(st.text(max_size=400))
def test_any_text_is_read_and_case_is_nothing(title: str) -> None:
    role = role_of(SAAS, title)
    assert role == role_of(SAAS, title)
    for kind, cause in ((each.of, each) for each in role.because):
        assert getattr(role, kind) == cause.value


@given(st.sampled_from([row["title"] for row in titles("titles.csv")]))
def test_case_and_space_around_change_nothing(title: str) -> None:
    assert role_of(SAAS, title) == role_of(SAAS, f"  {title.upper()} ") == role_of(SAAS, title.lower())


def test_an_account_knows_which_roles_it_has_and_which_it_lacks() -> None:
    contacts = [
        {"id": "c1", "title": "CISO"}, {"id": "c2", "title": "VP Finance"}, {"id": "c3", "persona": "ciso"},
        {"id": "c4", "title": "Assistant to the CIO"}, {"id": "c5"},
    ]  # fmt: skip
    found = committee(SAAS, contacts)
    assert found.active == {"cfo": ("c2",), "ciso": ("c1", "c3")}
    assert found.missing == ("revenue", "cmo", "it")
    assert committee(SAAS, []).missing == ("revenue", "cmo", "cfo", "it", "ciso")


RULES = """
traits: {persona: persona, seniority: tier_of_person}
functions: [security, sales]
rules:
  - {rule: sales, any: [sales], gives: {function: sales}}
  - {rule: security, any: [security], gives: {function: security}}
  - {rule: chief, any: [chief], gives: {seniority: top}}
  - {rule: ciso, where: {function: [security], seniority: [top]}, gives: {persona: ciso}}
committee: [ciso]
"""
TRAITS = "tier_of_person: {type: text, scope: contact, layer: contextual, values: {top: [], low: []}}\n"


def with_rules(rules: str) -> Pack:
    from tests.policies.mini import FILES

    return mini_pack(traits=FILES["traits.yaml"] + TRAITS, personas=rules)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("seniority: tier_of_person", "seniority: tier", "a text of the contact"),
        ("persona: persona,", "persona: personna,", "unknown trait 'personna'; did you mean 'persona'"),
        ("{function: sales}", "{function: sale}", "unknown function 'sale'"),
        ("{seniority: top}", "{seniority: upper}", "unknown seniority 'upper'"),
        ("{persona: ciso}", "{persona: cso}", "unknown persona 'cso'"),
        ("function: [security],", "function: [secure],", "unknown function 'secure'"),
        ("committee: [ciso]", "committee: [cto]", "unknown persona 'cto'"),
        ("any: [chief]", "any: ['*']", "expected words"),
        ("rule: chief", "rule: sales", "the rule 'sales' stands twice"),
        ("any: [chief], ", "", "asks for words of the title"),
        (", gives: {seniority: top}", "", "or is the last"),
    ],
)
def test_what_a_personas_file_names_has_to_be(old: str, new: str, says: str) -> None:
    assert old in RULES
    with pytest.raises(PackError) as error:
        with_rules(RULES.replace(old, new))
    assert says in str(error.value) and "personas.yaml" in str(error.value)


def test_rules_that_decide_nothing_and_roles_that_nobody_gets_are_found() -> None:
    codes = {Code.ROLE_RULE_UNREACHED, Code.COMMITTEE_ROLE_NEVER_GIVEN}

    def found(rules: str) -> list[tuple[Code, str]]:
        return [(e.code, e.message) for e in check_pack(with_rules(rules), TODAY) if e.code in codes]

    assert found(RULES) == []
    shadowed = RULES.replace("any: [security]", "any: [security sales]")
    assert [code for code, _ in found(shadowed)] == [Code.ROLE_RULE_UNREACHED]
    early = RULES.replace(
        "rule: ciso, where: {function: [security], seniority: [top]}", "rule: ciso, where: {seniority: [low]}"
    )
    assert found(early) == [(Code.ROLE_RULE_UNREACHED, "no rule before 'ciso' gives the seniority low")]
    nobody = RULES.replace("committee: [ciso]", "committee: [cfo]")
    assert found(nobody) == [(Code.COMMITTEE_ROLE_NEVER_GIVEN, "no rule gives the persona 'cfo'")]
