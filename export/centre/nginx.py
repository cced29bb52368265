"""What is wrong with a configuration of nginx: each fault with its line, and what to write there."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from export.centre.directives import Directive, UnreadableConfiguration, every, stays_here, telling
from export.centre.harmless import KNOWN_LOGS, TABLES, unknown_in_site_of_nginx, unknown_to_nginx
from export.centre.unchanged import NGINX_CHANGES, answers_instead, nginx_changes

_SIZE = re.compile(r"(\d+)([kKmM]?)")
_UNITS = {"": 1, "k": 1024, "m": 1024 * 1024}
_PASSES = {"proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass"}
_SCHEME = re.compile(r"(?:https?|grpcs?)://")
# A variable can only choose the way once the port is over; before that it could choose the machine.
_WAY = re.compile(r"(:\d+)\$.*|/.*")
_SENT_ON = {"301", "302", "307", "308"}
_CHALLENGE = "/.well-known/acme-challenge"


@dataclass(frozen=True)
class Rule:
    """What the nearest directive of a name must say for every place that passes requests on."""

    name: str
    holds: Callable[[Sequence[str]], bool]
    says: str


def _off(name: str) -> Rule:
    return Rule(name, lambda values: list(values) == ["off"], f"{name} off;")


_QUIET = (_off("access_log"), Rule("error_log", lambda values: values[:1] == ("/dev/null",), "error_log /dev/null;"))
_REQUIRED = (*_QUIET, _off("proxy_buffering"))
_COMPRESSION = tuple(_off(name) for name in ("gzip", "brotli", "zstd"))
# What must not stand there, or only so: left out, nginx does the right thing.
_UNLESS = (
    Rule("proxy_request_buffering", lambda values: list(values) == ["on"], "proxy_request_buffering on;"),
    *(_off(name) for name in ("proxy_cache", "proxy_store", "client_body_in_file_only", "mirror")),
    *_COMPRESSION,
)

Around = tuple[Directive, ...]
"""A block and all that are around it, the nearest first; at last the file."""


def nginx_faults(tree: Sequence[Directive], address_header: str) -> Iterator[str]:
    """What is wrong, one by one.

    Raises:
        UnreadableConfiguration: nothing in it passes requests on.
    """
    whole = Directive("", (), tuple(tree))
    places = [(around, each) for around in _blocks(whole) for each in around[0].inside if each.name in _PASSES]
    if not places:
        raise UnreadableConfiguration("Nothing in it passes requests on (proxy_pass). Give the whole configuration.")
    upstreams = {each.values[:1]: each for each in every(tree) if each.name == "upstream"}
    for around, passing in places:
        yield from _rules(around, passing)
        yield from _body(around, passing)
        yield from _headers(around, passing, address_header)
        yield from _goes_elsewhere(passing, upstreams)
        yield from nginx_changes(_said_of(around, passing, upstreams), address_header)
        yield from answers_instead(_within(around))
        for block in around:
            yield from unknown_to_nginx(block.inside)
        yield from unknown_to_nginx(_together(passing, upstreams))
    for around in _blocks(whole):
        if around[0].name == "server":
            yield from _site(around, address_header)
    for each in every(tree, TABLES):
        if telling(each.name) and each.name not in KNOWN_LOGS:
            yield f"{each.where}: {each.name} could write down somebody or what they see. Take it out, and its module."


def _blocks(block: Directive, around: Around = ()) -> Iterator[Around]:
    here = (block, *around)
    yield here
    for each in block.inside:
        if each.inside:
            yield from _blocks(each, here)


def _nearest(around: Around, name: str) -> list[Directive]:
    return next((found for block in around if (found := [each for each in block.inside if each.name == name])), [])


def _rules(around: Around, passing: Directive) -> Iterator[str]:
    within = _within(around)
    for rule in (*_REQUIRED, *_UNLESS):
        said = _nearest(around, rule.name)
        missing = not said and rule in _REQUIRED
        if missing or not all(rule.holds(each.values) for each in said):
            # What stands around the site may be right for others: the line to write belongs into this one.
            own = [each for each in _nearest(within, rule.name) if not rule.holds(each.values)]
            yield _where_passed_on((own or [passing])[0], rule)


def _within(around: Around) -> Around:
    """The blocks up to the site's own."""
    return around[: next((n for n, block in enumerate(around, 1) if block.name == "server"), 0)]


def _where_passed_on(at: Directive, rule: Rule) -> str:
    return f"{at.where}: where requests are passed on it must say: {rule.says}"


def _body(around: Around, passing: Directive) -> Iterator[str]:
    largest, buffer = (_size(around, name) for name in ("client_max_body_size", "client_body_buffer_size"))
    if not 0 < largest <= buffer:
        yield (
            f"{passing.where}: a body may be written to a file: say client_max_body_size 256k; and"
            " client_body_buffer_size 256k; (no smaller than the first)."
        )


def _size(around: Around, name: str) -> int:
    said = _nearest(around, name)
    match = _SIZE.fullmatch(said[0].values[0]) if said else None
    return int(match[1]) * _UNITS[match[2].lower()] if match else 0


