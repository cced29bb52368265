"""``survey clips``: what is read aloud, in which languages, and by whom; new clips from a computer or from people.

Needs espeak-ng and lame where clips are made, never where they are played: they are kept beside the program. espeak-ng
is free software under the GNU General Public License; that covers the program, not the sounds that it makes.
"""

from __future__ import annotations

import csv
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click

from forms.instrument import Instrument
from forms.xlsform import VICTIM_VOICE, load, shipped_translations
from survey import clips
from survey.aloud import every_text
from survey.reference import read_support_lines
from survey.verbs import There
from survey.words import load as load_words

VOICES = Path(__file__).parent / "data" / "voices.toml"
_WORDS_A_MINUTE = "145"
# 16 kbit/s: all languages together stay under 8 MB (24 kbit/s: half as much again). No reservoir and no tags: frames
# that can be laid end to end anywhere.
_ENCODER = ("lame", "--quiet", "-m", "m", "--resample", "16", "--cbr", "-b", "16", "--nores", "-t", "--noreplaygain")
_BYTES_A_SECOND = 2_000
HEADINGS = ("file", "text")
_TAKEN = (".wav", clips.SUFFIX)
_OTHER_SOUNDS = {".3gp", ".aac", ".aiff", ".amr", ".caf", ".flac", ".m4a", ".mp4", ".ogg", ".opus", ".webm", ".wma"}
"""What recorders make and nothing here reads."""


class CannotSpeak(Exception):
    """A clip could not be made. The message says what to install or to look at."""


class CannotEncode(CannotSpeak):
    """espeak-ng or lame is there and failed: what it was given is wrong."""


@dataclass(frozen=True)
class Speakable:
    """Everything that is read aloud, and the folder that its clips lie in."""

    folder: Path

    @cached_property
    def voices(self) -> Mapping[str, str]:
        """Language -> the name of its voice."""
        return dict(_told()["voice"])

    @cached_property
    def without(self) -> Mapping[str, str]:
        """Language that a computer does not read -> the reason."""
        return dict(_told()["without"])

    @cached_property
    def texts(self) -> Mapping[str, Mapping[str, str]]:
        """Language (as ``lang`` says it) -> name of a clip -> its text."""
        found: dict[str, dict[str, str]] = {}
        instrument, words, lines = _shipped(), load_words(), read_support_lines()
        for language in instrument.languages:
            for text in every_text(instrument, words[language], language, lines):
                found.setdefault(text.tag, {})[text.name] = text.words
        return found

    def path(self, kind: str, language: str, name: str) -> Path:
        """Where this clip lies, or would."""
        return self.folder / kind / language / f"{name}{clips.SUFFIX}"

    def there(self, language: str) -> Mapping[str, clips.Clip]:
        """The clips of this language's texts of today."""
        return {name: clip for name, clip in clips.load(self.folder).items() if name in self.texts[language]}

    def gone(self) -> list[Path]:
        """People's recordings of texts that nobody reads any more."""
        made = (self.folder / clips.RECORDED).glob(f"*/*{clips.SUFFIX}")
        return sorted(path for path in made if path.stem not in self.texts.get(path.parent.name, {}))

    def left_over(self) -> list[Path]:
        """A computer's clips of texts that nobody reads any more, or in a language that it does not read."""
        made = (self.folder / clips.COMPUTER).glob(f"*/*{clips.SUFFIX}")
        spoken = {language: self.texts[language] for language in self.voices if language in self.texts}
        return sorted(path for path in made if path.stem not in spoken.get(path.parent.name, {}))


@click.command("clips")
@click.option("--speak", is_flag=True, help="Make what is missing in a computer's voice (needs espeak-ng and lame).")
@click.option(
    "--write", type=click.Path(path_type=Path, file_okay=False), help="Write what is to be recorded here, as .csv."
)
@click.option("--take", type=There(file_okay=False), help="Take recordings from this folder.")
@click.option("--language", help="With --write or --take: the language, for example pl.")
def clips_verb(write: Path | None, take: Path | None, language: str | None, *, speak: bool) -> None:
    """What is read aloud in which language; make clips, or take people's own.

    Exit code 1 where a clip is missing, or where a recording was not taken.
    """
    known = Speakable(clips.FOLDER)
    if (write or take) and language not in known.texts:
        raise click.UsageError(f"Say --language and one of {', '.join(sorted(known.texts))}.")
    try:
        if write is not None and language:
            click.echo(str(written(known, language, write)))
        elif take is not None and language:
            fit, refused = taken(known, language, take)
            click.echo("\n".join((*refused, f"Took {fit} recordings; {len(refused)} not taken.")))
            raise SystemExit(int(bool(refused)))
        else:
            if speak:
                _speak(known)
            _report(known)
    except CannotSpeak as fault:
        raise click.ClickException(str(fault)) from fault


