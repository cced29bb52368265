"""The regular expressions that a questionnaire may use: those that Python and a browser read alike, and quickly.

``portable`` rewrites a pattern into a spelling that means the same to Python's ``re`` (no flags) and to JavaScript
(flag ``u``), matched against the whole value: every class is written out, because ``\\d``, ``\\s`` and ``.`` differ.
Both engines backtrack, so a careless pattern can hold up a tablet for hours; the steps are counted beforehand, for the
worst value, and a pattern that could take long is refused at the desk of whoever wrote it.
"""

from __future__ import annotations

from forms.pattern_tree import SPECIAL, Characters, Group, Piece, Spans, merged, others, work, written

MOST_STEPS = 20_000_000  # less than a second of backtracking
_MOST_REPEATS = 1000
_DEEPEST = 12


class PatternError(ValueError):
    """A pattern that is wrong, slow, or read differently by a browser. The message says which, and where."""


def portable(pattern: str) -> str:
    """The pattern in the one spelling for both engines; ``portable(portable(p)) == portable(p)``.

    Raises:
        PatternError: look-around, back-references, named groups, flags, lazy or nested repetition, anchors elsewhere
            than at the ends, or a pattern that could take more than ``MOST_STEPS``.
    """
    if any(0xD800 <= ord(character) <= 0xDFFF for character in pattern):
        raise PatternError("the pattern holds half a character")
    choices = _Reader(pattern).whole()
    if work(choices)[0] > MOST_STEPS:
        raise PatternError("the pattern could take too long: use fewer open-ended repetitions (* and +)")
    return written(choices)


_NAMED = {
    "d": ((0x30, 0x39),),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    "s": ((0x09, 0x0D), (0x20, 0x20)),
}
_LINE_ENDS = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_CONTROLS = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0

    def whole(self) -> tuple[tuple[Piece, ...], ...]:
        choices = self._choices(0)
        if self._at < len(self._text):
            raise self._fault("a bracket ) that nothing opened")
        return choices

    def _fault(self, what: str) -> PatternError:
        return PatternError(f"{what}, at character {self._at + 1} of the pattern")

    def _here(self, *wanted: str) -> bool:
        return self._text.startswith(wanted, self._at)

    def _skip(self, wanted: str) -> bool:
        found = self._here(wanted)
        self._at += len(wanted) * found
        return found

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise self._fault("the pattern stops too early")
        self._at += 1
        return self._text[self._at - 1]

    def _choices(self, depth: int) -> tuple[tuple[Piece, ...], ...]:
        if depth > _DEEPEST:
            raise self._fault("brackets nested too deeply")
        choices = [self._sequence(depth)]
        while self._skip("|"):
            choices.append(self._sequence(depth))
        return tuple(choices)

    def _sequence(self, depth: int) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        if depth == 0:
            self._skip("^")  # the whole value is matched anyway
        while self._at < len(self._text) and not self._here("|", ")"):
            if depth == 0 and self._text[self._at : self._at + 2] in ("$", "$|"):
                self._at += 1
                break
            pieces.append(self._piece(depth))
        return tuple(pieces)

    def _piece(self, depth: int) -> Piece:
        what = self._what(depth)
        piece = self._repeated(what)
        repeats = piece.most is None or piece.most > 1
        if isinstance(what, Group) and repeats and not what.plain:
            raise self._fault("a repetition of a group that itself repeats or chooses; write it out")
        if self._here("*", "+", "?", "{"):
            raise self._fault("a second repetition sign (lazy and possessive ones are not read alike)")
        return piece

    def _repeated(self, what: Characters | Group) -> Piece:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._skip(sign):
                return Piece(what, *bounds)
        if not self._skip("{"):
            return Piece(what)
        least = self._count()
        most: int | None = least
        if self._skip(","):
            most = None if self._here("}") else self._count()
        if not self._skip("}") or (most is not None and most < max(1, least)):
            raise self._fault("a repetition that is not {n}, {n,} or {n,m}")
        return Piece(what, least, most)

    def _count(self) -> int:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] in "0123456789":
            self._at += 1
        digits = self._text[start : self._at]
        if not 1 <= len(digits) <= 4 or int(digits) > _MOST_REPEATS:
            raise self._fault(f"a repetition needs a number up to {_MOST_REPEATS}")
        return int(digits)

    def _what(self, depth: int) -> Characters | Group:
        character = self._next()
        if character == "(":
            if not self._skip("?:") and self._here("?"):
                raise self._fault("only plain groups ( ) and (?: ) are read alike by tablets and browsers")
            group = Group(self._choices(depth + 1))
            if not self._skip(")"):
                raise self._fault("a group that is not closed")
            return group
        if character == "[":
            return self._class()
        if character == ".":
            return Characters(others(_LINE_ENDS))
        if character == "\\":
            return Characters(self._escaped())
        if character in SPECIAL:
            self._at -= 1
            raise self._fault(f"{character} stands where it means nothing; write \\{character} for the character")
        return Characters(((ord(character), ord(character)),))

    def _escaped(self) -> Spans:
        character = self._next()
        if character.lower() in _NAMED:
            spans = _NAMED[character.lower()]
            return spans if character.islower() else others(spans)
        if character in _CONTROLS:
            code = _CONTROLS[character]
        elif character in "xu":
            digits = self._text[self._at : self._at + (2 if character == "x" else 4)]
            if len(digits) != (2 if character == "x" else 4) or not set(digits) <= set("0123456789abcdefABCDEF"):
                raise self._fault("\\x needs two hexadecimal digits and \\u four")
            self._at += len(digits)
            code = int(digits, 16)
            if 0xD800 <= code <= 0xDFFF:
                raise self._fault("half a character")
        elif character.isascii() and not character.isalnum():
            code = ord(character)
        else:
            raise self._fault(f"\\{character} is not read alike by tablets and browsers")
        return ((code, code),)

    def _class(self) -> Characters:
        turned = self._skip("^")
        spans: list[tuple[int, int]] = []
        while not self._here("]"):
            first = self._member()
            if self._here("-") and not self._here("-]"):
                self._at += 1
                last = self._member()
                if len(first) != 1 or len(last) != 1 or first[0][0] != first[0][1] or last[0][0] < first[0][0]:
                    raise self._fault("a range in [ ] that runs backwards or has no single ends")
                first = ((first[0][0], last[0][1]),)
            spans.extend(first)
        self._at += 1
        listed = merged(spans)
        chosen = others(listed) if turned else listed
        if not listed or not chosen or not others(chosen):
            raise self._fault("a class [ ] that holds nothing or everything")
        return Characters(chosen)

    def _member(self) -> Spans:
        character = self._next()
        if character == "\\":
            return self._escaped()
        if character == "[":
            raise self._fault("[ inside [ ]; write \\[ for the character")
        return ((ord(character), ord(character)),)
