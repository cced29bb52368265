"""A version is one questionnaire in one wording for good, and a column means one thing whatever the version."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from custodian_world import PLACES, sealed
from hypothesis import given
from release_world import SECRET, codebook, release_of, who
from small_instruments import instrument, instruments, item, page
from test_custodian_verbs import SHORT, Done, keys_in, made, refused, sign, signed, well

from export.custodian.known import Known
from forms.instrument import Instrument

__all__ = ["made", "signed"]

REFUSED = "Another questionnaire was signed as short, version 1. What is not the same:"
POLISH = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgctxt "treatment"
msgid "Was it good?"
msgstr "{}"
"""


def signing(custodian: Path, folder: Path, text: str, *more: str) -> Done:
    (folder / "short.md").write_text(text)
    return sign(custodian, folder, "--questionnaire", str(folder / "short.md"), *more)


def version_2(text: str) -> str:
    return text.replace("| short | 1 |", "| short | 2 |")


CHANGES = [
    ("Was it good?", "Was it very good?", "treatment."),
    ("| yesno | no | No |", "| yesno | no | Not at all |", "treatment."),
    ("| | yesno | no | No |", "| | yesno | no | No |\n| | yesno | dontknow | I don't know |", "treatment."),
    ("| Was it good? |", "| Was it good? |\n| | select_one yesno | moreover | And more? |", "moreover."),
    ("| 1 | Short | en |", "| 1 | A title | en |", "its title, pages or order."),
]


def test_a_questionnaire_that_was_changed_is_signed_under_another_version_only(signed: Path, tmp_path: Path) -> None:
    well(signing(signed, tmp_path, SHORT))
    for old, new, what in CHANGES:
        assert old in SHORT
        changed = SHORT.replace(old, new)
        refused(signing(signed, tmp_path, changed), f"{REFUSED} {what}", "Give the changed one another version")
    assert keys_in(tmp_path, signed).serial == 2, "nothing was signed"
    changed = SHORT.replace(*CHANGES[3][:2])
    well(signing(signed, tmp_path, version_2(changed)))
    assert keys_in(tmp_path, signed).instruments[0].version == "2"
    # An older one may be taken up again as it was, and a stop is signed whatever lies there.
    well(signing(signed, tmp_path, SHORT))
    refused(signing(signed, tmp_path, changed), REFUSED)
    well(sign(signed, tmp_path, "--stop"))


OTHER_WORDS = [
    ("Was it good?", "Was it bad?", "treatment ('Was it good?' is now 'Was it bad?')"),
    ("| yesno | no | No |", "| yesno | no | Not quite |", "treatment, answer no ('No' is now 'Not quite')"),
]


def test_a_new_version_says_the_same_under_the_same_name(signed: Path, tmp_path: Path) -> None:
    """Who said yes, it was good, must not stand there as having said yes, it was bad."""
    well(signing(signed, tmp_path, SHORT))
    for old, new, what in OTHER_WORDS:
        changed = version_2(SHORT.replace(old, new))
        refused(
            signing(signed, tmp_path, changed), what, "version 1 of short", "another name", "--same-meaning treatment"
        )
    assert keys_in(tmp_path, signed).serial == 2, "nothing was signed"
    well(signing(signed, tmp_path, version_2(SHORT.replace("| treatment | Was it good?", "| worse | Was it bad?"))))


def test_words_may_be_mended_where_somebody_says_that_they_mean_the_same(signed: Path, tmp_path: Path) -> None:
    slip = SHORT.replace("Was it good?", "Wsa it good?").replace("| yesno | no | No |", "| yesno | no | Nno |")
    well(signing(signed, tmp_path, slip))
    refused(signing(signed, tmp_path, version_2(SHORT), "--same-meaning", "treatmnet"), "treatmnet", "no question")
    well(signing(signed, tmp_path, version_2(SHORT), "--same-meaning", "treatment"))
    # Both are known to mean the same from now on: nobody has to say it twice.
    well(signing(signed, tmp_path, SHORT.replace("| short | 1 |", "| short | 3 |")))
    well(signing(signed, tmp_path, slip))
    refused(signing(signed, tmp_path, SHORT.replace("| short | 1 |", "| short | 4 |").replace("good", "bad")), "bad")


