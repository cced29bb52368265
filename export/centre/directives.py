"""What a configuration of nginx or Caddy says: a tree of directives, each with the line that it stands on."""

from __future__ import annotations

import fnmatch
import ipaddress
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

_PART = re.compile(r"^# configuration file (\S+):\n", re.MULTILINE)
_SAID_BEFORE = re.compile(r"(?:nginx: .*\n|\s)*")
_NGINX = re.compile(r"""\s+|#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:[^\s;{}"'#]|\$\{\w+\})+""")
_NAME = re.compile(r"[a-z0-9_]+")
_HOST = re.compile(r"(?:\[([0-9a-fA-F:]+)\]|([^:\[\]]+))(?::[\d-]+)?")
# Modules come and go: what is called like one that writes, traces, keeps pages or runs a program is not known here.
_TELLING = re.compile(
    r"log|trac(?:e|ing)|telemetry|traffic|capture|dump|modsecurity|zipkin|jaeger|datadog|statsd|sentry|pagespeed"
    r"|(?:^|_)(?:otel|lua|perl|js)(?:_|$)|^post_action$"
)


class UnreadableConfiguration(ValueError):
    """Not a configuration that this can read. Give the whole of it: nginx -T > all.conf, or the Caddyfile."""


class Directive(NamedTuple):
    """A name, what follows it, what stands in its braces, and where: ``Line 7``, or a file's name before it."""

    name: str
    values: tuple[str, ...]
    inside: tuple[Directive, ...] = ()
    where: str = ""


class _Word(NamedTuple):
    text: str
    where: str


def every(tree: Iterable[Directive], unless: Sequence[str] = ()) -> Iterator[Directive]:
    """All directives, also those in braces; nothing of a block that is named in ``unless``."""
    for each in tree:
        yield each
        if each.name not in unless:
            yield from every(each.inside, unless)


def telling(name: str) -> bool:
    """Whether a directive of this name could write somebody down, or hand a request to a program that does."""
    return _NAME.fullmatch(name) is not None and _TELLING.search(name) is not None


def stays_here(host: str) -> bool:
    """Whether a host, with or without a port, is this machine."""
    found = _HOST.fullmatch(host)
    name = "" if found is None else found[1] or found[2]
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def nginx_tree(text: str) -> tuple[Directive, ...]:
    """The tree of a configuration; what ``nginx -T`` prints is put together where it was included.

    Raises:
        UnreadableConfiguration: it is not whole.
    """
    found = _PART.split(text)
    if len(found) > 1 and _SAID_BEFORE.fullmatch(found[0]) is None:
        raise UnreadableConfiguration("Line 1: something stands before the first file. Give it as it comes: nginx -T")
    files = dict(zip(found[1::2], found[2::2], strict=True))
    if not files:
        return _included(_nginx(text, "Line"), files)
    first = next(iter(files))
    return _included(_nginx(files[first], f"{first}, line"), files)


def _nginx(text: str, where: str) -> tuple[Directive, ...]:
    words, end, line = [], 0, 1
    for match in _NGINX.finditer(text):
        if match.start() != end:
            break
        if not match[0].isspace() and not match[0].startswith("#"):
            words.append(_Word(match[0], f"{where} {line}"))
        end, line = match.end(), line + match[0].count("\n")
    if end != len(text):
        raise UnreadableConfiguration(f"{where} {line}: cannot be read at {text[end : end + 40]!r}. Write it plainly.")
    return tuple(_block(iter(words), closed=False))


def _block(waiting: Iterator[_Word], *, closed: bool) -> Iterator[Directive]:
    words: list[_Word] = []
    for part in waiting:
        if part.text == "}" and closed and not words:
            return
        if part.text in {";", "{"} and words:
            inside = tuple(_block(waiting, closed=True)) if part.text == "{" else ()
            values = tuple(word.text.strip("\"'") for word in words[1:])
            yield Directive(words[0].text, values, inside, words[0].where)
            words = []
        elif part.text in {";", "{", "}"}:
            raise UnreadableConfiguration(f"{part.where}: a {part.text} stands where none can be. Take it out.")
        else:
            words.append(part)
    if closed or words:
        raise UnreadableConfiguration("The configuration ends in the middle. Give the whole of it: nginx -T > all.conf")


def _included(tree: tuple[Directive, ...], files: Mapping[str, str]) -> tuple[Directive, ...]:
    whole: list[Directive] = []
    for each in tree:
        if each.name != "include":
            whole.append(each._replace(inside=_included(each.inside, files)))
            continue
        names = [name for name in files if fnmatch.fnmatch(name, f"*{each.values[0].lstrip('/')}")]
        # What nginx prints has all that a pattern found; a file that somebody hands in by itself has nothing of it.
        if not names and (not files or "*" not in each.values[0]):
            raise UnreadableConfiguration(
                f"{each.where}: includes {each.values[0]}, which is not in it. Write it out: nginx -T > all.conf"
            )
        for name in names:
            whole.extend(_included(_nginx(files[name], f"{name}, line"), files))
    return tuple(whole)


def caddy_tree(text: str) -> tuple[Directive, ...]:
    """The tree of a Caddyfile: a line a directive, a block after a ``{`` at its end.

    Raises:
        UnreadableConfiguration: it is not whole, or leaves something open.
    """
    lines = [(_words(line, f"Line {number}"), f"Line {number}") for number, line in enumerate(text.splitlines(), 1)]
    return tuple(_caddy_block((line for line in lines if line[0]), closed=False))


def _words(line: str, where: str) -> list[str]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError as fault:
        raise UnreadableConfiguration(f"{where}: a quotation mark stands alone. Close it on the same line.") from fault
    if any("{$" in word or "`" in word for word in words) or words[:1] == ["import"]:
        raise UnreadableConfiguration(f"{where}: cannot be read here: {' '.join(words)}. Write it out in full.")
    return words


def _caddy_block(lines: Iterator[tuple[list[str], str]], *, closed: bool) -> Iterator[Directive]:
    for words, where in lines:
        if words == ["}"] and closed:
            return
        opens = words[-1] == "{"
        inside = tuple(_caddy_block(lines, closed=True)) if opens else ()
        named = words[:-1] if opens else words
        if "}" in words or (named and named[-1].endswith(",")):
            raise UnreadableConfiguration(
                f"{where}: cannot be read here: {' '.join(words)}. Put the last brace on a line of its own and all"
                " addresses of a site on one."
            )
        yield Directive(named[0] if named else "", tuple(named[1:]), inside, where)
    if closed:
        raise UnreadableConfiguration("The configuration ends in the middle. Give the whole Caddyfile.")
