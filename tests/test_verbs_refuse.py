"""Every verb of every program, used wrongly: it ends with a code, and says in plain words what to do next.

Verbs are found in the programs' own tables and what they are given is made of what each says of itself, so that a new
verb is tried without a line here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from custodian_world import PASSPHRASE
from test_docs import PROGRAMS, VERBS, verb_of

BEGIN = {("survey", "demo"), ("kiosk", "enrol"), ("export", "serve"), ("export", "keygen"), ("export", "restore")}
"""They make a folder where there is none."""
TO_DO = re.compile(
    r"\b(?:ask|bring|call|check|choose|compare|copy|correct|free|get|give|list|make|move|put|run|say|send|set|sign in|"
    r"start|stop|take|try|type|use)\b",
    re.IGNORECASE,
)
Verb = tuple[str, str]


def machine(verb: Verb) -> str:
    """Whose folder this verb is about: centre, tablet or custodian; empty where it needs none."""
    helps = [str(one.help) for one in verb_of(*verb).params if isinstance(one, click.Option) and one.name == "instance"]
    found = re.match(r"The (centre|tablet|custodian)'s folder", helps[0]) if helps else None
    return found[1] if found else ""


def each(verbs: list[Verb]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("verb", verbs, ids="-".join)


@dataclass(frozen=True)
class Desk:
    """Where somebody sits and types, with a file at hand that is nothing of Heard's."""

    folder: Path

    def given(self, verb: Verb) -> list[str]:
        """What a verb cannot do without, in a form that could be right."""
        needed = [one for one in verb_of(*verb).params if one.required]
        words = [
            [self.sample(one)] if isinstance(one, click.Argument) else [one.opts[0], self.sample(one)] for one in needed
        ]
        return [word for pair in words for word in pair]

    def sample(self, param: click.Parameter) -> str:
        """What somebody could type for this."""
        match param.type:
            case click.Choice():
                return str(param.type.choices[0])
            case click.Path():
                return str(self.folder / ("strange" if param.type.file_okay else "empty"))
            case click.types.IntParamType():
                return "3"
        return "https://127.0.0.1:9" if param.name in {"url", "address"} else "example"

    def run(self, verb: Verb, *arguments: str) -> Result:
        """Type it; nobody is there to answer a question."""
        return CliRunner().invoke(PROGRAMS[verb[0]], [verb[1], *arguments], prog_name=f"python -m {verb[0]}")


def told(done: Result) -> str:
    """That a verb refused, as every verb should; what it said last."""
    assert done.exit_code != 0, done.output
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    said = done.stderr.strip()
    assert TO_DO.search(said.partition("Error: ")[2] or said), said
    return said


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in ("HEARD_INSTANCE", "HEARD_STORE", "HEARD_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HEARD_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("HEARD_TOKEN", "example")
    (tmp_path / "strange").write_bytes(b"\x00\xffnothing of ours" * 500)
    (tmp_path / "empty").mkdir()
    return Desk(tmp_path)


@each([verb for verb in VERBS if machine(verb) and verb not in BEGIN])
def test_a_folder_that_is_mistyped_is_said_and_never_made(desk: Desk, verb: Verb) -> None:
    for folder in (desk.folder / "cnetre", desk.folder / "empty"):
        told(desk.run(verb, "--instance", str(folder), *desk.given(verb)))
    assert not (desk.folder / "cnetre").exists()
    assert not any((desk.folder / "empty").iterdir())


def test_what_was_typed_wrongly_is_said_in_the_words_of_the_house(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for verb, typed, said in (
        (("survey", "clips"), ["--language", "pl", "--take", "missing"], "missing is not there. Look for its"),
        (("survey", "clips"), ["--take", "file"], "file cannot be: a folder stands for a file there"),
        (("survey", "languages"), ["--take", "."], ". cannot be: a folder stands for a file there"),
        (("kiosk", "keys"), [], "FILE is wanting. Give it"),
        (("export", "sign-keys"), [], "--out is wanting. Give it"),
        (("export", "split"), ["--shares", "x"], "--shares: 'x' is no whole number. Type it in digits"),
    ):
        with pytest.MonkeyPatch.context() as here:
            here.chdir(tmp_path)
            assert said in told(Desk(tmp_path).run(verb, *typed)), verb


@pytest.mark.parametrize("verb", [
    ("export", "take-in"), ("export", "publish"), ("export", "check-proxy"), ("kiosk", "keys"),
], ids="-".join)  # fmt: skip
def test_of_a_path_that_is_not_there_every_verb_says_that_and_what_to_look_for(verb: Verb, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    said = told(Desk(tmp_path).run(verb, str(missing)))
    assert f"{missing} is not there. Look for its right name and place, and whether the stick" in said