def _headers(around: Around, passing: Directive, address_header: str) -> Iterator[str]:
    said = [each for each in _nearest(around, "proxy_set_header") if each.values]
    proto = [each for each in said if each.values[0].lower() == "x-forwarded-proto"]
    if [each.values[1:] for each in proto] not in ([("$scheme",)], [("https",)]):
        yield (
            f"{(proto or [passing])[-1].where}: the centre does not hear that people come by https, so their cookies"
            " could go without: say once, proxy_set_header X-Forwarded-Proto $scheme;"
        )
    address = [each for each in said if each.values[0].lower() == address_header.lower()]
    if address_header and [each.values[1:] for each in address] != [("$remote_addr",)]:
        yield (
            f"{(address or [passing])[-1].where}: anybody could say who they are: say once, in no other way,"
            f" proxy_set_header {address_header} $remote_addr;"
        )


def _goes_elsewhere(passing: Directive, upstreams: dict[tuple[str, ...], Directive]) -> Iterator[str]:
    host = _SCHEME.sub("", passing.values[0] if passing.values else "")
    named = upstreams.get((_machine(host),))
    servers = [host] if named is None else [each.values[0] for each in named.inside if each.name == "server"]
    if not servers or not all(one.startswith("unix:/") or stays_here(_machine(one)) for one in servers):
        yield (
            f"{passing.where}: requests must go to this same machine, since from here on nothing is encrypted:"
            " proxy_pass http://127.0.0.1:8800;"
        )


def _said_of(around: Around, passing: Directive, upstreams: dict[tuple[str, ...], Directive]) -> Iterator[Directive]:
    for name in NGINX_CHANGES:
        yield from _nearest(around, name)
    yield from _together(passing, upstreams)


def _together(passing: Directive, upstreams: dict[tuple[str, ...], Directive]) -> tuple[Directive, ...]:
    named = upstreams.get((_machine(_SCHEME.sub("", passing.values[0] if passing.values else "")),))
    return named.inside if named else ()


def _machine(address: str) -> str:
    return _WAY.sub(r"\1", address)


def _site(around: Around, address_header: str) -> Iterator[str]:
    server = around[0]
    plain = [each for each in server.inside if each.name == "listen" and not {"ssl", "quic"} & set(each.values)]
    unsaid = [] if any(each.name == "listen" for each in server.inside) else [server]
    passes = any(each.name in _PASSES for each in every(server.inside))
    if passes:
        yield from unknown_in_site_of_nginx(server)
        yield from _loud_elsewhere(server)
        yield from nginx_changes(every(server.inside), address_header)
        yield from _believes(around) if address_header else ()
        for each in (*plain, *unsaid):
            yield f"{each.where}: requests are passed on that came without https. Here it must say: listen 443 ssl;"
    else:
        yield from _loud_beside(around)
        # A cookie that is given on the way to https comes along afterwards.
        yield from nginx_changes(every(server.inside), address_header) if plain or unsaid else ()
        yield from unknown_in_site_of_nginx(server) if plain or unsaid else ()
        if (plain or unsaid) and not _only_sends_on(server):
            yield (
                f"{server.where}: a site without https may only send people on to it. Keep of it listen, server_name,"
                " access_log off; error_log /dev/null; and return 308 https://centre.example$request_uri;"
            )


def _believes(around: Around) -> Iterator[str]:
    # One location of a site can hand a request, and the address that it believed, to another.
    beside = [each for block in around[1:] for each in block.inside]
    for each in (*every(around[0].inside), *beside):
        if each.name == "set_real_ip_from" and not _one_machine(each.values):
            yield (
                f"{each.where}: anybody could say who they are: $remote_addr is then what they say. Take"
                " set_real_ip_from out, or name the one machine that stands before this one: set_real_ip_from"
                " 192.0.2.7;"
            )


def _one_machine(values: Sequence[str]) -> bool:
    try:
        return [ipaddress.ip_network(value).num_addresses for value in values] == [1]
    except ValueError:
        return False


def _loud_beside(around: Around) -> Iterator[str]:
    # Whoever types the address without https, or with another name, meets this one first.
    for rule in _QUIET:
        inside = [each for each in every(around[0].inside) if each.name == rule.name]
        loud = [each for each in inside if not rule.holds(each.values)]
        nearest = _nearest(around, rule.name)
        if loud or not nearest or not all(rule.holds(each.values) for each in nearest):
            yield f"{(loud or around)[0].where}: also a site that passes nothing on must say: {rule.says}"


def _loud_elsewhere(server: Directive) -> Iterator[str]:
    # A condition or an error page inside the site has logs and what it compresses of its own.
    for each in every(server.inside):
        for rule in (*_QUIET, *_COMPRESSION):
            if each.name == rule.name and not rule.holds(each.values):
                yield _where_passed_on(each, rule)


def _only_sends_on(server: Directive) -> bool:
    returns = [each for each in every(server.inside) if each.name == "return"]
    if not all(_sends_on(each.values) for each in returns):
        return False
    if any(each.name == "return" for each in server.inside):
        return True
    places = [each for each in server.inside if each.name == "location"]
    ends = {each.values for each in places if any(inner.name == "return" for inner in each.inside)}
    # Who renews certificates answers a challenge there, without https, in a file that tells of nobody.
    return ("/",) in ends and all(each.values in ends or each.values[-1].startswith(_CHALLENGE) for each in places)


def _sends_on(values: Sequence[str]) -> bool:
    if len(values) == 1:
        return values[0].startswith(("4", "https://"))
    return values[0] in _SENT_ON and values[1].startswith("https://")
