"""A page as a WTForms form, made from data: code knows kinds of item, never particular questions.

Whatever a browser or a hostile program posts is read without raising: what is no answer becomes a line that says kindly
what to do. No field is required, so nothing is a wall; ``routing.problems`` asks once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.form import BaseForm
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from forms.fitting import Misfit, steps
from forms.instrument import Instrument, Item, Option, Page, Texts
from forms.logic import Answer
from forms.reading import LONGEST_LOOKED_AT, TICKED, read
from forms.routing import asked, options, problem, seen

STEPS_AS_CHOICES = 11
"""A range of up to so many steps is shown as radios; there are no sliders."""

_SHORT_TEXT_BYTES = 200
# Item names are the authors', and some are also names of a form's own methods: attributes carry this before them.
_BEFORE = "item_"


class PageForm(FlaskForm):
    """The items of a page that are asked now; fields, errors and posted values go by the names of the items."""

    _fields: dict[str, Any]

    def __init__(self, formdata: Any = None, **more: Any) -> None:
        # Flask-WTF would also take in JSON and uploaded files, which no page of ours sends.
        if formdata is None and self.is_submitted():
            formdata = request.form
        super().__init__(formdata=formdata, **more)
        self._fields = {field.name: field for field in self._fields.values()}

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Whether everything that was posted can be read; ``errors`` says what to do where it cannot."""
        # WTForms would look for methods named validate_ITEM.
        return bool(BaseForm.validate(self, extra_validators))


class _Asked:
    """What every field here has: an item, and the answer that was read or what is wrong with it."""

    name: str
    data: Any

    def __init__(self, *, item: Item, offered: tuple[Option, ...], say: Callable[[Misfit], str], **more: Any) -> None:
        self.item, self.offered, self.say = item, offered, say
        self.answer: Answer | None = None
        self.wrong: Misfit | None = None
        super().__init__(**more)

    def process_formdata(self, untrusted: list[Any]) -> None:
        posted = [value for value in untrusted if isinstance(value, str)]
        self.answer, self.wrong = read(self.item, posted, self.offered)
        self.data = self.shown_again(posted)

    def shown_again(self, posted: list[str]) -> Any:
        return posted[0][:LONGEST_LOOKED_AT] if posted else None

    def pre_validate(self, form: Any) -> None:
        if self.wrong:
            raise ValidationError(self.say(self.wrong))


class _Choice(_Asked, RadioField):
    pass


class _Choices(_Asked, SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def shown_again(self, posted: list[str]) -> list[str]:
        return [option.code for option in self.offered if option.code in posted]


class _Line(_Asked, StringField):
    pass


class _Text(_Asked, TextAreaField):
    pass


class _Day(_Line):
    """One line, or three inputs NAME-day, NAME-month and NAME-year."""

    def process(self, formdata: Any, *rest: Any, **more: Any) -> None:
        names = [f"{self.name}-{part}" for part in ("day", "month", "year")]
        super().process(formdata, *rest, **more)
        if formdata is not None and any(name in formdata for name in names):
            parts = [next((value for value in formdata.getlist(name) if isinstance(value, str)), "") for name in names]
            self.process_formdata([*self.raw_data, " ".join(parts)])


class _Tick(_Asked, BooleanField):
    def shown_again(self, posted: list[str]) -> bool:
        return self.answer is True

    def _value(self) -> str:
        return TICKED


def form_for(
    instrument: Instrument,
    page: Page,
    shown: Callable[[Texts], str],
    answers: Mapping[str, Answer],
    seed: bytes,
    words: Mapping[str, str],
) -> type[FlaskForm]:
    """The form of what this page asks now.

    Args:
        instrument: the instrument.
        page: one of its pages.
        shown: a text of the questionnaire as the page shows it, in the language of the page.
        answers: so far; they stand in the form again, and decide what is asked and offered.
        seed: of this visit, for shuffled options.
        words: ``error.KIND`` -> what to do, for each kind of ``forms.fitting.Misfit``.
    """
    view = seen(instrument, answers)

    def field(item: Item) -> Any:
        def say(wrong: Misfit) -> str:
            return problem(item, wrong).message(words, shown)

        offered = options(item, view, seed)
        more: dict[str, Any] = {"label": shown(item.labels), "description": shown(item.hints), "name": item.name}
        more |= {"default": _standing(answers.get(item.name, item.default)), "item": item, "say": say}
        more["offered"] = tuple(option for option in item.options if option in offered)
        return _field(item, [SelectChoice(option.code, shown(option.labels)) for option in offered], more)

    fields = {_BEFORE + item.name: field(item) for item in asked(instrument, page, answers) if item.asked}
    return type("QuestionForm", (PageForm,), fields)


def answers_from(form: FlaskForm, page: Page) -> dict[str, Answer]:
    """The answers that were posted, by item; what was left empty or cannot be read is not among them.

    They replace everything that was answered on this page before.
    """
    fields = {item.name: form[item.name] for item in page.items if item.name in form}
    return {name: field.answer for name, field in fields.items() if field.answer is not None}


def _field(item: Item, choices: list[Any], more: Mapping[str, Any]) -> Any:
    if item.kind == "range" and len(steps(item)) <= STEPS_AS_CHOICES:
        choices = [SelectChoice(str(step)) for step in steps(item)]
    if item.kind == "select_one" or (item.kind == "range" and choices):
        return _Choice(choices=choices, validate_choice=False, **more)
    if item.kind == "select_multiple":
        return _Choices(choices=choices, validate_choice=False, **more)
    if item.kind == "acknowledge":
        return _Tick(**more)
    if item.kind == "date":
        return _Day(**more)
    if item.kind == "text" and item.bytes_allowed > _SHORT_TEXT_BYTES:
        return _Text(**more)
    return _Line(**more)


def _standing(answer: Answer | None) -> Any:
    """An answer as the field that shows it holds it."""
    if answer is None or isinstance(answer, bool):
        return answer
    return list(answer) if isinstance(answer, tuple) else str(answer)
