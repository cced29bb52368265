"""What is wrong with a Caddyfile: each fault with its line, and what to write there."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from math import inf

from export.centre.directives import Directive, UnreadableConfiguration, every, stays_here, telling
from export.centre.harmless import unknown_settings_of_caddy, unknown_to_caddy
from export.centre.unchanged import caddy_changes
from survey.app import LARGEST_BODY

_ADDRESS = re.compile(r"(?:https://)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?(?:/.*)?")
_SCHEME = re.compile(r"(?:https?|h2c)://")
_SILENT = {"log_skip", "skip_log"}
_PASSES = {"reverse_proxy", "forward_auth", "php_fastcgi"}
_MATCHES = ("/", "@", "*")
_TRUSTS = "trusted_proxies"
_SIZE = re.compile(r"(\d+) ?([kmg]?)(i?)b?", re.IGNORECASE)
_POWERS = ("", "k", "m", "g")


def caddy_faults(tree: Sequence[Directive], address_header: str) -> Iterator[str]:
    """What is wrong, one by one.

    Raises:
        UnreadableConfiguration: a site without braces.
    """
    settings = [inner for each in tree if not each.name for inner in each.inside]
    trusting = [each for each in every(settings) if each.name == _TRUSTS]
    yield from _settings(settings)
    yield from unknown_settings_of_caddy(settings)
    http = next((each.values[0] for each in settings if each.name == "http_port" and each.values), "80")
    for site in (each for each in tree if each.name):
        if site.name in _PASSES:
            raise UnreadableConfiguration(
                f"{site.where}: {site.name} stands in no site's braces. Write: centre.example {{ ... }}"
            )
        passes_on = any(each.name in _PASSES for each in every(site.inside))
        yield from _site(site, http)
        yield from caddy_changes(every(site.inside), address_header, passes_on=passes_on)
        yield from unknown_to_caddy(site) if passes_on else ()
        for each in every(site.inside):
            if telling(each.name) and each.name not in _SILENT:
                yield f"{each.where}: a site must have no {each.name}: each request could leave a line. Take it out."
            if each.name == "encode":
                yield (
                    f"{each.where}: a site must have no encode: a compressed page's length could tell its form's"
                    " token. Take it out."
                )
            if each.name in _PASSES:
                yield from _waits(each)
                yield from _passing(each, address_header)
                yield from _https(each, trusting)


def _settings(settings: Sequence[Directive]) -> Iterator[str]:
    loggers = [each for each in settings if each.name == "log"]
    loud = [each for each in loggers if not any(_says(inner, "output", "discard") for inner in each.inside)]
    if loud or not any(each.values in {(), ("default",)} for each in loggers):
        where = loud[0].where if loud else "Line 1"
        yield (
            f"{where}: what Caddy says of a failed request names the address: say, in braces at the top of the file,"
            " log default { output discard } and no other log."
        )
    for each in every(settings):
        if telling(each.name) and each not in loggers:
            yield f"{each.where}: {each.name} could write a line about somebody. Take it out."
        if _says(each, "auto_https", "off"):
            yield f"{each.where}: auto_https off lets a site answer without https. Take it out."


def _says(one: Directive, name: str, *values: str) -> bool:
    return (one.name, one.values) == (name, values)


def _site(site: Directive, http: str) -> Iterator[str]:
    if site.name.startswith("("):  # a piece to import, which nothing that is read here does
        return
    secured = any(each.name == "tls" for each in site.inside)
    addresses = [one for word in (site.name, *site.values) for one in word.split(",") if one]
    if not any(_plain(one, http, secured=secured) for one in addresses):
        return
    if any(each.name in _PASSES for each in every(site.inside)):
        yield (
            f"{site.where}: requests are passed on that came without https. Name the site by its name alone, such as"
            " centre.example, and Caddy sends everybody on to https by itself."
        )
    elif not _only_sends_on(site):
        yield (
            f"{site.where}: a site without https may only send people on to it. Take it out: Caddy sends everybody on"
            " by itself."
        )


def _plain(address: str, http: str, *, secured: bool) -> bool:
    """Whether a site answers at this address without https: Caddy has a certificate only for what has a name."""
    found = _ADDRESS.fullmatch(address)
    if found is None or found[2] == http:
        return True
    return not (found[1] or secured)


def _only_sends_on(site: Directive) -> bool:
    ways = [each for each in site.inside if each.name != "bind"]
    return bool(ways) and all(
        each.name == "redir" and any(value.startswith("https://") for value in each.values[:2]) for each in ways
    )


def _passing(proxy: Directive, address_header: str) -> Iterator[str]:
    named = proxy.values[1:] if proxy.values[:1] and proxy.values[0].startswith(_MATCHES) else proxy.values
    servers = [*named, *(value for each in proxy.inside if each.name == "to" for value in each.values)]
    dynamic = any(each.name == "dynamic" for each in proxy.inside)
    if dynamic or not servers or not all(_stays_here(one) for one in servers):
        yield (
            f"{proxy.where}: requests must go to this same machine, since from here on nothing is encrypted:"
            " reverse_proxy 127.0.0.1:8800"
        )
    address = _set(proxy, address_header) if address_header else []
    as_it_must = ((address_header.lower(), "{remote_host}"),)
    if address_header and tuple((each.values[0].lower(), *each.values[1:]) for each in address) != as_it_must:
        yield (
            f"{(address or [proxy])[-1].where}: anybody could say who they are: say once, in no other way, header_up"
            f" {address_header} {{remote_host}}"
        )


def _waits(proxy: Directive) -> Iterator[str]:
    """A request must wait until it is whole: one whose buffer is too small takes a connection of the centre's."""
    newer, older, room = (
        [each for each in proxy.inside if each.name == name]
        for name in ("request_buffers", "buffer_requests", "max_buffer_size")
    )
    sizes = [_bytes(" ".join(each.values)) for each in (*newer, *room)]
    if not (newer or older) or min(sizes, default=LARGEST_BODY) < LARGEST_BODY:
        at = next((each for each in (*newer, *room)), proxy)
        yield (
            f"{at.where}: in {proxy.name} it must say: request_buffers 256KB (before Caddy 2.6.3: buffer_requests and"
            " max_buffer_size 256KB)"
        )


