"""Sentences with names in them in a translator's language, and the list of all that there is to translate."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

from interact_addon import messages
from interact_addon.messages import (
    Message,
    counted,
    in_words,
    quoted,
    read_po,
    read_translations,
    recognised,
    translated,
)
from interact_addon.runtime_api import errors
from interact_addon.strings import Strings, strings, template
from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import Actor, Request, check_request

GERMAN = r"""
# What a translator writes.
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\n"

#: interact_addon/panels/cast.py:1
msgctxt "Operator"
msgid "Generate"
msgstr "Erzeugen"

msgid "{count} bones"
msgstr "{count} Knochen"

msgid ""
"'{actor}' would not show "
"{count}; mute \"them\"."
msgstr ""
"{count} von '{actor}' blieben "
"unbewegt."

#, fuzzy
msgid "Cast"
msgstr "Gips"

msgid "Takes"
msgstr ""

msgid "Broken \q"
msgstr "kaputt"
"""


def german(english: str) -> str:
    return read_po(GERMAN).get(("*", english), english)


def test_a_message_is_its_english_sentence_to_all_who_know_nothing_of_it() -> None:
    message = Message("'{actor}' would vanish: {count}.", actor="Mia {x}", count=counted(1, "bone"))
    assert message == "'Mia {x}' would vanish: 1 bone." and isinstance(message, str)
    assert copy.deepcopy(message) == message and type(copy.copy(message)) is str
    assert in_words(errors.InvalidRequest(message)) is message
    assert in_words(OSError(2, "no such file")) == "[Errno 2] no such file"


def test_a_message_is_translated_with_the_messages_in_it_and_in_another_order_of_words() -> None:
    message = Message("'{actor}' would not show {count}; mute \"them\".", actor="Mia", count=counted(3, "bone"))
    assert translated(message, german) == "3 Knochen von 'Mia' blieben unbewegt."
    assert translated(Message("{count} left", count=counted(3, "bone")), german) == "3 Knochen left"
    assert translated("All of it", german) == "All of it"
    assert quoted(["Mia"]) == "'Mia'" and quoted(["Mia", "Tom"]) == "'Mia' and 'Tom'"


@pytest.mark.parametrize("wrong", ["{nobody} fehlt", "{} fehlt", "{actor fehlt", "{actor.armature} fehlt"])
def test_a_translation_with_a_field_that_does_not_exist_leaves_the_sentence_english(wrong: str) -> None:
    assert translated(Message("'{actor}' is gone", actor="Mia"), lambda _: wrong) == "'Mia' is gone"


def test_a_catalogue_gives_what_is_translated_and_leaves_out_what_is_fuzzy_or_empty(tmp_path: Path) -> None:
    (tmp_path / "de_DE.po").write_text(GERMAN, "utf-8")
    (found,) = read_translations(tmp_path).values()
    assert found["Operator", "Generate"] == "Erzeugen" and found["*", "{count} bones"] == "{count} Knochen"
    assert len(found) == 3 and read_translations(tmp_path / "none") == {}


@pytest.fixture(scope="module")
def listed(addon: None) -> Strings:
    return strings()


def test_the_list_for_translators_has_labels_tooltips_choices_messages_and_words_in_panels(listed: Strings) -> None:
    assert ("Operator", bpy.types.INTERACT_OT_generate.bl_label) in listed
    assert ("*", bpy.types.INTERACT_OT_generate.__doc__) in listed
    assert ("*", bpy.types.INTERACT_PT_cast.bl_label) in listed
    assert ("*", "Reset Time Stretching of the scene '{scene}'.") in listed
    assert ("*", "{count} bones") in listed and ("*", "{count} bone") in listed
    assert ("*", "Cast two characters first") in listed and ("*", "Leave Edit Mode") in listed


def test_what_is_listed_is_read_again_as_a_catalogue(listed: Strings) -> None:
    filled = template(listed).replace('msgstr ""\n', 'msgstr "x"\n')
    assert set(read_po(filled)) == set(listed)


def test_a_sentence_of_the_runtime_is_known_again_by_its_template_and_translated(
    listed: Strings, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [text for _, text in listed]
    with pytest.raises(errors.InvalidRequest) as raised:
        check_request(Request(3.0, (Actor("Mia", AVERAGE_SKELETON),), quality="best"))
    message = recognised(str(raised.value), texts)
    assert message is not None and message == str(raised.value) and message.fields["quality"] == "best"
    monkeypatch.setattr(messages, "_templates", texts)
    german = {message.template: "{quality} gibt es nicht."}
    shown = translated(str(raised.value), lambda english: german.get(english, english))
    assert shown == "best gibt es nicht."
    assert translated("Nobody wrote this.", lambda english: english) == "Nobody wrote this."


def test_the_template_with_most_letters_of_its_own_is_the_one() -> None:
    templates = ["{a} is {b}.", "{name} is no part of {whole}.", "{name} of {name}."]
    found = recognised("'arm' is no part of the body.", templates)
    assert found is not None and found.template == templates[1]
    assert found.fields == {"name": "'arm'", "whole": "the body"}
    assert recognised("one of two.", templates) is None and recognised("nothing", templates) is None
    assert recognised("two of two.", templates) is not None


REPORTS = {"INFO", "WARNING", "ERROR"}
COMMANDS = {"batch.py", "messages.py"}  # what a command line says is English; what makes messages puts them together


def told_untranslated(tree: ast.AST) -> Iterator[int]:
    """Yield the lines on which a user is told something that no translator can translate.

    What is reported has to be ``translated``; and a sentence that is put together from pieces, an f-string, is in no
    catalogue, unless it is a whole one that ends with a full stop: those are known again by their templates.
    """
    for node in ast.walk(tree):
        shown: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "report":
            if len(node.args) == 2 and not (
                isinstance(node.args[1], ast.Call) and name_of(node.args[1]) == "translated"
            ):
                yield node.lineno
            shown = node.args[1:]
        elif isinstance(node, ast.Call) and name_of(node) in ("say", "translated", "Message", "Progress"):
            shown = node.args[:2]
        elif isinstance(node, ast.Call) and name_of(node) == "poll_message_set":
            shown = node.args
        elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
            kind, said = node.elts
            shown = [said] if isinstance(kind, ast.Constant) and kind.value in REPORTS else []
        for text in (inner for expression in shown for inner in ast.walk(expression)):
            if isinstance(text, ast.JoinedStr) and not is_a_whole_sentence(text):
                yield text.lineno


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def is_a_whole_sentence(text: ast.JoinedStr) -> bool:
    last = text.values[-1] if text.values else None
    return isinstance(last, ast.Constant) and str(last.value).endswith(".")


def test_all_that_a_user_is_told_can_be_translated() -> None:
    addon = Path(messages.__file__).parent
    files = [path for path in addon.rglob("*.py") if path.name not in COMMANDS and "model_runtime" not in path.parts]
    found = [
        f"{path.relative_to(addon).as_posix()}:{line}"
        for path in sorted(files)
        for line in told_untranslated(ast.parse(path.read_text("utf-8")))
    ]
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        'self.report({"INFO"}, "Done")',
        'self.report({"INFO"}, translated(f"{count} keys are left"))',
        'say(self, f"{count} keys are left")',
        'tell([("ERROR", f"{name} is gone")])',
        'Message(f"{name} is gone")',
        'cls.poll_message_set(f"{name} is gone")',
    ],
)
def test_what_could_not_be_translated_is_found(source: str) -> None:
    assert list(told_untranslated(ast.parse(source)))


def put_together(tree: ast.AST, in_panels: bool) -> Iterator[int]:
    """Yield the lines on which words and values are put together to be drawn, which no translator can translate.

    In panels that is any f-string with letters of its own; elsewhere the ``text`` of what is drawn. Names of panels are
    no words.
    """
    formats = [node.format_spec for node in ast.walk(tree) if isinstance(node, ast.FormattedValue)]
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) and node not in formats]
    if not in_panels:
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
        drawn = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "text"]
        texts = [text for value in drawn for text in ast.walk(value) if text in texts]  # type: ignore[misc]
    for text in texts:
        own = "".join(str(part.value) for part in text.values if isinstance(part, ast.Constant))
        if any(letter.isalpha() for letter in own) and "INTERACT_" not in own:
            yield text.lineno


def test_all_that_is_drawn_can_be_translated() -> None:
    addon = Path(messages.__file__).parent
    files = [path for path in addon.rglob("*.py") if "model_runtime" not in path.parts]
    found = [
        f"{path.relative_to(addon).as_posix()}:{line}"
        for path in sorted(files)
        for line in put_together(ast.parse(path.read_text("utf-8")), "panels" in path.parts)
    ]
    assert not found


@pytest.mark.parametrize(
    ("source", "in_panels"),
    [
        ('told = f"frames {first} to {last}"', True),
        ('layout.label(text=f"{count} left" if count else "none")', False),
        ('lines(layout, context, f"Shown: {take}")', True),
    ],
)
def test_what_is_put_together_to_be_drawn_is_found(source: str, in_panels: bool) -> None:
    assert list(put_together(ast.parse(source), in_panels))


def test_what_panels_draw_is_in_the_list(listed: Strings) -> None:
    for text in ("Made again: {stretch}", "Changed since Take {number}: {what}", "feet slide {speed} cm/s", "actions"):
        assert ("*", text) in listed


def test_reports_of_operators_are_in_the_list(listed: Strings) -> None:
    assert ("*", "Cast {first} and {second}") in listed and ("*", "Keying IK controls") in listed
    assert (
        "*",
        "{after} keys are left of {before}; off by at most {degrees} degrees, {millimetres} mm, {percent} %",
    ) in listed
    assert ("*", "Take {number} of {takes}: {stage}") in listed and ("*", "This is no problem any more") in listed


def test_errors_warnings_and_stages_of_the_runtime_are_in_the_list(listed: Strings) -> None:
    assert ("*", "'{name}' has no voice in this shot and only listens.") in listed
    assert ("*", "Feet") in listed and ("*", "Reading the scene") in listed
    assert sum("model_runtime" in place for places in listed.values() for place in places) > 100
