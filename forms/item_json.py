"""Pages, items and options as JSON, and back from JSON that is not to be trusted.

What is at its default is left out, so that a member added later leaves the digests of older instruments alone.
"""

from __future__ import annotations

from typing import Any, cast

from forms import shapes
from forms.items import CHOICE_KINDS, KINDS, TEXT_BYTES, Disclosure, Item, Option, Page
from forms.logic import Answer, from_json, to_json

_TEXTS = ("labels", "hints", "constraint_messages", "required_messages")
_EXPRESSIONS = ("relevant", "constraint", "choice_filter", "calculation")
_FLAGS = ("required", "randomize", "core")
_MOST_STEPS = 1000
_SMALLEST_STEP = 1e-6
_VALUES = ("disclosure", "low", "high", "step", "max_bytes")

texts = shapes.mapping(shapes.language, shapes.text)


def page_json(page: Page, *, texts: bool) -> dict[str, Any]:
    """A page; without its texts for the digest."""
    content: dict[str, Any] = {"name": page.name, "items": [item_json(item, texts=texts) for item in page.items]}
    if page.relevant is not None:
        content["relevant"] = to_json(page.relevant)
    if texts:
        content["labels"] = dict(page.labels)
    return content


def item_json(item: Item, *, texts: bool) -> dict[str, Any]:
    """An item; without its texts and notes on wording for the digest."""
    content: dict[str, Any] = {"name": item.name, "kind": item.kind}
    content |= {key: to_json(getattr(item, key)) for key in _EXPRESSIONS if getattr(item, key) is not None}
    content |= {key: True for key in _FLAGS if getattr(item, key)}
    content |= {key: getattr(item, key) for key in _VALUES if getattr(item, key) is not None}
    if item.options:
        content["options"] = [_option_json(option, texts=texts) for option in item.options]
    if item.default is not None:
        content["default"] = list(item.default) if isinstance(item.default, tuple) else item.default
    if texts:
        content |= {key: dict(getattr(item, key)) for key in _TEXTS if getattr(item, key)}
        if item.unverified:
            content["unverified"] = sorted(item.unverified)
    return content


def in_one(content: dict[str, Any], language: str) -> dict[str, Any]:
    """What ``item_json`` or ``page_json`` wrote with texts, with one language's alone and no notes on wording."""
    options = content.get("options", [])
    kept = {key: value for key, value in content.items() if key != "unverified"}
    kept |= {key: kept[key].get(language) for key in _TEXTS if key in kept}
    return kept | ({"options": [in_one(option, language) for option in options]} if options else {})


def _option_json(option: Option, *, texts: bool) -> dict[str, Any]:
    content: dict[str, Any] = {"code": option.code}
    if option.exclusive:
        content["exclusive"] = True
    if option.attributes:
        content["attributes"] = dict(option.attributes)
    if texts:
        content["labels"] = dict(option.labels)
    return content


def read_page(untrusted: Any) -> Page:
    """A page.

    Raises:
        Malformed: another shape.
        ExpressionError: an expression of another shape.
    """
    members = shapes.Members(untrusted, "page")
    read = Page(
        name=members.take("name", shapes.name),
        labels=members.maybe("labels", texts, {}),
        items=members.take("items", shapes.each(_asked_or_note)),
        relevant=members.maybe("relevant", from_json, None),
    )
    members.finish()
    if not read.items:
        raise shapes.Malformed(f"page {read.name} is empty.")
    return read


def read_calculation(untrusted: Any) -> Item:
    """A calculation; raises as ``read_page`` does."""
    item = _item(untrusted)
    if item.kind != "calculate" or item.calculation is None:
        raise shapes.Malformed(f"{item.name} is no calculation.")
    return item


def _asked_or_note(untrusted: Any) -> Item:
    item = _item(untrusted)
    if item.kind == "calculate" or item.calculation is not None:
        raise shapes.Malformed(f"{item.name} is a calculation, and stands on a page.")
    return item


def _item(untrusted: Any) -> Item:
    members = shapes.Members(untrusted, "item")
    item = Item(
        name=members.take("name", shapes.name),
        kind=members.take("kind", shapes.one_of(*sorted(KINDS))),
        labels=members.maybe("labels", texts, {}),
        hints=members.maybe("hints", texts, {}),
        constraint_messages=members.maybe("constraint_messages", texts, {}),
        required_messages=members.maybe("required_messages", texts, {}),
        relevant=members.maybe("relevant", from_json, None),
        constraint=members.maybe("constraint", from_json, None),
        choice_filter=members.maybe("choice_filter", from_json, None),
        calculation=members.maybe("calculation", from_json, None),
        required=members.maybe("required", shapes.flag, otherwise=False),
        randomize=members.maybe("randomize", shapes.flag, otherwise=False),
        core=members.maybe("core", shapes.flag, otherwise=False),
        options=members.maybe("options", shapes.each(_option), ()),
        default=members.maybe("default", _default, None),
        disclosure=members.maybe("disclosure", _disclosure, None),
        low=members.maybe("low", shapes.number, None),
        high=members.maybe("high", shapes.number, None),
        step=members.maybe("step", shapes.number, None),
        max_bytes=members.maybe("max_bytes", _bytes, None),
        unverified=members.maybe("unverified", _languages, frozenset()),
    )
    members.finish()
    _check(item)
    return item


def _check(item: Item) -> None:
    codes = [option.code for option in item.options]
    if len(set(codes)) != len(codes) or bool(codes) != (item.kind in CHOICE_KINDS):
        raise shapes.Malformed(f"{item.name}: options that stand twice, are missing, or belong to no choice.")
    if item.low is not None and item.high is not None and item.low > item.high:
        raise shapes.Malformed(f"{item.name}: low is above high.")
    if item.kind == "range" and not _in_steps(item):
        raise shapes.Malformed(f"{item.name}: a range needs low, high and a step, and up to {_MOST_STEPS} steps.")


def _in_steps(item: Item) -> bool:
    if item.low is None or item.high is None or item.step is None:
        return False
    return item.step >= _SMALLEST_STEP and (item.high - item.low) / item.step <= _MOST_STEPS


def _option(untrusted: Any) -> Option:
    members = shapes.Members(untrusted, "option")
    option = Option(
        code=members.take("code", shapes.code),
        labels=members.maybe("labels", texts, {}),
        exclusive=members.maybe("exclusive", shapes.flag, otherwise=False),
        attributes=members.maybe("attributes", shapes.mapping(shapes.name, shapes.text), {}),
    )
    members.finish()
    return option


def _disclosure(untrusted: Any) -> Disclosure:
    return cast("Disclosure", shapes.one_of("key", "sensitive", "open", "withhold")(untrusted))


def _languages(untrusted: Any) -> frozenset[str]:
    return frozenset(shapes.each(shapes.language)(untrusted))


def _bytes(untrusted: Any) -> int:
    size = shapes.number(untrusted)
    if not isinstance(size, int) or not 1 <= size <= TEXT_BYTES:
        raise shapes.Malformed(f"a number of bytes up to {TEXT_BYTES} is needed.")
    return size


def _default(untrusted: Any) -> Answer:
    if isinstance(untrusted, bool):
        return untrusted
    if isinstance(untrusted, list):
        return shapes.each(shapes.code)(untrusted)
    return shapes.text(untrusted) if isinstance(untrusted, str) else shapes.number(untrusted)