def _bytes(size: str) -> float:
    if size == "unlimited":
        return inf
    found = _SIZE.fullmatch(size)
    return int(found[1]) * (1024 if found[3] else 1000) ** _POWERS.index(found[2].lower()) if found else 0


def _https(proxy: Directive, trusting: Sequence[Directive]) -> Iterator[str]:
    proto = _set(proxy, "X-Forwarded-Proto")
    said = [each.values[1:] for each in proto]
    if said not in ([], [("{scheme}",)], [("https",)]):
        yield (
            f"{proto[-1].where}: the centre does not hear that people come by https. Take it out: Caddy says"
            " X-Forwarded-Proto by itself."
        )
    if not said:
        for each in (*trusting, *(inner for inner in proxy.inside if inner.name == _TRUSTS)):
            yield (
                f"{each.where}: whoever it believes says instead of Caddy whether people come by https. Take {_TRUSTS}"
                f" out, or say in {proxy.name}: header_up X-Forwarded-Proto {{scheme}}"
            )


def _stays_here(server: str) -> bool:
    return server.startswith("unix/") or stays_here(_SCHEME.sub("", server))


def _set(proxy: Directive, header: str) -> list[Directive]:
    """Every line that sets, adds to, or takes away a header, by its name or by a pattern."""
    lines = [each for each in proxy.inside if each.name == "header_up" and each.values]
    return [each for each in lines if fnmatch.fnmatch(header.lower(), each.values[0].lstrip("+-?>").lower())]
