"""Whether the server in front keeps to the rules: no line about anybody, no request in a file, no token compressed.

What can be proved is what a file says, and only where nothing is left open: every rule must stand where it holds for
each site that passes requests on, and what cannot be read here (an include that is not in the file) is a fault. What
runs, and what stands on the way besides, only the operator can know (docs/operators.md).
"""

from __future__ import annotations

import fnmatch
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_PART = re.compile(r"^# configuration file (\S+):$", re.MULTILINE)
_NGINX = re.compile(r"""\s+|#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:[^\s;{}"'#]|\$\{\w+\})+""")
_SIZE = re.compile(r"(\d+)([kKmM]?)")
_UNITS = {"": 1, "k": 1024, "m": 1024 * 1024}
_PASSES = {"proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass"}


class UnreadableConfiguration(ValueError):
    """Not a configuration that this can read. Give the whole of it: nginx -T > all.conf, or the Caddyfile."""


class Directive(NamedTuple):
    """A name, what follows it, and what stands in its braces."""

    name: str
    values: tuple[str, ...]
    inside: tuple[Directive, ...] = ()


@dataclass(frozen=True)
class Rule:
    """What the nearest directive of a name must say for every place that passes requests on."""

    name: str
    holds: Callable[[Sequence[str]], bool]
    says: str


NGINX_RULES = (
    Rule("access_log", lambda values: list(values) == ["off"], "access_log off;"),
    Rule("error_log", lambda values: values[:1] == ("/dev/null",), "error_log /dev/null;"),
    Rule("proxy_buffering", lambda values: list(values) == ["off"], "proxy_buffering off;"),
)
# What must not stand there, or only so: left out, nginx does the right thing.
NGINX_UNLESS = (
    Rule("proxy_request_buffering", lambda values: list(values) == ["on"], "proxy_request_buffering on;"),
    Rule("proxy_cache", lambda values: list(values) == ["off"], "proxy_cache off;"),
    Rule("proxy_store", lambda values: list(values) == ["off"], "proxy_store off;"),
    Rule("client_body_in_file_only", lambda values: list(values) == ["off"], "client_body_in_file_only off;"),
    Rule("mirror", lambda values: list(values) == ["off"], "mirror off;"),
    *(Rule(name, lambda values: list(values) == ["off"], f"{name} off;") for name in ("gzip", "brotli", "zstd")),
)


def faults(text: str, address_header: str = "") -> list[str]:
    """What is wrong with a configuration of nginx or Caddy, each with what to write; nothing where it keeps to all.

    Args:
        text: a whole configuration.
        address_header: the header that the centre believes, which the server in front must then set itself.

    Raises:
        UnreadableConfiguration: neither.
    """
    if "reverse_proxy" in text:
        return list(_caddy_faults(_caddy(text), address_header))
    return list(_nginx_faults(_nginx(text), address_header))


def _nginx(text: str) -> tuple[Directive, ...]:
    """The tree of a configuration; what ``nginx -T`` prints is put together where it was included."""
    found = _PART.split(text)
    files = dict(zip(found[1::2], found[2::2], strict=True))
    return _included(_tree(next(iter(files.values()), text)), files)


def _tree(text: str) -> tuple[Directive, ...]:
    tokens, end = [], 0
    for match in _NGINX.finditer(text):
        if match.start() != end:
            break
        end = match.end()
        if not match[0].isspace() and not match[0].startswith("#"):
            tokens.append(match[0])
    if end != len(text):
        raise UnreadableConfiguration(f"The configuration cannot be read at {text[end : end + 40]!r}.")
    waiting = iter(tokens)
    return tuple(_block(waiting, closed=False))


def _block(tokens: Iterator[str], *, closed: bool) -> Iterator[Directive]:
    words: list[str] = []
    for part in tokens:
        if part == "}" and closed and not words:
            return
        if part in {";", "{"} and words:
            inside = tuple(_block(tokens, closed=True)) if part == "{" else ()
            yield Directive(words[0], tuple(word.strip("\"'") for word in words[1:]), inside)
            words = []
        elif part in {";", "{", "}"}:
            raise UnreadableConfiguration(f"There is a {part} where none can be.")
        else:
            words.append(part)
    if closed or words:
        raise UnreadableConfiguration("The configuration ends in the middle.")


def _included(tree: tuple[Directive, ...], files: Mapping[str, str]) -> tuple[Directive, ...]:
    whole: list[Directive] = []
    for each in tree:
        if each.name != "include":
            whole.append(each._replace(inside=_included(each.inside, files)))
            continue
        names = [name for name in files if fnmatch.fnmatch(name, f"*{each.values[0].lstrip('/')}")]
        if not names and "*" not in each.values[0]:
            raise UnreadableConfiguration(f"It includes {each.values[0]}, which is not in it. Write it out: nginx -T")
        for name in names:
            whole.extend(_included(_tree(files[name]), files))
    return tuple(whole)


Around = tuple[Sequence[Directive], ...]


def _blocks(tree: Sequence[Directive], around: Around = (), name: str = "") -> Iterator[tuple[str, Around]]:
    """Every block by its name, with all that stands in and around it, the nearest first."""
    here = (tree, *around)
    yield name, here
    for each in tree:
        if each.inside:
            yield from _blocks(each.inside, here, each.name)