def test_a_new_default_language_is_no_other_meaning_where_the_old_words_are_still_there(
    signed: Path, tmp_path: Path
) -> None:
    both = SHORT.replace(
        "| label |\n|---|---|---|---|\n", "| label::English (en) | label::Polski (pl) |\n|---|---|---|---|---|\n"
    )
    both = both.replace("| Was it good? |", "| Was it good? | Czy to było dobre? |")
    both = both.replace("| yes | Yes |", "| yes | Yes | Tak |").replace("| no | No |", "| no | No | Nie |")
    both = both.replace("| Short | en |", "| Short | English (en) |")
    well(signing(signed, tmp_path, both))
    well(signing(signed, tmp_path, version_2(both).replace("| Short | English (en) |", "| Short | Polski (pl) |")))


def test_a_questionnaire_under_another_name_shares_its_columns_and_so_its_words(signed: Path, tmp_path: Path) -> None:
    well(signing(signed, tmp_path, SHORT))
    other = SHORT.replace("| short | 1 |", "| other | 1 |").replace("Was it good?", "Was it bad?")
    refused(signing(signed, tmp_path, other), "version 1 of short", "--same-meaning treatment")


def test_a_translation_is_added_and_corrected_within_a_version(signed: Path, tmp_path: Path) -> None:
    well(signing(signed, tmp_path, SHORT))
    po = tmp_path / "pl.po"
    for words in ("Czy to bylo dobre?", "Czy to było dobre?"):
        po.write_text(POLISH.format(words))
        well(signing(signed, tmp_path, SHORT, "--translation", str(po)))
        asked = keys_in(tmp_path, signed).instruments[0]
        assert (asked.version, asked.item("treatment").labels["pl"]) == ("1", words)
    well(signing(signed, tmp_path, SHORT))
    assert keys_in(tmp_path, signed).instruments[0].languages == ("en",)


def test_translations_are_not_passed_over_where_their_questionnaire_is_not_given(signed: Path, tmp_path: Path) -> None:
    well(signing(signed, tmp_path, SHORT))
    (tmp_path / "pl.po").write_text(POLISH.format("Czy to było dobre?"))
    refused(sign(signed, tmp_path, "--translation", str(tmp_path / "pl.po")), "--questionnaire FILE")


@given(instruments())
def test_a_version_holds_the_words_of_the_default_language_and_no_others(made: Instrument) -> None:
    def saying(language: str) -> Instrument:
        first = made.pages[0].items[0]
        labels = {**first.labels, language: "Something else"}
        items = (replace(first, labels=labels, unverified=frozenset({language})), *made.pages[0].items[1:])
        pages = (replace(made.pages[0], items=items), *made.pages[1:])
        return replace(made, pages=pages, languages=tuple(dict.fromkeys((*made.languages, language))))

    assert saying("pl").parts_in_words() == made.parts_in_words()
    assert saying("pl").to_json() != made.to_json()
    other = saying("en").parts_in_words()
    assert {name for name, _ in other.items() ^ made.parts_in_words().items()} == {made.pages[0].items[0].name}
    assert saying("en").digest() == made.digest()


def test_an_older_version_that_is_taken_up_again_is_still_the_first(tmp_path: Path) -> None:
    core = item("experience", core=True)
    first = replace(instrument(page("p1", core), page("p2", item("kept"))), version="1")
    second = replace(instrument(page("p1", core), page("p2", item("kept"), item("fresh"))), version="2")
    files = [(first, second), (second, first), (first,)]
    people = [who(n, (first, second)[n % 2], {"experience": "yes", "kept": "no"}) for n in range(30)]
    every = [one for listed in files for one in listed]
    released = release_of(tmp_path, sealed(SECRET.public, people), *every)
    told = {one["column"]: one for one in codebook(released)["columns"]}
    since_until = {
        name: (told[name]["since"]["version"], (told[name]["until"] or {"version": None})["version"])
        for name in ("experience", "kept", "fresh")
    }
    assert since_until == {"experience": ("1", None), "kept": ("1", None), "fresh": ("2", "2")}
    assert Known.of(every, PLACES).oldest_first == (first.digest(), second.digest())
