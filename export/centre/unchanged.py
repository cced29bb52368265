"""What a server in front may do to requests and answers: nothing, a few headers apart that change nothing of ours.

The centre says in each answer what a browser may keep, load and send on (``survey.headers``). A header beside it, or
one less, can undo that for everybody who comes by this server, and no page would show it. A request that comes with
another body or without one of its headers is another request: a card's code or a tablet's signature would be lost.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from export.centre.directives import Directive

_COOKIE = "set-cookie"
# In answers: only the server in front knows that it speaks https for good, and what it is called.
_FREE = frozenset({"strict-transport-security", "server"})
# Another port or protocol of the same machine; with a host before the colon it would be another machine's.
_SAME_MACHINE = re.compile(r'(?:[\w-]+="?:\d+"?(?:; *\w+=\d+)*(?:, *)?)+')
# In requests: what the server in front alone knows of the way; the centre reads none but those that it is told to.
_OF_THE_WAY = ("host", "connection", "upgrade", "via", "forwarded", "x-forwarded-*", "x-real-ip", "x-request-id")
_WITHOUT_COOKIE = {"route", "learn"}
_MATCHES = ("/", "@", "*")

NGINX_CHANGES = (
    "add_header", "more_set_headers", "more_clear_headers", "proxy_hide_header", "expires", "proxy_cookie_flags",
    "proxy_cookie_path", "proxy_cookie_domain", "testcookie", "userid", "sub_filter", "ssi", "add_before_body",
    "add_after_body", "sticky", "add_trailer", "charset", "proxy_redirect", "proxy_intercept_errors",
    "proxy_set_header", "proxy_method", "proxy_set_body", "proxy_pass_request_headers", "proxy_pass_request_body",
    "auth_request", "error_page",
)  # fmt: skip
"""What is looked at here, by the names of nginx's directives and of its modules'."""

_COOKIES_OF_NGINX = {"proxy_cookie_flags", "proxy_cookie_path", "proxy_cookie_domain", "testcookie", "userid"}
_SWITCHED = {
    *_COOKIES_OF_NGINX, "expires", "ssi", "charset", "proxy_redirect", "proxy_intercept_errors", "auth_request",
}  # fmt: skip
_REWRITES = {
    "ssi", "sub_filter", "add_before_body", "add_after_body", "proxy_intercept_errors", "templates",
    "replace", "push", "intercept", "handle_response", "replace_status",
}  # fmt: skip
_HEADERS_BY_NAME = {"expires": "Cache-Control", "charset": "Content-Type", "proxy_redirect": "Location"}
_PASSES_ALL_ON = {"proxy_pass_request_headers", "proxy_pass_request_body"}
_OTHER_REQUESTS_OF_NGINX = {"proxy_method", "proxy_set_body", "auth_request"}
_OTHER_REQUESTS_OF_CADDY = {"method", "rewrite", "uri", "request_header", "basicauth", "basic_auth", "forward_auth"}
_WHEN = {"defer", "match"}
_INSTEAD_OF_NGINX = {"return", "rewrite", "try_files"}
_INSTEAD_OF_CADDY = {"respond", "redir", "error", "abort", "file_server"}
# Another status than that of the failure, or another machine's page.
_ELSEWHERE = re.compile(r"(?:^| )(?:=|https?:|\S*\$)")

CADDY_JUDGED = frozenset({
    "header", "header_down", "header_up", "lb_policy", *_REWRITES, *_OTHER_REQUESTS_OF_CADDY, *_INSTEAD_OF_CADDY,
})  # fmt: skip
"""The same, by the names of Caddy's directives."""


def nginx_changes(said: Iterable[Directive], address_header: str) -> Iterator[str]:
    """What is wrong with these directives, each by itself; what they do to ``address_header`` has a rule of its own."""
    for each in said:
        if _says_who(each, address_header):
            continue
        judged = _HEADERS_OF_NGINX.get(each.name)
        if judged is not None:
            for header in _named(each):
                yield from judged(each, header)
        elif each.name == "error_page":
            yield from [_hides_failure(each)] if _ELSEWHERE.search(" ".join(each.values)) else []
        elif each.name in _PASSES_ALL_ON:
            yield from [_other_request(each)] if each.values != ("on",) else []
        elif each.values != ("off",):
            yield from _switched_on(each)


