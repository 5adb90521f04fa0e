"""All that a translator can translate, as a gettext template: ``python -m interact_addon.strings PATH.pot``.

For developers. Labels, tooltips and choices are read from the registered classes, as Blender looks them up; templates
of messages and words drawn in panels from the source. So are sentences that errors and warnings are made of, those of
the runtime too, with a field for each value in them: ``messages.recognised`` finds their template again.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from .compat import end_process
from .packaging import FOR_DEVELOPERS, REPOSITORY
from .registration import CLASSES
from .scene.shot import CASTING, MIXING, READING

_HERE = Path(__file__).parent
_ANYWHERE, _OF_OPERATORS = "*", "Operator"  # Blender's contexts of translation
_ON_BUTTONS = {"operator", "menu", "operator_menu_enum"}  # calls of a layout whose ``text`` has a context of its own
_OF_PROBLEM = (0, 1, 4, 5)  # arguments of a ``Problem`` that are shown, and the names of these and others
# Calls that show one of their arguments, by its place.
_SHOWN = {"report": 1, "say": 1, "poll_message_set": 0, "lines": 2, "translated": 0, "Work": 0}
_NAMED = {"code", "sentence", "fix", "done", "short"}
_FEWEST_SPACES = 2  # of a sentence
_FOR_COMMANDS = {"add_argument", "add_parser", "print"}  # what the command line says is English
Strings = dict[tuple[str, str], list[str]]  # (context, English) -> where it stands


def strings() -> Strings:
    """Return all that can be translated; the add-on is registered."""
    found: Strings = {}
    own, runtime = sorted(_HERE.rglob("*.py")), REPOSITORY / "model_runtime"
    theirs = [
        path for path in sorted(runtime.rglob("*.py")) if path.relative_to(runtime).parts[0] not in FOR_DEVELOPERS
    ]
    rows = [*_of_classes(), *(row for path in own for row in _of_source(path))]
    rows += [row for path in [*own, *theirs] for row in _sentences_of(path)]
    rows += [(_ANYWHERE, stage, "a stage of generating") for stage in (CASTING, READING, MIXING, *_stages(runtime))]
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


def _sentences_of(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield context, template and place of whole sentences in a source, but for those in docstrings and messages."""
    tree = ast.parse(path.read_text("utf-8"))
    passed = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for inner in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) or (isinstance(node, ast.Call) and _name_of(node) == "Message"):
            passed |= {id(inner) for inner in ast.walk(node) if isinstance(inner, ast.Constant)}
        if isinstance(node, ast.Call) and _name_of(node) in _FOR_COMMANDS:
            passed |= {id(inner) for inner in ast.walk(node)}
    place = path.relative_to(REPOSITORY).as_posix()
    for node in ast.walk(tree):
        text = "" if id(node) in passed else _sentence(node)
        if text:
            yield _ANYWHERE, text, f"{place}:{node.lineno}"  # type: ignore[attr-defined]


def _stages(runtime: Path) -> Iterator[str]:
    """Yield the stages of the method, each with where it ends on the progress bar, from its source."""
    for node in ast.walk(ast.parse((runtime / "generate.py").read_text("utf-8"))):
        if isinstance(node, ast.Dict) and node.keys and all(isinstance(end, ast.Constant) for end in node.values):
            ends = [end.value for end in node.values if isinstance(end, ast.Constant)]
            yield from (text for key in node.keys if key and isinstance(ends[-1], float) for text in _texts(key))


def _sentence(node: ast.AST) -> str:
    """Return a string as a template, with a field for each value in it; "" for what is no whole sentence."""
    names: list[str] = []
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value.replace("{", "{{").replace("}", "}}")
        if text != node.value:  # a template of its own, or no sentence
            return ""
    elif isinstance(node, ast.JoinedStr):
        text = "".join(_piece(part, names) for part in node.values)
    else:
        return ""
    starts = text[:1].isupper() or text[:1] in "'{"
    return text if starts and text.endswith(".") and text.count(" ") >= _FEWEST_SPACES and "\n" not in text else ""


def _piece(part: ast.expr, names: list[str]) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value).replace("{", "{{").replace("}", "}}")
    value = part.value if isinstance(part, ast.FormattedValue) else part
    name = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "value")
    names.append(name := name.strip("_") or "value")
    return f"{{{name}{names.count(name) if names.count(name) > 1 else ''}}}"


def _name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else str(getattr(call.func, "id", ""))


def _of_call(call: ast.Call) -> Iterator[tuple[str, str]]:
    """Yield context and English of the words in a call that shows some."""
    name = _name_of(call)
    if name == "Message":
        yield from ((_ANYWHERE, text) for text in _texts(*call.args[:1]))
    elif name == "counted":
        for thing in _texts(*call.args[1:2]):
            yield from ((_ANYWHERE, f"{{count}} {thing}{ending}") for ending in ("", "s"))
    elif name == "Problem":
        shown = [call.args[i] for i in _OF_PROBLEM if i < len(call.args)]
        named = [keyword.value for keyword in call.keywords if keyword.arg in _NAMED]
        yield from ((_ANYWHERE, text) for text in _texts(*shown, *named))
    elif name in _SHOWN:
        yield from ((_ANYWHERE, text) for text in _texts(*call.args[_SHOWN[name] : _SHOWN[name] + 1]))
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