def _report(known: Speakable) -> None:
    missing = False
    for language, texts in known.texts.items():
        there = known.there(language)
        recorded = sum(not clip.by_computer for clip in there.values())
        reason = "" if language in known.voices else f"  {known.without[language]}"
        missing = missing or (language in known.voices and len(there) < len(texts))
        click.echo(f"{language:4} {len(there)} of {len(texts)} texts, {recorded} by a person{reason}")
    for path in known.gone():
        said = "speaks a text that is gone. Record the text that stands there now (--write lists it), and delete this."
        click.echo(f"{path.relative_to(known.folder)} {said}")
    raise SystemExit(int(missing))


def _speak(known: Speakable) -> None:
    for path in known.left_over():
        path.unlink()
    for language, voice in known.voices.items():
        for name in known.texts[language].keys() - known.there(language).keys():
            path = known.path(clips.COMPUTER, language, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(spoken(known.texts[language][name], voice))
    clips.load.cache_clear()


def spoken(text: str, voice: str) -> bytes:
    """A text in a computer's voice.

    Raises:
        CannotSpeak: espeak-ng or lame is missing, or (``CannotEncode``) failed.
    """
    # A stroke between two words ('Pan/Pani') would be read as 'slash'.
    plain = text.replace("/", ", ").encode()
    return _encoded(_run(["espeak-ng", "-v", voice, "-s", _WORDS_A_MINUTE, "--stdin", "--stdout"], plain))


def _encoded(sound: bytes, kind: str = ".wav") -> bytes:
    # From a pipe lame tells no .mp3 by itself.
    return _run([*_ENCODER, *(["--mp3input"] if kind == clips.SUFFIX else []), "-", "-"], sound)


def _run(command: list[str], given: bytes) -> bytes:
    try:
        done = subprocess.run(command, input=given, capture_output=True, check=True)  # noqa: S603 - our own words
    except FileNotFoundError as fault:
        raise CannotSpeak(f"{command[0]} is missing: sudo apt-get install espeak-ng lame") from fault
    except subprocess.CalledProcessError as fault:
        said = fault.stderr.decode(errors="replace").strip()[-200:]
        raise CannotEncode(f"{command[0]} could not do it: {said or 'it said nothing'}") from fault
    return done.stdout


def written(known: Speakable, language: str, folder: Path) -> Path:
    """Write what somebody reads out and records: for each text the name of its file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{language}.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADINGS)
        rows.writerows((f"{name}.wav", text) for name, text in known.texts[language].items())
    return path


def taken(known: Speakable, language: str, folder: Path) -> tuple[int, list[str]]:
    """Take people's recordings in: how many, and of every other file what to do.

    Raises:
        CannotSpeak: lame is missing.
    """
    fit, refused = 0, list[str]()
    for path in sorted(folder.iterdir()):
        text = known.texts[language].get(path.stem)
        try:
            sound = _recorded(path, text)
        except _NotTaken as fault:
            refused.append(f"{path.name} {fault}")
            continue
        if sound:
            to = known.path(clips.RECORDED, language, path.stem)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(sound)
            fit += 1
    return fit, refused


class _NotTaken(Exception):
    """A recording that does not fit; what is wrong with it and what to do."""


def _recorded(path: Path, text: str | None) -> bytes:
    """The sound of a file as a clip of this text; nothing of a file that is meant for none."""
    kind = path.suffix.lower()
    if kind not in _TAKEN:
        if text is None and kind not in _OTHER_SOUNDS:
            return b""
        raise _NotTaken("is of a kind that is not read here. Save it as .wav or .mp3 under the same name.")
    if text is None:
        raise _NotTaken("is the name of no text of today. Write the list out anew, and record that text again.")
    try:
        sound = _encoded(path.read_bytes(), kind)
    except (CannotEncode, OSError) as fault:
        raise _NotTaken(f"is no sound that can be read ({fault}). Save it again as .wav or .mp3.") from fault
    seconds, (least, most) = len(sound) / _BYTES_A_SECOND, takes(text)
    if not least < seconds < most:
        lasts = f"lasts {seconds:.1f} seconds, and its text takes {least:.1f} to {most:.1f}."
        raise _NotTaken(f"{lasts} Listen whether it is that text, cut what is silent, or record it again.")
    return sound


def takes(text: str) -> tuple[float, float]:
    """The least and the most seconds in which anybody reads this out, with some silence around it.

    The most leaves room for a number, which is read digit by digit.
    """
    return 0.5 + len(text) * 0.02, 3 + len(text) * 0.2


def _shipped() -> Instrument:
    checked = load(VICTIM_VOICE, shipped_translations())
    if checked.instrument is None:
        raise CannotSpeak("The questionnaire has faults. Run: python -m survey check")
    return checked.instrument


def _told() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(VOICES.read_text(encoding="utf-8"))
