"""All that a translator can translate, as a gettext template: ``python -m interact_addon.strings PATH.pot``.

For developers. Labels, tooltips and choices are read from the registered classes, as Blender looks them up; templates
of messages and words drawn in panels from the source.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from .compat import end_process
from .registration import CLASSES

_HERE = Path(__file__).parent
_ANYWHERE, _OF_OPERATORS = "*", "Operator"  # Blender's contexts of translation
_ON_BUTTONS = {"operator", "menu", "operator_menu_enum"}  # calls of a layout whose ``text`` has a context of its own
_OF_PROBLEM = (0, 1, 4, 5)  # arguments of a ``Problem`` that are shown, and the names of these and others
_NAMED = {"code", "sentence", "fix", "done", "short"}
Strings = dict[tuple[str, str], list[str]]  # (context, English) -> where it stands


def strings() -> Strings:
    """Return all that can be translated; the add-on is registered."""
    found: Strings = {}
    rows = [*_of_classes(), *(row for path in sorted(_HERE.rglob("*.py")) for row in _of_source(path))]
    for context, text, place in rows:
        if any(letter.isalpha() for letter in text.replace("{count}", "")):
            found.setdefault((context, text), []).append(place)
    return found


def template(found: Strings) -> str:
    """Return a gettext template."""
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    return "\n".join([head, *(_entry(context, text, places) for (context, text), places in found.items())])


def _entry(context: str, text: str, places: list[str]) -> str:
    lines = [f"#: {place}" for place in dict.fromkeys(places)]
    if context != _ANYWHERE:
        lines.append(f"msgctxt {_quoted(context)}")
    return "\n".join([*lines, f"msgid {_quoted(text)}", 'msgstr ""', ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _of_classes() -> Iterator[tuple[str, str, str]]:
    """Yield context, English and place of what Blender translates by itself."""
    for cls in CLASSES:
        is_operator = issubclass(cls, bpy.types.Operator)
        label = getattr(cls, "bl_label", "")
        yield _OF_OPERATORS if is_operator else _ANYWHERE, label, cls.__name__
        if is_operator:
            yield _ANYWHERE, getattr(cls, "bl_description", "") or (cls.__doc__ or "").strip(), cls.__name__
        if not hasattr(cls, "bl_rna"):
            continue
        for name, prop in cls.bl_rna.properties.items():
            if name in getattr(cls, "__annotations__", {}):
                yield from _of_property(prop, f"{cls.__name__}.{name}")


def _of_property(prop: Any, place: str) -> Iterator[tuple[str, str, str]]:
    yield prop.translation_context, prop.name, place
    yield _ANYWHERE, prop.description, place
    if prop.type == "ENUM":
        for item in prop.enum_items:
            yield prop.translation_context, item.name, place
            yield _ANYWHERE, item.description, place


def _of_source(path: Path) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            place = f"{path.relative_to(_HERE.parent).as_posix()}:{node.lineno}"
            yield from ((context, text, place) for context, text in _of_call(node))


def _of_call(call: ast.Call) -> Iterator[tuple[str, str]]:
    """Yield context and English of the words in a call that shows some."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "Message":
        yield from ((_ANYWHERE, text) for text in _texts(*call.args[:1]))
    elif name == "counted":
        for thing in _texts(*call.args[1:2]):
            yield from ((_ANYWHERE, f"{{count}} {thing}{ending}") for ending in ("", "s"))
    elif name == "Problem":
        shown = [call.args[i] for i in _OF_PROBLEM if i < len(call.args)]
        named = [keyword.value for keyword in call.keywords if keyword.arg in _NAMED]
        yield from ((_ANYWHERE, text) for text in _texts(*shown, *named))
    elif name in ("report", "poll_message_set", "lines"):
        yield from ((_ANYWHERE, text) for text in _texts(*call.args[-1:]))
    for keyword in call.keywords:
        if keyword.arg == "text":
            context = _OF_OPERATORS if name in _ON_BUTTONS else _ANYWHERE
            yield from ((context, text) for text in _texts(keyword.value))


def _texts(*nodes: ast.expr) -> Iterator[str]:
    """Yield the strings that expressions may have as their value."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from _texts(node.body, node.orelse)


if __name__ == "__main__":
    from . import register, unregister

    register()
    listed = strings()
    Path(sys.argv[1]).write_text(template(listed), "utf-8", newline="\n")
    print(f"{len(listed)} strings in {sys.argv[1]}")
    unregister()
    end_process(0)