def _passing(tree: Sequence[Directive]) -> list[Around]:
    """All that stands in and around each block that passes requests on."""
    return [around for _, around in _blocks(tree) if any(each.name in _PASSES for each in around[0])]


def _nearest(around: Around, name: str) -> list[Directive]:
    return next((found for block in around if (found := [each for each in block if each.name == name])), [])


def _nginx_faults(tree: Sequence[Directive], address_header: str) -> Iterator[str]:
    places = _passing(tree)
    if not places:
        raise UnreadableConfiguration("Nothing in it passes requests on (proxy_pass). Give the whole configuration.")
    for around in places:
        for rule in (*NGINX_RULES, *NGINX_UNLESS):
            said = _nearest(around, rule.name)
            missing = not said and rule in NGINX_RULES
            if missing or not all(rule.holds(each.values) for each in said):
                yield f"Where requests are passed on it must say: {rule.says}"
        yield from _body_and_address(around, address_header)
    for name, around in _blocks(tree):
        if name == "server" and _passing(around[0]):
            yield from _loud_elsewhere(around[0])
        elif name == "server":
            yield from _loud_beside(around)


def _body_and_address(around: Around, address_header: str) -> Iterator[str]:
    largest, buffer = (_size(around, name) for name in ("client_max_body_size", "client_body_buffer_size"))
    if not 0 < largest <= buffer:
        yield "A body may be written to a file: say client_max_body_size, and client_body_buffer_size no smaller."
    headers = {each.values[0].lower(): each.values[1:] for each in _nearest(around, "proxy_set_header")}
    if address_header and headers.get(address_header.lower()) != ("$remote_addr",):
        yield f"Anybody could say who they are: proxy_set_header {address_header} $remote_addr;"


def _loud_beside(around: Around) -> Iterator[str]:
    # Whoever types the address without https, or with another name, meets this one first.
    for rule in NGINX_RULES[:2]:
        nearest = _nearest(around, rule.name)
        inside = [each for each in _every(iter(around[0])) if each.name == rule.name]
        if not nearest or not all(rule.holds(each.values) for each in (*nearest, *inside)):
            yield f"Also a site that passes nothing on must say: {rule.says}"


def _loud_elsewhere(site: Sequence[Directive]) -> Iterator[str]:
    # A condition or an error page inside the site has logs, and what it compresses, of its own.
    for each in _every(iter(site)):
        for rule in (*NGINX_RULES[:2], *NGINX_UNLESS[-3:]):
            if each.name == rule.name and not rule.holds(each.values):
                yield f"Where requests are passed on it must say: {rule.says}"


def _size(around: Around, name: str) -> int:
    said = _nearest(around, name)
    match = _SIZE.fullmatch(said[0].values[0]) if said else None
    return int(match[1]) * _UNITS[match[2].lower()] if match else 0


def _caddy(text: str) -> tuple[Directive, ...]:
    """The tree of a Caddyfile: a line a directive, a block after a ``{`` at its end."""
    lines = (shlex.split(line, comments=True) for line in text.splitlines())
    return tuple(_caddy_block((words for words in lines if words), closed=False))


def _caddy_block(lines: Iterator[list[str]], *, closed: bool) -> Iterator[Directive]:
    for words in lines:
        if words == ["}"] and closed:
            return
        opens = words[-1] == "{"
        inside = tuple(_caddy_block(lines, closed=True)) if opens else ()
        named = words[:-1] if opens else words
        if "}" in words or (named and named[0] == "import"):
            raise UnreadableConfiguration(f"This cannot be read here: {' '.join(words)}. Write it out in full.")
        yield Directive(named[0] if named else "", tuple(named[1:]), inside)
    if closed:
        raise UnreadableConfiguration("The configuration ends in the middle.")


def _caddy_faults(tree: Sequence[Directive], address_header: str) -> Iterator[str]:
    settings = [inner for each in tree if not each.name for inner in each.inside]
    loggers = [each for each in settings if each.name == "log"]
    silent = [each for each in loggers if Directive("output", ("discard",)) in each.inside]
    if not any(each.values in {(), ("default",)} for each in silent) or len(silent) < len(loggers):
        yield "What Caddy says of a failed request names the address: log default { output discard } at the top."
    for each in _every(site for site in tree if site.name):
        if each.name in {"log", "log_append", "log_name"}:
            yield f"A site must have no {each.name}: each request would leave a line."
        if each.name == "encode":
            yield "A site must have no encode: a compressed page's length could tell its form's token."
        if each.name == "reverse_proxy":
            if not any(inner.name in {"request_buffers", "buffer_requests"} for inner in each.inside):
                yield "In reverse_proxy it must say: request_buffers 256KB (before Caddy 2.6.3: buffer_requests)"
            wanted = Directive("header_up", (address_header, "{remote_host}"))
            if address_header and wanted not in each.inside:
                yield f"Anybody could say who they are: header_up {address_header} {{remote_host}}"


def _every(tree: Iterator[Directive]) -> Iterator[Directive]:
    for each in tree:
        yield each
        yield from _every(iter(each.inside))