def answers_instead(blocks: Iterable[Directive]) -> Iterator[str]:
    """What stands beside a ``proxy_pass``, or in the blocks around it up to its site, and answers in its place."""
    for block in blocks:
        yield from (_rewritten(each) for each in block.inside if each.name in _INSTEAD_OF_NGINX)


def _switched_on(each: Directive) -> Iterator[str]:
    if each.name in _HEADERS_BY_NAME:
        if each.values != ("default",):
            yield _changed(each, _HEADERS_BY_NAME[each.name])
    elif each.name in _OTHER_REQUESTS_OF_NGINX:
        yield _other_request(each)
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


def caddy_changes(said: Iterable[Directive], address_header: str, *, passes_on: bool) -> Iterator[str]:
    """What is wrong with these directives of a site, those in braces among them; ``address_header`` as above."""
    for each in said:
        if each.name in {"header", "header_down"}:
            for line in _lines(each):
                yield from _judged(line)
        elif each.name == "header_up" and not _says_who(each, address_header):
            yield from _sends_on(each, each.values[0].lstrip("+-?>") if each.values else "")
        elif each.name in _OTHER_REQUESTS_OF_CADDY:
            yield _other_request(each)
        elif each.name == "lb_policy" and each.values[:1] == ("cookie",):
            yield _gives_cookie(each)
        elif each.name in _REWRITES or (passes_on and _answers(each)):
            yield _rewritten(each)


def _answers(each: Directive) -> bool:
    """Whether it answers in the centre's place; one path of its own is another matter."""
    one_path = each.values[:1] != () and each.values[0].startswith("/") and each.values[0] != "/*"
    return each.name in _INSTEAD_OF_CADDY and not one_path


def _says_who(each: Directive, address_header: str) -> bool:
    sets = each.name in {"proxy_set_header", "header_up"} and each.values
    return bool(sets) and fnmatch.fnmatch(address_header.lower(), each.values[0].lstrip("+-?>").lower())


def _lines(header: Directive) -> Sequence[Directive]:
    """Each change of a header as a directive of its own, by the header's name with what Caddy has before it."""
    values = header.values[1:] if header.values[:1] and header.values[0].startswith(_MATCHES) else header.values
    own = (header._replace(name=values[0], values=values[1:]),) if values else ()
    return (*own, *(line for line in header.inside if line.name not in _WHEN))


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
    elif name not in _FREE and not (name == "alt-svc" and _SAME_MACHINE.fullmatch(each.values[-1])):
        yield _changed(each, header)


def _takes_away(each: Directive, header: str) -> Iterator[str]:
    if header.lower() not in _FREE:
        yield _changed(each, header)


def _sends_on(each: Directive, header: str) -> Iterator[str]:
    if not any(fnmatch.fnmatch(header.lower(), one) for one in _OF_THE_WAY):
        yield _other_request(each, f" ({header})")


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


def _hides_failure(each: Directive) -> str:
    return (
        f"{each.where}: whoever asks must hear that something failed, from this machine: a phone would take any other"
        " page for the centre's word. Say no = and no other address: error_page 502 /502.html;"
    )


def _other_request(each: Directive, what: str = "") -> str:
    return f"{each.where}: a request must come as people sent it, and not as {each.name} does{what}. {_out(each)}"


def _out(each: Directive) -> str:
    # What stands around the site may be right for others.
    return f"Take it out, or say in this site: {each.name} off;" if each.name in _SWITCHED else "Take it out."


_HEADERS_OF_NGINX: Mapping[str, Callable[[Directive, str], Iterator[str]]] = {
    "add_header": _adds, "more_set_headers": _adds, "proxy_hide_header": _takes_away, "more_clear_headers": _takes_away,
    "add_trailer": _adds, "proxy_set_header": _sends_on,
}  # fmt: skip
