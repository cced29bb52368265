"""Printed sheets are rendered to pictures, and every code on them is read as a phone would read it."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import resource
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pypdfium2
import pytest
import zxingcpp
from centre_world import LINKED, World
from click.testing import CliRunner
from fontTools.ttLib import TTFont
from PIL import Image, ImageFilter

from export.__main__ import main
from export.centre.cards import CARD, FONTS, LATIN, PAPERS, SCRIPTS, Printed, Spoken, card_words, cards, poster
from export.centre.codes import Codes, issue
from export.centre.lettering import grouped as grouped_letters
from export.printings import Printing
from survey.briefing import Place
from survey.fingerprint import authority_pin
from survey.languages import own_name
from survey.marks import NO_MARK, Mark
from survey.words import load

ADDRESS = "https://survey.example.org"
POINTS_PER_MM = 72 / 25.4
DPI = 150
ADDRESSES = [f"{ADDRESS}/s/counter-1/#k=AbCdEfGhIjKlMnOpQrStUv&c=AB12CD34EF56G{number:03}" for number in range(12)]
PRINTED = [Printed(address, "survey.example.org/s/counter-1", address[-16:]) for address in ADDRESSES]
LANGUAGES = sorted(load())
TELLING = re.compile(r"polic|crim|victim|report|offend|court|abuse|assault|Heard|force", re.IGNORECASE)


def spoken(*languages: str) -> list[Spoken]:
    return [Spoken(language, load()[language]) for language in languages]


def pictures(pdf: bytes, dpi: int = DPI) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L") for page in document]
    finally:
        document.close()


def read(picture: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]


def texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def size_of(pdf: bytes) -> list[int]:
    """Millimetres of its only page."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        (page,) = document
        return [round(points / POINTS_PER_MM) for points in page.get_size()]
    finally:
        document.close()


@pytest.fixture(scope="module")
def sheets() -> bytes:
    return cards(PRINTED, spoken("en", "ur"))


def test_every_code_of_every_sheet_is_read(sheets: bytes) -> None:
    assert [len(read(picture)) for picture in pictures(sheets)] == [10, 2]
    assert {text for picture in pictures(sheets) for text in read(picture)} == set(ADDRESSES)


@pytest.mark.parametrize(("turned", "blurred"), [(0, 2.5), (7, 0), (7, 2.0), (183, 2.0)])
def test_every_code_is_read_blurred_and_turned_too(sheets: bytes, turned: int, blurred: float) -> None:
    for picture, expected in zip(pictures(sheets, 300), (ADDRESSES[:10], ADDRESSES[10:]), strict=True):
        seen = picture.rotate(turned, expand=True, fillcolor=255).filter(ImageFilter.GaussianBlur(blurred))
        assert sorted(read(seen)) == sorted(expected)


