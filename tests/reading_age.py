"""How hard a text is to read: Flesch and Kincaid's grade, on a syllable count of our own.

A grade is a school year in the United States; five more is the age. The count of syllables is a rule of thumb (groups
of vowels, with the commonest silent endings), right for about nine words in ten. A grade means little for one short
sentence, so it is taken over a whole set of texts, and single texts are held to plainer measures: words in a sentence,
and long words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

AGE_OF_GRADE_NOUGHT = 5

_WORD = re.compile(r"[A-Za-z]+(?:[’'][a-z]+)?")
_SENTENCE = re.compile(r"[.!?:;]+(?:\s|$)")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT_END = re.compile(r"(?:[^aeiouyl]e|[^aeioudt]ed|(?<=[^aeiou])[^aeiouscgzx]es)$")
_SILENT_INSIDE = re.compile(r"(?<=[^aeiou])e(?:ment|ly|body|thing|ful|ness)")
_APART = re.compile(r"i[ao](?!n)|ien(?!d)|[^qg]u[aeo]|eo(?!p)|[yo]ing$|ee?ing$")


def words(text: str) -> list[str]:
    """The words of a text; numbers are none."""
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    """The sentences of a text; a line that ends without a stop is one too."""
    return [part for part in _SENTENCE.split(text) if words(part)]


def syllables(word: str) -> int:
    """About how many syllables a word has."""
    plain = word.lower().replace("’", "'").partition("'")[0]
    count = len(_VOWELS.findall(plain)) + len(_APART.findall(plain))
    count -= bool(len(plain) > 3 and _SILENT_END.search(plain)) + bool(_SILENT_INSIDE.search(plain))
    return max(1, count)


def grade(texts: Iterable[str]) -> float:
    """Flesch and Kincaid's grade of these texts together."""
    read = [sentence for text in texts for sentence in sentences(text)]
    said = [word for sentence in read for word in words(sentence)]
    return 0.39 * len(said) / len(read) + 11.8 * sum(map(syllables, said)) / len(said) - 15.59


def age(texts: Iterable[str]) -> float:
    """The age at which these texts can be read."""
    return grade(texts) + AGE_OF_GRADE_NOUGHT


def longest_sentence(text: str) -> int:
    """Words in the longest sentence."""
    return max((len(words(sentence)) for sentence in sentences(text)), default=0)


def long_words(text: str) -> set[str]:
    """The words of four syllables or more, in small letters."""
    return {word.lower() for word in words(text) if syllables(word) >= 4}
