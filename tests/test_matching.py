"""From a provision as a source writes it to the provisions that the collection holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caselaw.matching import MAX_RANGE, MAX_TEXT, match_provisions, paths, provision_paths
from tests.conftest import read_lines

#: Pairs of the collection, judged by hand: law, provision as a case gives it, provisions found.
PAIRS: list[tuple[str, str, dict[str, str]]] = [
    ("arg-ley-25871", "art. 116", {"Art 116": "exact"}),
    ("arg-codigo-penal", "art. 210", {}),
    ("aus-migration-act-1958", "s 233(1)(a)", {}),
    ("aus-migration-act-1958", "s 232A", {}),
    ("aus-criminal-code-act-1995", "s 4.1", {}),
    ("aus-criminal-code-act-1995", "ss 3.1, 14.1", {}),
    ("aus-anti-people-smuggling-and-other-measures-act-2010", "s 233A", {}),
    (
        "aut-fremdenpolizeigesetz-2005",
        "Section 114",
        {"s 114(1)": "whole", "s 114(3)": "whole", "s 114(4)": "whole"},
    ),
    (
        "aut-fremdenpolizeigesetz-2005",
        "Section 114(1), (3) and (4)",
        {"s 114(1)": "exact", "s 114(3)": "exact", "s 114(4)": "exact"},
    ),
    (
        "bel-act-15-december-1980",
        "Articles 77 and 77bis",
        {"Art 77": "exact", "Art 77bis": "exact"},
    ),
    ("blr-criminal-code", "art. 371-1(1)", {"Art 371-1": "part"}),
    ("bra-codigo-penal", "arts. 288, 297", {}),
    ("bra-codigo-penal", "art. 232-A § 2 II", {"Art 232-A(2)": "exact"}),
    (
        "can-immigration-and-refugee-protection-act",
        "s. 117",
        {"s 117(1)-(2)": "whole", "s 117(3)-(3.2)": "whole"},
    ),
    ("can-immigration-and-refugee-protection-act", "s. 117(1)", {"s 117(1)-(2)": "exact"}),
    ("che-foreign-nationals-and-integration-act", "Article 116(1)(a)", {"Art 116(1)": "part"}),
    (
        "che-foreign-nationals-and-integration-act",
        "Article 116(1)(a) and (2)",
        {"Art 116(1)": "part"},
    ),
    ("chn-criminal-law-1979", "art. 318", {"art 318": "exact"}),
    ("chn-criminal-law-1979", "arts 318, 23, 25, 26, 67, 72", {"art 318": "exact"}),
    ("cri-ley-8764", "art. 249", {"Art 249": "exact"}),
    (
        "deu-aufenthaltsgesetz",
        "Sections 95, 96",
        {"s 96(1)": "whole", "s 96(2)": "whole", "s 96(3)": "whole", "s 96(4)": "whole"},
    ),
    (
        "deu-aufenthaltsgesetz",
        "Sections 95(1) no. 3 and 96",
        {"s 96(1)": "whole", "s 96(2)": "whole", "s 96(3)": "whole", "s 96(4)": "whole"},
    ),
    (
        "deu-aufenthaltsgesetz",
        "Sections 95(1) no. 2 and 96",
        {"s 96(1)": "whole", "s 96(2)": "whole", "s 96(3)": "whole", "s 96(4)": "whole"},
    ),
    ("deu-aufenthaltsgesetz", "Sections 95(1) nos. 2 and 3, 95(6), 96(1)", {"s 96(1)": "exact"}),
    ("deu-aufenthaltsgesetz", "Section 96(1) no. 2", {"s 96(1)": "part"}),
    ("dnk-aliens-act", "Section 59(7) no. 1", {}),
    ("dnk-aliens-act", "Section 59(8) nos. 1 and 2", {"s 59(8)": "part"}),
    ("dom-ley-137-03", "art. 2", {"Art 2": "exact"}),
    (
        "ecu-coip",
        "art. 213",
        {
            "Art 213, first paragraph": "whole",
            "Art 213, transport": "whole",
            "Art 213, minors and vulnerable persons": "whole",
            "Art 213, death": "whole",
            "Art 213, legal persons": "whole",
        },
    ),
    ("esp-codigo-penal", "Article 318 bis(1)", {"Art 318 bis(1)": "exact"}),
    (
        "esp-codigo-penal",
        "Article 318 bis",
        {
            "Art 318 bis(1)": "whole",
            "Art 318 bis(2)": "whole",
            "Art 318 bis(3)": "whole",
            "Art 318 bis(4)": "whole",
            "Art 318 bis(5)": "whole",
        },
    ),
    ("esp-ley-organica-4-2000", "Articles 1 and 25", {}),
    ("eue-directive-2002-90", "Article 1(1)(a)", {"Art 1(1)(a)": "exact"}),
    ("fra-ceseda", "Article L. 622-4", {}),
    ("fra-ceseda", "Article L. 622-4, no. 3", {}),
    ("gbr-immigration-act-1971", "Sections 3, 11 and 25", {"s 25": "exact"}),
    ("gbr-immigration-act-1971", "Section 25", {"s 25": "exact"}),
    ("hkg-immigration-ordinance-cap-115", "s 37(1)(a)", {}),
    (
        "hkg-immigration-ordinance-cap-115",
        "ss 37A, 37B, 37D(1)(a)",
        {"ss 37A-37B": "exact", "s 37D": "part"},
    ),
    ("hun-criminal-code", "Sections 214/A and 218", {}),
    (
        "hun-criminal-code",
        "Sections 353 and 459(1) no. 1",
        {
            "s 353(1)": "whole",
            "s 353(2)": "whole",
            "s 353(3)": "whole",
            "s 353, organisers": "whole",
            "s 353, preparation": "whole",
        },
    ),
    ("idn-law-6-2011-immigration", "art. 120(1)", {"art 120": "part"}),
    ("irl-illegal-immigrants-trafficking-act-2000", "Section 2", {"s 2": "exact"}),
    ("ita-tui-286-1998", "Article 12(1) and (3)", {"Art 12(1)": "exact", "Art 12(3)": "exact"}),
    (
        "ita-law-189-2002",
        "Article 11",
        {
            "Art 11(1)": "whole",
            "Art 11(1), new Art 12(3)": "whole",
            "Art 11(1), new Art 12(3-bis)": "whole",
        },
    ),
    (
        "ita-tui-286-1998",
        "Article 12(1), (3), (3-bis), (3-ter)",
        {"Art 12(1)": "exact", "Art 12(3)": "exact"},
    ),
    (
        "jpn-immigration-control-and-refugee-recognition-act-1951",
        "art. 74, art. 74-3",
        {"art 74": "exact", "art 74-3": "exact"},
    ),
    ("kaz-criminal-code-2014", "arts 394(2), 62(3)", {"art 394": "part"}),
    ("mda-criminal-code", "art. 362-1(2)", {"Art 362-1": "part"}),
    ("mex-ley-de-migracion", "art. 159 I", {"Art 159": "part"}),
    ("mex-ley-de-migracion", "arts 159 III, 160 II", {"Art 159": "part"}),
    ("mys-atipsom-act-2007", "s 26A", {"s 26A": "exact"}),
    ("mys-atipsom-act-2007", "s 61A", {}),
    ("nam-prevention-of-organised-crime-act-2004", "s 16 read with s 1", {"s 16": "exact"}),
    ("nic-codigo-penal-641", "art. 318", {"Art 318": "exact"}),
    ("nld-wetboek-van-strafrecht", "Article 197a(1)", {"Art 197a(1)": "exact"}),
    ("nld-vreemdelingenwet-2000", "Article 8", {}),
    (
        "nld-wetboek-van-strafrecht",
        "Article 197a",
        {
            "Art 197a(1)": "whole",
            "Art 197a(2)": "whole",
            "Art 197a(3)": "whole",
            "Art 197a(4)": "whole",
            "Art 197a(5)-(6)": "whole",
        },
    ),
    ("nld-vreemdelingenwet-2000", "Article 8(f) and (h)", {}),
    ("nor-immigration-act", "Section 108(4)(a) and (6)", {}),
    ("nzl-crimes-act-1961", "ss 98C, 347, 381A", {"s 98C": "exact"}),
    ("pol-criminal-code", "Articles 18(3) and 264(3)", {"Art 264(3)": "exact"}),
    ("pol-criminal-code", "Articles 258(1), 264(3), 270(1) and 275(1)", {"Art 264(3)": "exact"}),
    ("prt-law-23-2007", "Article 183(2)", {"Art 183(2)": "exact"}),
    ("rus-criminal-code", "art. 322.1(2)(a)", {"Art 322.1(2)": "part"}),
    (
        "sgp-immigration-act-1959",
        "s 57(1)(d), (e), (ii), (1A), (1B)",
        {"s 57(1)(d)": "exact", "s 57(1)(e)": "exact"},
    ),
    ("sgp-immigration-act-1959", "s 57(1)(d)", {"s 57(1)(d)": "exact"}),
    ("sle-anti-human-trafficking-and-migrant-smuggling-act-2022", "s 20(1)", {}),
    (
        "srb-criminal-code",
        "Article 350",
        {"Art 350(2)": "whole", "Art 350(3)-(4)": "whole", "Art 350(5)": "whole"},
    ),
    (
        "srb-criminal-code",
        "Articles 33 and 350(2), (3)",
        {"Art 350(2)": "exact", "Art 350(3)-(4)": "exact"},
    ),
    ("svn-criminal-code", "Article 311(3) and (5)", {}),
    ("swe-aliens-act-2005-716", "Chapter 20, section 8", {"ch 20 s 8": "exact"}),
    ("swe-aliens-act-2005-716", "Chapter 20, section 9", {"ch 20 s 9": "exact"}),
    ("tur-criminal-code-5237", "Articles 35 and 79(1)(b)", {"Art 79(1)": "part"}),
    (
        "tur-criminal-code-5237",
        "Articles 79 and 85",
        {
            "Art 79(1)": "whole",
            "Art 79(1), attempt": "whole",
            "Art 79(2)": "whole",
            "Art 79(3)": "whole",
            "Art 79(4)": "whole",
        },
    ),
    ("ukr-criminal-code", "arts 332(1), 369(3)", {"Art 332(1)": "exact"}),
    ("usa-title-18-united-states-code", "18 U.S.C. § 924(c)", {}),
    ("usa-immigration-and-nationality-act", "§ 212(a)(6)(E)(i), 8 U.S.C. § 1182(a)(6)(E)(i)", {}),
    ("usa-immigration-and-nationality-act", "§ 1324(a)(2)(B)(ii)", {"s 274(a)(2)": "part"}),
    ("usa-title-18-united-states-code", "§§ 2, 371", {}),
    ("usa-immigration-and-nationality-act", "§ 1324(a)(1)(A)(v)(I)", {"s 274(a)(1)(A)(v)": "part"}),
    ("usa-immigration-and-nationality-act", "§ 1324(a)(2)(B)(iii)", {"s 274(a)(2)": "part"}),
    (
        "usa-immigration-and-nationality-act",
        "§§ 1101(f)(3), 1182(a)(6)(E)(i), 1254(a) (repealed)",
        {},
    ),
    (
        "usa-immigration-and-nationality-act",
        "§ 1324(a)(1)(A)(ii), (a)(2)",
        {"s 274(a)(1)(A)(ii)-(iv)": "exact", "s 274(a)(2)": "exact"},
    ),
    (
        "usa-immigration-and-nationality-act",
        "§ 1324(a)(1)(A)(iv), (B)(i)",
        {"s 274(a)(1)(A)(ii)-(iv)": "exact"},
    ),
]


@pytest.fixture(scope="module")
def numbers() -> dict[str, list[tuple[int, str]]]:
    """Of each law, its provisions by their places."""
    return {
        line["id"]: [
            (place, part.get("number", "")) for place, part in enumerate(line.get("provisions", []))
        ]
        for line in read_lines("legislation.jsonl")
    }


@pytest.mark.parametrize(("law", "text", "expected"), PAIRS)
def test_what_a_case_cites(
    law: str, text: str, expected: dict[str, str], numbers: dict[str, list[tuple[int, str]]]
) -> None:
    by_place = dict(numbers[law])
    found = match_provisions(text, numbers[law])
    assert {by_place[place]: match for place, match in found} == expected


def test_the_pairs_are_of_the_collection() -> None:
    cited = {
        (applied["law_id"], applied.get("provision"))
        for line in read_lines("cases.jsonl")
        for applied in line.get("laws_applied", [])
        if "law_id" in applied
    }
    assert {(law, text) for law, text, _expected in PAIRS} <= cited
    assert len(PAIRS) >= 40


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s 233A", ["233a"]),
        ("Article 318 bis", ["318-bis"]),
        ("art. 318bis(1)", ["318-bis 1"]),
        ("Article 264a", ["264a"]),
        ("Section 214/A", ["214-a"]),
        ("Article L. 823-3-1", ["l823-3-1"]),
        ("arts 86-88", ["86", "87", "88", "86-88"]),
        ("art 76-2", ["76-2"]),
        ("s 57(1)(b), (c)", ["57 1 b", "57 1 c"]),
        ("Art 350(3)-(5)", ["350 3", "350 4", "350 5"]),
        ("Art 350(3) to (5)", ["350 3", "350 4", "350 5"]),
        ("s 57(1)(i)-(k)", ["57 1 i", "57 1 j", "57 1 k"]),
        ("s 1(a)(i)-(iv)", ["1 a i", "1 a ii", "1 a iii", "1 a iv"]),
        ("Article 12(3)(d) and (5)", ["12 3 d", "12 5"]),
        ("§ 1324(a)(1)(A)(ii), (a)(2)", ["1324 a 1 a ii", "1324 a 2"]),
        ("Chapter 20, section 8", ["20_8"]),
        ("ch 20 s 8", ["20_8"]),
        ("18 U.S.C. § 924(c)", ["924 c"]),
        ("Section 95(1) nos. 2 and 3, 96(1)", ["95 1 2", "95 1 3", "96 1"]),
        ("art. 232-A § 2 II", ["232-a 2"]),
        ("s 16 read with s 1", ["16"]),
        ("Article 8, and other articles", ["8"]),
        ("long title", []),
        ("tenth transitory article", []),
        ("the Act of 1958", []),
        ("", []),
        ("()", []),
        ("(1)", []),
    ],
)
def test_the_paths_of_a_text(text: str, expected: list[str]) -> None:
    assert [" ".join(path) for path in paths(text)] == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("Art 213, transport", ["213 transport"]),
        ("Art 11(1), new Art 12(3)", ["11 1 new art 12(3)"]),
        ("arts 74-4, 74-5", ["74-4", "74-5"]),
        ("s 274(a)(2) (8 USC 1324)", ["274 a 2"]),
        ("18 USC 2237(b)(4)", ["2237 b 4"]),
    ],
)
def test_the_paths_of_a_recorded_provision(number: str, expected: list[str]) -> None:
    assert [" ".join(path) for path in provision_paths(number)] == expected


def test_the_exact_provision_goes_before_its_article() -> None:
    recorded = [(1, "Art 12"), (2, "Art 12(1)"), (3, "Art 12(2)")]
    assert match_provisions("Art 12(1)", recorded) == [(2, "exact")]
    assert match_provisions("Art 12(3)", recorded) == [(1, "part")]
    assert match_provisions("Art 12", recorded) == [(1, "exact")]
    assert match_provisions("Art 12", recorded[1:]) == [(2, "whole"), (3, "whole")]
    assert match_provisions("Art 1", recorded) == []


def test_a_range_that_is_none_does_not_fill_the_memory() -> None:
    assert len(paths("s 1(1)-(99999), (1)-(99999), (1)-(99999)")) == 2
    assert len(paths("arts 1-999999999")) == 1
    assert len(paths(f"arts 1-{MAX_RANGE + 1}")) == MAX_RANGE + 2


#: What regular expressions are slow at: long runs of all that they repeat.
PIECES = ["1", "(a)", "(1)-", "(9)", " ", "-", ".", "/", ",", " and ", "ch 1", " nos. 1", "s ", "§"]
PIECES += [
    "8 U.S.C. § ",
    "bis",
    "ter ",
    "(8 USC 1",
    "L.",
    "ii",
    "\u0661",
    "\u017f",
    "A",
    "ss 1-9",
    "_",
]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("start", ["", "s 1", "ss 1(1)", "ch 1"])
def test_a_long_run_ends(start: str, piece: str) -> None:
    text = start + piece * (20_000 // len(piece))
    found = match_provisions(text, [(1, "s 1"), (2, text[:120]), (3, text)])
    assert {place for place, _match in found} <= {1, 2, 3}
    assert paths(text) == paths(text[:MAX_TEXT])


@settings(deadline=None)
@given(
    st.one_of(st.text(max_size=400), st.lists(st.sampled_from(PIECES), max_size=120).map("".join)),
    st.lists(st.text("Ss12abi()-,. §", max_size=40), max_size=4),
)
def test_no_text_makes_it_fail(text: str, recorded: list[str]) -> None:
    found = match_provisions(text, enumerate(recorded))
    assert {match for _place, match in found} <= {"exact", "part", "whole"}
    assert len({place for place, _match in found}) == len(found)


def test_a_recorded_number_leads_to_its_own_provision(
    numbers: dict[str, list[tuple[int, str]]],
) -> None:
    tried = 0
    for law, recorded in numbers.items():
        for place, number in recorded:
            if provision_paths(number) and provision_paths(number) == paths(number):
                assert (place, "exact") in match_provisions(number, recorded), (law, number)
                tried += 1
    assert tried > 300
