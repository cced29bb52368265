"""What a column means for good: of a questionnaire that would have one mean two things, what is wrong and what to do.

All versions that were ever signed share their columns by the names of questions and answers, and a release tells them
in the newest words. So words may only change where somebody who read both says that they mean the same; once said, it
holds for good, since both are signed then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from export.custodian.listing import at_most
from forms.instrument import Instrument, Item

_MOST = 10


def two_meanings(instrument: Instrument, signed: Sequence[Instrument], same_meaning: Collection[str]) -> str:
    """Why these cannot be signed one after the other, or nothing; newest signed first."""
    return (
        _another_kind(instrument, signed)
        or _another_version(instrument, signed)
        or _other_words(instrument, signed, same_meaning)
    )


def _another_kind(instrument: Instrument, signed: Sequence[Instrument]) -> str:
    """An item may gain options, not become another kind of question."""
    now = {item.name: item.kind for item in _items(instrument)}
    for other in signed:
        for item in _items(other):
            if now.get(item.name, item.kind) != item.kind:
                return (
                    f"{item.name} was {item.kind} in version {other.version} and is {now[item.name]} now. Give the "
                    "new question another name, so that a column means one thing."
                )
    return ""


def _another_version(instrument: Instrument, signed: Sequence[Instrument]) -> str:
    """A version asks one thing in the same words for good: codebooks tell by versions since when something is asked."""
    now = instrument.parts_in_words()
    named = (instrument.id, instrument.version)
    before = [one.parts_in_words() for one in signed if (one.id, one.version) == named]
    if not before or now in before:
        return ""
    parts = sorted({name for name, _ in now.items() ^ before[0].items()} - {""}) or ["its title, pages or order"]
    return (
        f"Another questionnaire was signed as {instrument.id}, version {instrument.version}. What is not the same:"
        f" {', '.join(at_most(_MOST, parts))}. Give the changed one another version in its settings, so that a"
        " codebook can say since when each question is asked. Only translations may change within a version."
    )


def _other_words(instrument: Instrument, signed: Sequence[Instrument], same_meaning: Collection[str]) -> str:
    """A question or an answer of the same name has to be one that was signed in these words, or mean the same."""
    items = {item.name: item for item in _items(instrument)}
    if unknown := [name for name in same_meaning if name not in items]:
        return f"--same-meaning {unknown[0]}: there is no question of this name in the questionnaire. Correct it."
    changed = {name: found for name, item in items.items() if (found := list(_changed(item, signed)))}
    if not changed.keys() - set(same_meaning):
        return ""
    wrong = [one for name, found in changed.items() if name not in same_meaning for one in found]
    mended = " ".join(f"--same-meaning {name}" for name in changed)
    return (
        f"In other words than before under the same name: {'; '.join(at_most(_MOST, wrong))}. A release would tell what"
        " people answered to the old words in the new ones. Where it is another question or answer now, give it another"
        " name. Where only its wording was mended and it asks the same in all languages, say so once for each question:"
        f" {mended}"
    )


def _changed(item: Item, signed: Sequence[Instrument]) -> Iterator[str]:
    """What of an item is in no signed version in the words that it has now, and which it had in the newest."""
    before = [(one, each) for one in signed for each in _items(one) if each.name == item.name and each.kind != "note"]
    for code in ("", *(option.code for option in item.options)):
        worded = [
            (one, old, _words(item, code, one.default_language))
            for one, each in before
            if (old := _words(each, code, one.default_language)) is not None
        ]
        if worded and not any(old == new for _, old, new in worded):
            one, old, new = worded[0]
            what = f"{item.name}, answer {code}" if code else item.name
            yield f"{what} ('{old}' is now '{new or ''}') since version {one.version} of {one.id}"


def _words(item: Item, code: str, language: str) -> str | None:
    """Of the question, or of an answer; None where it is not there or has none in this language."""
    if not code:
        return item.labels.get(language)
    return next((option.labels.get(language) for option in item.options if option.code == code), None)


def _items(instrument: Instrument) -> tuple[Item, ...]:
    return (*instrument.items(), *instrument.calculations)
