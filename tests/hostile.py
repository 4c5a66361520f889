"""What strangers send, and what may never come back: for the test of hostile traffic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit

from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: An element and an attribute that no page of ours has: where one is found, a text was not escaped.
ELEMENT, ATTRIBUTE = "xqz7", "onxqz7"
MARKUP = [
    f"<{ELEMENT}>",
    f'"><{ELEMENT} x="',
    f"'><{ELEMENT}>",
    f'" {ATTRIBUTE}="1',
    f"' {ATTRIBUTE}='1",
    f"</title></script></textarea><{ELEMENT}>",
    f"--><{ELEMENT}><!--",
    f"]]><{ELEMENT}>",
    f"javascript:{ELEMENT}()",
    f"data:text/html,<{ELEMENT}>",
]
#: Pieces of the languages that a careless program would take a text for.
PIECES = [
    *MARKUP,
    *(
        "' OR '1'='1",
        "1; SELECT pg_sleep(60)--",
        "') UNION SELECT usename FROM pg_user--",
        "%%' ; $$",
    ),
    *("{{ 7*7 }}", "{% debug %}", "${7*7}", "#{7*7}", "%(x)s {} %s %n", "__proto__", "a[b][c]"),
    *(
        "../../../../etc/passwd",
        "..\\..\\boot.ini",
        "%2e%2e%2f",
        "/etc/passwd\x00.pdf",
        "file:///x",
    ),
    *("x\r\nX-Injected: yes", "\x00", "\x00\x01\x1f\x7f", "\u202e\u2066", "\ufeff", "\ud800"),
    *("-1", "0", "1e309", "NaN", "٣", "9" * 40, "-" + "9" * 40, "0x10", "1_000", "2" * 300),
    *("2024-02-30", "0000", "99999-99-99", "true", "null", "[]", "*", ",,,", " ", ""),
    *("a" * 4_000, "é" * 900, "🚤" * 300, "(" * 400, '"' * 300, "or " * 200, "-" * 400),
]

text = st.one_of(st.sampled_from(PIECES), st.text(max_size=40), st.integers().map(str))

#: Names that pages, lists and the admin know, beside any others.
NAMES = [
    *("q", "page", "page_size", "sort", "facets", "format", "lang", "as_typed", "cursor", "fields"),
    *("mode", "region", "jurisdiction", "article", "decided_from", "decided_to", "has_fee", "law"),
    *("role", "gender", "migrants_min", "imprisonment_max", "author", "changed_since", "case"),
    *("rows", "columns", "database", "by", "person", "provision", "topic", "language", "next"),
    *("verb", "resumptionToken", "metadataPrefix", "identifier", "from", "until", "set", "p", "o"),
]


def quoted(value: str) -> str:
    """A value in an address; a half of a pair becomes bytes that are no UTF-8."""
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


@st.composite
def queries(draw: Any, names: list[str]) -> str:
    """What stands behind `?`: many, repeated, nested and nameless parameters, some not encoded."""
    known = st.sampled_from(names)
    name = st.one_of(known, known, known.map(lambda n: f"{n}[]"), text)
    pairs = draw(st.lists(st.tuples(name, text), max_size=6))
    repeated = draw(st.sampled_from([1, 1, 1, 2, 30]))
    made = [f"{quoted(name)}={quoted(value)}" for name, value in pairs] * repeated
    raw = draw(
        st.sampled_from(["", "", "", "%", "%zz", "%FF%FE=%C0%80", "&&&===", "a;b=c", "+", "?"])
    )
    return "&".join([*made, raw])[:16_000]


#: Headers that some part of the portal, Django or gunicorn reads.
HEADERS = [
    *("Accept", "Accept-Language", "Accept-Encoding", "If-None-Match", "If-Modified-Since"),
    *("If-Match", "If-Unmodified-Since", "Range", "If-Range", "X-Forwarded-For", "Forwarded"),
    *("X-Forwarded-Host", "X-Forwarded-Proto", "Cookie", "Content-Type", "Authorization", "Origin"),
    *("Referer", "User-Agent", "X-Requested-With", "Access-Control-Request-Method", "X-CSRFToken"),
]
_header_text = st.one_of(
    text,
    st.sampled_from(
        [
            *(
                "*/*;q=x",
                "a/b/c;;q=",
                "application/json;q=1e9",
                ",,;",
                "xx-" * 200,
                "en;q=2,*;q=-1",
            ),
            *('W/"x", "y', "*", '"' * 100, "Thu, 99 Foo 2024 99:99:99 GMT", "bytes=5-1,0-,-9"),
            *(
                "bytes=" + "0-1," * 300,
                "Bearer smp_" + "x" * 43,
                "Bearer \x00",
                "Basic !!!",
                "gzip;q=",
            ),
            *("sessionid=x; sessionid=y", "messages=[[{}]]:forged:x", "csrftoken=\x00", "a=" * 500),
            *(
                "django_language=../../x",
                'sessionid="\\377\\000"',
                "$Version=1; =; ;",
                "999.1.1.1, ::1",
            ),
            *("multipart/form-data", "multipart/form-data; boundary=" + "x" * 300, "text/\x00"),
        ]
    ),
)
#: A server takes no line ends in a header, and hands other bytes on as Latin-1.
header_text = _header_text.map(
    lambda value: (
        re.sub(r"[\r\n\x00]", " ", value).encode("utf-8", "surrogatepass").decode("latin-1")
    )
)
headers = st.dictionaries(st.sampled_from(HEADERS), header_text, max_size=4)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == ELEMENT:
            self.wrong.append(f"the element <{tag}>")
        for name, value in attrs:
            if name.startswith(ATTRIBUTE):
                self.wrong.append(f"the attribute {name} of <{tag}>")
            scheme = (value or "").strip().lower().replace("\t", "").replace("\n", "")
            if name in ("href", "src", "action", "formaction") and scheme.startswith(
                ("javascript:", "vbscript:", "data:text")
            ):
                self.wrong.append(f"{name}={value}")


#: What only a fault of ours would put into a body.
_INSIDE = re.compile(
    r"Traceback \(most recent|site-packages/|psycopg2|django\.(?:db|core|http)\.|"
    r"syntax error at or near|invalid input syntax for"
)


@dataclass
class Look:
    """One request: what it asked of the database, and what is wrong with its answer."""

    most_queries: int
    statements: list[str] = field(default_factory=list)

    def at(self, response: Any) -> None:
        """Look at an answer.

        Raises:
            AssertionError: it tells of a fault, of an inside, or of a text that was not escaped.
        """
        assert response.status_code < 500, response.status_code
        body = b"".join(response) if response.streaming else response.content
        written = body.decode("utf-8", "replace")
        inside = _INSIDE.search(written)
        assert inside is None, inside
        kind = response.get("Content-Type", "")
        if kind.startswith("text/html"):
            parser = _Elements()
            parser.feed(written)
            assert not parser.wrong, parser.wrong
        assert "X-Injected" not in response.headers
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert is_here(response.get("Location", "/")), response["Location"]
        count = len(self.statements)
        assert count <= self.most_queries, (count, self.statements[-5:])


def is_here(location: str) -> bool:
    """Whether a browser that follows stays; it takes a backslash for a slash and drops tabs."""
    plain = re.sub(r"[\t\r\n]", "", location.replace("\\", "/"))
    parts = urlsplit(plain)
    if parts.scheme not in ("", "http", "https") or parts.netloc not in ("", "testserver"):
        return False
    return not plain.startswith("//")


@contextmanager
def looking(most_queries: int) -> Iterator[Look]:
    """Counts the statements of a request; each has the time that web processes give it."""
    look = Look(most_queries)

    def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Savepoints are the tests' and the forms' own.
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            look.statements.append(sql[:200])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(counted):
        yield look


def bounded_statements() -> None:
    """For this transaction, what `portal.wsgi` sets: a slower statement fails, and is a 503."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20s'")


def many(examples: int) -> Any:
    """How often hypothesis tries: always the same, so that a failure can be asked for again."""
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