def test_a_code_with_a_stain_in_its_middle_is_still_read(sheets: bytes) -> None:
    picture = pictures(sheets)[0]
    for found in zxingcpp.read_barcodes(picture):
        corners = found.position
        middle = (corners.top_left.x + corners.bottom_right.x) // 2, (corners.top_left.y + corners.bottom_right.y) // 2
        side = (corners.top_right.x - corners.top_left.x) // 8
        stain = Image.new("L", (side, side), 128)
        picture.paste(stain, (middle[0] - side // 2, middle[1] - side // 2))
    assert sorted(read(picture)) == sorted(ADDRESSES[:10])


def test_a_card_has_the_size_of_a_bank_card(sheets: bytes) -> None:
    """Where the printer is to cut: measured on the picture, along the marks at the edge of the sheet."""
    picture = pictures(sheets, 300)[0]
    per_mm = 300 / 25.4
    left, top = (PAPERS["a4"][0] - 2 * CARD[0]) / 2, (PAPERS["a4"][1] - 5 * CARD[1]) / 2
    across = [x for x in range(picture.width) if picture.getpixel((x, int((top - 2) * per_mm))) < 128]
    down = [y for y in range(picture.height) if picture.getpixel((int((left - 2) * per_mm), y)) < 128]
    for marks, apart, count in ((grouped(across), CARD[0], 3), (grouped(down), CARD[1], 6)):
        assert len(marks) == count
        for first, second in itertools.pairwise(marks):
            assert abs((second - first) / per_mm - apart) < 0.2
    assert CARD == (85, 55)


@pytest.mark.parametrize("longest", ["cy", "ta"])
@pytest.mark.parametrize("language", sorted(load()))
def test_no_line_of_a_card_in_two_languages_is_too_small_to_read(language: str, longest: str) -> None:
    """Beside the two languages that need the most room, so that every other pair has more."""
    if language == longest:
        language = "ur"
    document = pypdfium2.PdfDocument(cards(PRINTED[:1], spoken(language, longest)))
    try:
        page = document[0].get_textpage()
        sizes = {round(pypdfium2.raw.FPDFText_GetFontSize(page.raw, place), 1) for place in range(page.count_chars())}
    finally:
        document.close()
    assert min(sizes - {1.0}) >= 5, "points; 1 are those of spaces that pdfium puts in"


def grouped(places: list[int]) -> list[float]:
    groups: list[list[int]] = []
    for place in places:
        if groups and place - groups[-1][-1] == 1:
            groups[-1].append(place)
        else:
            groups.append([place])
    return [sum(group) / len(group) for group in groups]


def test_nothing_is_drawn_across_a_cut_or_over_a_code() -> None:
    """The longest words of all languages, two by two."""
    for first, second in zip(LANGUAGES, [*LANGUAGES[1:], LANGUAGES[0]], strict=True):
        pdf = cards(PRINTED[:4], spoken(first, second))
        (picture,) = pictures(pdf, 100)
        assert len(read(picture)) == 4, (first, second)
        per_mm = 100 / 25.4
        left, top = (PAPERS["a4"][0] - 2 * CARD[0]) / 2, (PAPERS["a4"][1] - 5 * CARD[1]) / 2
        for cut in range(3):
            x = int((left + cut * CARD[0]) * per_mm)
            strip = picture.crop((x - 2, int((top + 1) * per_mm), x + 3, int((top + 109) * per_mm)))
            assert strip.getextrema()[0] > 200, (first, second)
        y, inner = int((top + CARD[1]) * per_mm), (int(left * per_mm) + 4, int((left + 170) * per_mm) - 4)
        assert picture.crop((inner[0], y - 6, inner[1], y + 6)).getextrema()[0] > 200, (first, second)


@pytest.mark.parametrize("paper", PAPERS)
def test_a_poster_has_its_papers_size_and_its_code_is_read(paper: str) -> None:
    printed = Printed(ADDRESSES[0].partition("&c=")[0], "survey.example.org/s/counter-1")
    pdf = poster(printed, spoken("en", "ar"), paper)
    assert size_of(pdf) == list(PAPERS[paper])
    (picture,) = pictures(pdf, 60)
    turned = picture.rotate(7, expand=True, fillcolor=255)
    assert read(turned) == read(turned.filter(ImageFilter.GaussianBlur(2))) == [printed.address]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_of_every_language_is_in_the_fonts_that_ship(language: str) -> None:
    fonts = [TTFont(FONTS / f"{name}.ttf") for name in {SCRIPTS.get(language, LATIN), LATIN}]
    known = {code for font in fonts for code in font.getBestCmap()}
    missing = {letter for word in card_words(load()[language]) for letter in word if ord(letter) not in known}
    assert missing == set(), "run: make card-fonts"


def test_every_font_is_the_one_that_was_cut_last() -> None:
    lines = (FONTS / "hashes.txt").read_text().splitlines()
    assert {line.split("  ")[1]: line.split("  ")[0] for line in lines} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FONTS.glob("*.ttf")
    }
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text().upper()


@pytest.mark.parametrize("language", sorted(SCRIPTS))
def test_words_are_shaped_and_not_set_letter_by_letter(language: str) -> None:
    """Joined and stacked letters are other shapes than the letters of the alphabet are by themselves."""
    assert shapes_beyond_the_alphabet(language, SCRIPTS[language]) > 3


def test_the_check_for_shapes_finds_none_in_english() -> None:
    assert shapes_beyond_the_alphabet("en", LATIN) == 1, "the dot that i and j share"


def shapes_beyond_the_alphabet(language: str, font_name: str) -> int:
    """How many outlines that a card in this language uses are the font's, but none of its letters'."""
    font = TTFont(FONTS / f"{font_name}.ttf")
    letters = {shape(font, name) for name in font.getBestCmap().values()}
    others = {shape(font, name) for name in font.getGlyphOrder() if name != ".notdef"} - letters
    used = {found for embedded in fonts_in(cards(PRINTED[:1], spoken(language))) for found in shapes(embedded)}
    return len(used & others)


def shape(font: TTFont, name: str) -> bytes:
    glyph = font["glyf"][name]
    coordinates = glyph.getCoordinates(font["glyf"])[0]
    return bytes(str(list(coordinates)), "ascii") if len(coordinates) else b""


def shapes(font: TTFont) -> Iterator[bytes]:
    yield from (found for name in font.getGlyphOrder() if (found := shape(font, name)))


def fonts_in(pdf: bytes) -> Iterator[TTFont]:
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            content = zlib.decompress(stream)
        except zlib.error:
            continue
        if content[:4] == b"\0\1\0\0":
            yield TTFont(io.BytesIO(content))


def test_the_outside_says_survey_and_nothing_of_police_or_crime(sheets: bytes) -> None:
    for pdf in (sheets, poster(PRINTED[0], spoken("en"), "a4")):
        for text in texts(pdf):
            assert "Survey" in text
            assert not TELLING.search(text.replace("survey.example.org/s/counter-1", "")), text
        assert not TELLING.search(pdf.decode("latin-1").split("trailer")[0].partition("/Producer")[0])
    for language in LANGUAGES:
        assert not TELLING.search(" ".join(card_words(load()[language]))), own_name(language)


# --- the verbs ---


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("HEARD_PUBLIC_ADDRESS", ADDRESS)
    world = World(tmp_path / "centre")
    world.places = (*world.places, Place("hub-2", "Another hub", "hub", ("link",), open_door=False))
    centre = world.opened()
    world.tell(centre)
    centre.close()
    return world


def verb(world: World, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, [arguments[0], "--instance", str(world.folder), *arguments[1:]])
    return done.exit_code, done.output


def test_printed_codes_hold_and_are_counted(world: World, tmp_path: Path) -> None:
    out = tmp_path / "cards.pdf"
    code, said = verb(world, "cards", "--place", LINKED, "--count", "3", "--out", str(out), "--language", "en")
    assert (code, "Batch 1: 3 cards with a code for hub-1" in said) == (0, True), said
    (picture,) = pictures(out.read_bytes())
    centre = world.opened()
    codes, pin = Codes(centre.batches, centre.clock.day), authority_pin(world.authority.public)
    marks = set()
    for address in read(picture):
        parts = urlsplit(address)
        behind = parse_qs(parts.fragment)
        assert (f"{parts.scheme}://{parts.netloc}", parts.path, parts.query) == (ADDRESS, f"/s/{LINKED}/", "")
        assert behind["k"] == [pin]
        (scanned,) = behind["c"]
        assert grouped_letters(scanned) in texts(out.read_bytes())[0], "the code to type is the same"
        marks.add(codes.mark_of(scanned, LINKED))
    assert marks == {Mark(1, serial) for serial in range(3)}
    centre.close()
    assert "3 cards with a code, 0 used, until " in verb(world, "codes")[1]
    assert verb(world, "codes", "--cancel", "1")[0] == 0
    assert "cancelled" in verb(world, "codes")[1]
    assert "There is no batch 1 with codes to cancel" in verb(world, "codes", "--cancel", "1")[1]


def test_a_batch_is_printed_anew_in_one_step(world: World, tmp_path: Path) -> None:
    old, new = tmp_path / "old.pdf", tmp_path / "new.pdf"
    arguments = ("--place", "hub-2", "--count", "3", "--language", "ur", "--language", "en")
    assert verb(world, "cards", "--out", str(old), *arguments)[0] == 0
    code, said = verb(world, "codes", "--reissue", "1", "--out", str(new))
    assert code == 0, said
    assert "Batch 2: 3 cards with a code for hub-2" in said
    assert "No code of batch 1 works any more" in said
    centre = world.opened()
    assert [batch.languages for batch in centre.batches.all().values()] == [("ur", "en")] * 2
    codes = Codes(centre.batches, centre.clock.day)
    old_codes, new_codes = ([parse_qs(urlsplit(each).fragment)["c"][0] for each in read(pictures(pdf.read_bytes())[0])]
                            for pdf in (old, new))  # fmt: skip
    assert {codes.mark_of(each, "hub-2") for each in old_codes} == {NO_MARK}
    assert {codes.mark_of(each, "hub-2") for each in new_codes} == {Mark(2, serial) for serial in range(3)}
    assert centre.batches.printings() == (Printing("hub-2", "card", 6, 3),)
    centre.close()


@pytest.mark.parametrize(
    ("first", "then", "last"),
    [
        (("--until", "2040-05-31"), (), date(2040, 5, 31)),
        (("--until", "2040-05-31"), ("--until", "2041-01-02"), date(2041, 1, 2)),
        ((), ("--until", "2041-01-02"), date(2041, 1, 2)),
        ((), (), None),
    ],
    ids=["kept", "another", "asked now", "a year"],
)
def test_cards_printed_anew_are_good_as_long_as_was_asked_for(
    world: World, tmp_path: Path, first: tuple[str, ...], then: tuple[str, ...], last: date | None
) -> None:
    arguments = ("--place", LINKED, "--count", "2", "--out", str(tmp_path / "old.pdf"))
    assert verb(world, "cards", *arguments, *first)[0] == 0
    code, said = verb(world, "codes", "--reissue", "1", "--out", str(tmp_path / "new.pdf"), *then)
    assert code == 0, said
    centre = world.opened()
    new = centre.batches.all()[2]
    centre.close()
    assert new.until == (last or new.printed_on + timedelta(days=365))
    assert f"until {new.until.isoformat()}" in said


def test_where_the_last_day_is_over_cards_are_printed_anew_until_another(world: World, tmp_path: Path) -> None:
    centre = world.opened()
    issue(centre, LINKED, "card", 2, until=centre.clock.day() - timedelta(days=1))
    centre.close()
    arguments = ("codes", "--reissue", "1", "--out", str(tmp_path / "new.pdf"))
    assert "is over: no code would work. Say a later --until" in verb(world, *arguments)[1]
    code, said = verb(world, *arguments, "--until", "2040-05-31")
    assert (code, "until 2040-05-31" in said) == (0, True)


@pytest.mark.parametrize("more", [(), ("--open",)], ids=["with codes", "open"])
def test_where_the_disk_is_full_no_part_of_a_file_is_left_and_none_of_its_codes_works(
    world: World, tmp_path: Path, more: tuple[str, ...]
) -> None:
    out, arguments = (
        tmp_path / "cards.pdf",
        ("cards", "--place", LINKED, "--count", "24", "--language", "ur", "--language", "en", *more),
    )
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    with files_at_most(60_000):
        code, said = verb(world, *arguments, "--out", str(out))
    assert code == 1
    assert "cards.pdf cannot be written (File too large)" in said
    assert "Batch 1, which it was for, is cancelled" in said
    assert {path for path in tmp_path.rglob("*") if path.is_file()} - before <= {world.folder / "centre.db-lock"}
    centre = world.opened()
    (batch,) = centre.batches.all().values()
    assert (batch.cancelled, batch.key) == (True, None)
    assert [(each.printed, each.cancelled) for each in centre.batches.printings()] == [(24, 24)]
    centre.close()
    assert verb(world, *arguments, "--out", str(out))[0] == 0
    assert out.stat().st_size > 60_000


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """No file of this process can grow beyond so many bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--until", "2040-05-31"), "Say which batch"),
        (("--reissue", "1", "--out", "there.pdf"), "there.pdf is there already"),
        (("--reissue", "2", "--out", "new.pdf"), "no batch 2 with codes"),
        (("--reissue", "1"), "Say where the new cards go"),
        (("--out", "new.pdf"), "Say which batch"),
        (("--cancel", "1", "--out", "new.pdf"), "Say which batch"),
        (("--reissue", "1", "--cancel", "1", "--out", "new.pdf"), "Choose one of"),
    ],
)
def test_where_the_new_cards_cannot_be_printed_the_old_ones_still_work(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.pdf").write_bytes(b"codes that were printed before")
    assert verb(world, "cards", "--place", LINKED, "--count", "2", "--out", "old.pdf")[0] == 0
    code, said = verb(world, "codes", *arguments)
    assert code != 0
    assert says in said
    assert not Path("new.pdf").exists()
    assert "2 cards with a code, 0 used, until " in verb(world, "codes")[1]


@pytest.mark.parametrize(("more", "route"), [("--open", "cards without a code"), ("--poster", "posters")])
def test_open_cards_and_posters_have_no_code(world: World, tmp_path: Path, more: str, route: str) -> None:
    out = tmp_path / "open.pdf"
    code, said = verb(world, "cards", "--place", LINKED, "--count", "4", "--out", str(out), more)
    assert (code, f"4 {route} for {LINKED}" in said) == (0, True), said
    addresses = {address for picture in pictures(out.read_bytes()) for address in read(picture)}
    assert addresses == {f"{ADDRESS}/s/{LINKED}/#k={authority_pin(world.authority.public)}"}


@pytest.mark.parametrize("asked", [("--poster",), ("--poster", "a4"), ("--poster", "a3")], ids=" ".join)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_verb_prints_a_poster_on_the_paper_asked_for_with_an_address_to_scan_and_one_to_type(
    world: World, tmp_path: Path, asked: tuple[str, ...], language: str
) -> None:
    out = tmp_path / "poster.pdf"
    spoken_to = ("--language", language, "--language", "pl")
    code, said = verb(world, "cards", "--place", LINKED, "--count", "5", *spoken_to, *asked, "--out", str(out))
    assert (code, f"5 posters for {LINKED}" in said) == (0, True), said
    pdf = out.read_bytes()
    assert size_of(pdf) == list(PAPERS[asked[-1].replace("--poster", "a4")])
    (picture,) = pictures(pdf, 60)
    seen = picture.rotate(7, expand=True, fillcolor=255).filter(ImageFilter.GaussianBlur(2))
    assert read(seen) == [f"{ADDRESS}/s/{LINKED}/#k={authority_pin(world.authority.public)}"]
    (text,) = texts(pdf)
    assert f"survey.example.org/s/{LINKED}" in text.split(), "in one piece, and without what nobody can type"


def test_the_verb_prints_the_address_to_type_on_each_card(world: World, tmp_path: Path) -> None:
    for number, more in enumerate(((), ("--open",))):
        out = tmp_path / f"{number}.pdf"
        assert verb(world, "cards", "--place", LINKED, "--count", "12", "--out", str(out), *more)[0] == 0
        found = [text.split().count(f"survey.example.org/s/{LINKED}") for text in texts(out.read_bytes())]
        assert found == [10, 2]


def test_whatever_the_verbs_print_is_counted_by_place_and_route(world: World, tmp_path: Path) -> None:
    for number, (place, count, *more) in enumerate(
        ((LINKED, "3"), (LINKED, "4"), ("hub-2", "2"), (LINKED, "20", "--open"), (LINKED, "5", "--poster", "a3"))
    ):
        out = ("--out", str(tmp_path / f"{number}.pdf"))
        assert verb(world, "cards", "--place", place, "--count", count, *out, *more)[0] == 0
    assert verb(world, "cards", "--place", LINKED, "--count", "70", "--text")[0] == 0
    assert verb(world, "codes", "--cancel", "2")[0] == 0
    centre = world.opened()
    assert centre.batches.printings() == (
        Printing(LINKED, "card", 7, 4),
        Printing(LINKED, "open-card", 20, 0),
        Printing(LINKED, "poster", 5, 0),
        Printing(LINKED, "text", 70, 0),
        Printing("hub-2", "card", 2, 0),
    )
    centre.close()


def test_a_text_for_a_message_is_printed_in_both_languages(world: World) -> None:
    code, said = verb(
        world, "cards", "--place", LINKED, "--count", "50", "--text", "--language", "en", "--language", "pl"
    )
    assert code == 0
    first, second, address, *_ = said.splitlines()
    assert first.startswith("Survey: How was it")
    assert second.startswith(load()["pl"]["title"])
    assert address == f"{ADDRESS}/s/{LINKED}/#k={authority_pin(world.authority.public)}", "the same address as scanned"
    assert not TELLING.search(f"{first} {second}")
    assert "50 messages" in verb(world, "codes")[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--place", "counter-1", "--out", "x.pdf"), "allows no link"),
        (("--place", "hub-2", "--out", "x.pdf", "--open"), "with a code only"),
        (("--place", LINKED, "--out", "x.pdf", "--language", "xx"), "One or two languages"),
        (("--place", LINKED), "Say where to"),
        (("--place", LINKED, "--out", "x.pdf", "--open", "--poster"), "Choose one of"),
        (("--place", LINKED, "--out", "x.pdf", "--poster", "--until", "2027-01-01"), "--until is about codes"),
        (("--place", LINKED, "--out", "x.pdf", "--until", "2020-01-01"), "2020-01-01 is over"),
        (
            ("--place", LINKED, "--out", "x.pdf", "--language", "en", "--language", "en"),
            "en is said twice. Say it once",
        ),
        (("--place", LINKED, "--out", "there.pdf"), "there.pdf is there already"),
    ],
)
def test_what_cannot_be_printed_is_not_counted(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.pdf").write_bytes(b"codes that were printed before")
    code, said = verb(world, "cards", "--count", "2", *arguments)
    assert code != 0
    assert says in said
    assert "disk space" not in said
    assert "Nothing was printed yet" in verb(world, "codes")[1]
    assert Path("there.pdf").read_bytes() == b"codes that were printed before"


def test_without_a_public_address_nothing_is_printed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEARD_PUBLIC_ADDRESS")
    code, said = verb(world, "cards", "--place", LINKED, "--count", "2", "--out", "x.pdf")
    assert (code, "public_address" in said) == (1, True)
