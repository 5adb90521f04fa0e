"""Sentences that a translator can translate: templates with named fields, and translations from files.

Blender translates labels and tooltips by itself. A sentence with names and numbers in it is known to no dictionary, so
it travels as a ``Message`` and is translated where it is shown. Translations lie in ``translations/`` beside this file,
one ``.po`` for a language (``de_DE.po``); ``python3 build.py strings`` writes the list of all that there is to
translate. To the rest of the code a message is its English sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

import bpy

TRANSLATIONS = Path(__file__).parent / "translations"
_DEFAULT_CONTEXT = "*"  # Blender's, of all but a few words
_NAMES_IN_A_SENTENCE = 3
_FIELD = re.compile(r"\{.*?\}")
_templates: list[str] = []  # with fields, of the catalogues that are there
_LINE = re.compile(r'\s*(?:(msgctxt|msgid|msgstr)\s+)?(".*")\s*$')
Dictionary = dict[tuple[str, str], str]  # (context, English) -> translation


class Message(str):
    """An English sentence that remembers its ``template`` and ``fields``, which may be messages too."""

    template: str
    fields: dict[str, object]

    def __new__(cls, template: str, **fields: object) -> Message:
        """Fill in a template with named fields: ``Message("'{actor}' is gone", actor="Mia")``."""
        message = super().__new__(cls, template.format(**fields))
        message.template, message.fields = template, fields
        return message

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)  # a copy is the sentence alone


def counted(number: int, thing: str) -> Message:
    """Return "1 shape" or "52 shapes"."""
    return Message(f"{{count}} {thing}{'' if number == 1 else 's'}", count=number)


def quoted(names: Iterable[str]) -> str:
    """Return "'Mia'" or "'Mia' and 'Tom'", of one or two names."""
    return both([f"'{name}'" for name in names])


def both(names: Sequence[str]) -> str:
    """Return "Mia" or "Mia and Tom", of one or two names."""
    return Message("{first} and {second}", first=names[0], second=names[1]) if len(names) > 1 else names[0]


def joined(words: Sequence[str]) -> str:
    """Return "a, b, c", of one word or more."""
    *before, last = words
    return Message("{before}, {last}", before=joined(before), last=last) if before else last


def listed(words: Sequence[str]) -> str:
    """Return "a, b and c", of one word or more."""
    *before, last = words
    return Message("{first} and {second}", first=joined(before), second=last) if before else last


def some(names: Sequence[str]) -> str:
    """Return the first names of a list, for a sentence: "a, b, c and 4 more"."""
    rest = len(names) - _NAMES_IN_A_SENTENCE
    if rest > 0:
        return Message("{names} and {rest} more", names=", ".join(names[:_NAMES_IN_A_SENTENCE]), rest=rest)
    return ", ".join(names)


def in_words(error: Exception) -> str:
    """Return what an error says, as a message if it was raised with one."""
    return error.args[0] if error.args and isinstance(error.args[0], Message) else str(error)


def translated(sentence: str, translate: Callable[[str], str] | None = None) -> str:
    """Return a sentence in the language of Blender's interface; in English where nobody has translated it.

    ``translate``: one of Blender's functions, by default that for reports.
    """
    translate = translate or bpy.app.translations.pgettext_rpt
    if not isinstance(sentence, Message):
        known = str(translate(sentence))
        message = recognised(sentence, _templates) if known == sentence else None
        return known if message is None else translated(message, translate)
    fields = {
        name: translated(value, translate) if isinstance(value, Message) else value
        for name, value in sentence.fields.items()
    }
    try:
        return str(translate(sentence.template)).format(**fields)
    except (LookupError, ValueError, AttributeError):  # a translator wrote a field that does not exist
        return str(sentence)


def recognised(sentence: str, templates: Sequence[str]) -> Message | None:
    """Return a sentence as the message of the template with most letters of its own that gives it; None for none.

    So is translated what comes from the runtime's process, or was raised as text: whoever says it knows no templates.
    """
    fitting = [one for one in templates if _pattern(one) is not None and _pattern(one).fullmatch(sentence)]  # type: ignore[union-attr]
    if not fitting:
        return None
    best = max(fitting, key=lambda one: len(_FIELD.sub("", one)))
    found = _pattern(best).fullmatch(sentence)  # type: ignore[union-attr]
    return Message(best, **found.groupdict()) if found is not None else None


@lru_cache(maxsize=4096)
def _pattern(template: str) -> re.Pattern[str] | None:
    """Return what matches all sentences of a template; None for one without fields, or whose fields have no names."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return None
    names = [name for _, name, _, _ in parts if name is not None]
    if not names or not all(map(str.isidentifier, names)) or not any(text.strip() for text, *_ in parts):
        return None
    known: set[str] = set()
    pattern = ""
    for text, name, _, _ in parts:
        pattern += re.escape(text)
        if name is not None:
            pattern += f"(?P={name})" if name in known else f"(?P<{name}>.+?)"
            known.add(name)
    return re.compile(pattern, re.DOTALL)


def read_translations(folder: Path) -> dict[str, Dictionary]:
    """Return the dictionary of each language for which a ``.po`` file lies in ``folder``."""
    return {path.stem: read_po(path.read_text("utf-8", errors="replace")) for path in sorted(folder.glob("*.po"))}


def read_po(text: str) -> Dictionary:
    """Return the entries of a gettext catalogue that are translated; fuzzy and outdated ones are left out."""
    found: Dictionary = {}
    for entry in _entries(text):
        if entry.get("msgid") and entry.get("msgstr"):
            found[entry.get("msgctxt", _DEFAULT_CONTEXT), entry["msgid"]] = entry["msgstr"]
    return found


def _entries(text: str) -> Iterator[dict[str, str]]:
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        if not re.search(r"^#,.*fuzzy", block, re.MULTILINE):
            yield _entry(block.splitlines())


def _entry(lines: Sequence[str]) -> dict[str, str]:
    """Return an entry's strings by keyword, none if it cannot be read."""
    entry: dict[str, str] = {}
    keyword = ""
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue
        keyword = found[1] or keyword
        try:
            entry[keyword] = entry.get(keyword, "") + str(json.loads(found[2]))
        except ValueError:
            return {}
    return entry


def register() -> None:
    """Give Blender the translations of the add-on, if there are any."""
    if dictionaries := read_translations(TRANSLATIONS):
        bpy.app.translations.register(__package__, dictionaries)
        _templates.extend({text for found in dictionaries.values() for _, text in found if "{" in text})


def unregister() -> None:
    """Take them back."""
    bpy.app.translations.unregister(__package__)
    _templates.clear()
