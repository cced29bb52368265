"""What a server in front may do to the centre's answers: nothing that gives a cookie, or changes what one promises.

The centre says in each answer what a browser may keep, load and send on (``survey.headers``). A header beside it, or
one less, undoes that for everybody who comes by this server, and no page would show it.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from export.centre.directives import Directive
from survey.headers import HEADERS

_COOKIE = "set-cookie"
_OF_OURS = frozenset({*(name.lower() for name in HEADERS), "clear-site-data"})
# They let other sites read a page, or have the browser tell somebody of it.
_TELLING = ("access-control-*", "report-to", "reporting-endpoints", "nel", "content-security-policy-report-only")
_WITHOUT_COOKIE = {"route", "learn"}
_MATCHES = ("/", "@", "*")

NGINX_CHANGES = (
    "add_header", "more_set_headers", "more_clear_headers", "proxy_hide_header", "expires", "proxy_cookie_flags",
    "proxy_cookie_path", "proxy_cookie_domain", "testcookie", "userid", "sub_filter", "ssi", "add_before_body",
    "add_after_body", "sticky",
)  # fmt: skip
"""What is looked at here, by the names of nginx's directives and of its modules'."""

_COOKIES_OF_NGINX = {"proxy_cookie_flags", "proxy_cookie_path", "proxy_cookie_domain", "testcookie", "userid"}
_SWITCHED = {*_COOKIES_OF_NGINX, "expires", "ssi"}
_REWRITES = {"ssi", "sub_filter", "add_before_body", "add_after_body", "templates", "replace"}


def nginx_changes(said: Iterable[Directive]) -> Iterator[str]:
    """What is wrong with these directives, each by itself."""
    for each in said:
        judged = _HEADERS_OF_NGINX.get(each.name)
        if judged is not None:
            for header in _named(each):
                yield from judged(each, header)
        elif each.values != ("off",):
            yield from _switched_on(each)


def _switched_on(each: Directive) -> Iterator[str]:
    if each.name == "expires":
        yield _changed(each, "Cache-Control")
    elif each.name in _COOKIES_OF_NGINX or (each.name == "sticky" and not _WITHOUT_COOKIE & set(each.values[:1])):
        yield _gives_cookie(each)
    elif each.name in _REWRITES:
        yield _rewritten(each)


def _named(each: Directive) -> Iterator[str]:
    """The headers that it names: one, or for nginx's headers-more module any number, each before a colon."""
    several = each.name.startswith("more_")
    for value in each.values if several else each.values[:1]:
        if not value.startswith("-"):
            yield value.partition(":")[0].strip()


def caddy_changes(said: Iterable[Directive]) -> Iterator[str]:
    """What is wrong with these directives of a site, those in braces among them."""
    for each in said:
        if each.name in {"header", "header_down"}:
            for line in _lines(each):
                yield from _judged(line)
        elif each.name == "lb_policy" and each.values[:1] == ("cookie",):
            yield _gives_cookie(each)
        elif each.name in _REWRITES:
            yield _rewritten(each)


def _lines(header: Directive) -> Sequence[Directive]:
    """Each change of a header as a directive of its own, by the header's name with what Caddy has before it."""
    values = header.values[1:] if header.values[:1] and header.values[0].startswith(_MATCHES) else header.values
    own = (header._replace(name=values[0], values=values[1:]),) if values else ()
    return (*own, *header.inside)


def _judged(line: Directive) -> Iterator[str]:
    field = line.name.lstrip("+?>").rstrip(":")
    if field.startswith("-"):
        yield from _takes_away(line, field[1:])
    else:
        yield from _adds(line, field)


def _adds(each: Directive, header: str) -> Iterator[str]:
    name = header.lower()
    if name == _COOKIE:
        yield _gives_cookie(each)
    elif name in _OF_OURS or any(fnmatch.fnmatch(name, telling) for telling in _TELLING):
        yield _changed(each, header)


def _takes_away(each: Directive, header: str) -> Iterator[str]:
    if any(fnmatch.fnmatch(name, header.lower()) for name in (*_OF_OURS, _COOKIE)):
        yield _changed(each, header)


def _gives_cookie(each: Directive) -> str:
    return (
        f"{each.where}: somebody would get a cookie of the server's own, or the centre's in another way. {_out(each)}"
    )


def _changed(each: Directive, header: str) -> str:
    return (
        f"{each.where}: the centre says itself what a browser may keep, load or send on, and this would change it"
        f" ({header}). {_out(each)}"
    )


def _rewritten(each: Directive) -> str:
    return f"{each.where}: a page must come as the centre wrote it, and not as {each.name} does. {_out(each)}"


def _out(each: Directive) -> str:
    # What stands around the site may be right for others.
    return f"Take it out, or say in this site: {each.name} off;" if each.name in _SWITCHED else "Take it out."


_HEADERS_OF_NGINX: Mapping[str, Callable[[Directive, str], Iterator[str]]] = {
    "add_header": _adds, "more_set_headers": _adds, "proxy_hide_header": _takes_away, "more_clear_headers": _takes_away,
}  # fmt: skip
