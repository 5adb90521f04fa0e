"""Mouse and keys in Blender's first window: events as a person's, each in a turn of the event loop of its own.

Blender has to be started with ``--enable-event-simulate``. Places are pixels of the window from its lower left corner.
A button is found as a person finds it: the mouse goes down the sidebar until it is over the button that is meant.
Blender says what a button does (its *Copy Python Command*, *Copy Data Path*), so its place need not be known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator

import bpy

_TURN = 0.03  # seconds until an event has been handled
_DRAWN = 0.4  # seconds until the window shows what a click has done
_UNFOLDED = 1.5  # seconds until a subpanel has opened, on a busy machine
_STEP = 8  # pixels that the mouse moves while it looks for a button; a button is 18 high at least
_SCREENS, _NOTCHES, _TO_THE_TOP = 4, 8, 40  # how often, and by how many notches, a sidebar is scrolled to find a button
_BUTTON = 20  # pixels from one row of a sidebar to the next
_EDGE = 24  # pixels at the lower end of a sidebar, where a button may be cut
_ROOM = 130  # pixels under a button in which the headers that follow it are seen
_PADDING = 6  # pixels of a sidebar between its edge and a button
_TRIES = 3  # how often a button is looked for again that has moved on before it was pressed

Place = tuple[int, int]
Seconds = Iterator[float]
Trial = Generator[float, None, bool]  # seconds to wait, and at the end whether it is so


def window() -> bpy.types.Window:
    return bpy.context.window_manager.windows[0]


def area_of(kind: str) -> bpy.types.Area:
    """Return the largest area of a kind, such as ``"VIEW_3D"``."""
    return max((area for area in window().screen.areas if area.type == kind), key=lambda area: area.width * area.height)


def region_of(area: bpy.types.Area, kind: str) -> bpy.types.Region:
    return next(region for region in area.regions if region.type == kind)


class Hands:
    """What a person's hands do. Each method yields the seconds to wait until it goes on.

    ``clicks`` counts presses of a mouse button, a drag as one; ``keys`` those of keys, ``changes`` how often the hand
    goes from the one to the other.
    """

    def __init__(self) -> None:
        self.clicks = self.keys = self.changes = 0
        self._on_keys = False
        self._at: Place = (0, 0)

    @property
    def seconds(self) -> float:
        """Seconds that a person's hands need for what was done so far, without any waiting.

        The keystroke-level model of Card, Moran and Newell (The Psychology of Human-Computer Interaction, 1983): 1.1 s
        to point, 0.2 s for the mouse button, 0.28 s for a key, 0.4 s from one device to the other.
        """
        return (1.1 + 0.2) * self.clicks + 0.28 * self.keys + 0.4 * self.changes

    def move(self, place: Place) -> Seconds:
        self._at = place
        self._send("MOUSEMOVE", "NOTHING")
        yield _TURN

    def click(self, place: Place) -> Seconds:
        yield from self.move(place)
        yield from self._press("LEFTMOUSE")
        yield _DRAWN

    def hold(self, place: Place, seconds: float) -> Seconds:
        """Click with the mouse button held down for a while."""
        yield from self.move(place)
        self._count("LEFTMOUSE")
        self._send("LEFTMOUSE", "PRESS")
        yield seconds
        self._send("LEFTMOUSE", "RELEASE")
        yield _DRAWN

    def drag(self, start: Place, end: Place) -> Seconds:
        yield from self.move(start)
        self._count("LEFTMOUSE")
        self._send("LEFTMOUSE", "PRESS")
        yield _TURN
        for part in range(1, 6):
            yield from self.move(tuple(a + (b - a) * part // 5 for a, b in zip(start, end)))  # type: ignore[arg-type]
        self._send("LEFTMOUSE", "RELEASE")
        yield _DRAWN

    def key(self, key: str, place: Place | None = None, ctrl: bool = False, shift: bool = False) -> Seconds:
        """Press a key, with the mouse at ``place``."""
        if place is not None:
            yield from self.move(place)
        yield from self._press(key, ctrl=ctrl, shift=shift)
        yield _DRAWN

    def find(
        self, action: str, across: float = 0.5, screens: int = _SCREENS, edge: int = _EDGE
    ) -> Generator[float, None, Place]:
        """Move the mouse down the 3D view's sidebar until it is over a button whose command or data path holds
        ``action``; where there is none, scroll to the top and look at all of it.

        ``across``: where in the sidebar's width; ``edge``: how far the button is from the sidebar's lower end, in
        pixels, at least. Returns the place, or raises ``AssertionError``.
        """
        side, x = region_of(area_of("VIEW_3D"), "UI"), self.across(across)
        for screen in range(screens):
            if screen == 1:
                yield from self._scroll("WHEELUPMOUSE", _TO_THE_TOP)
            elif screen > 1:
                yield from self._scroll("WHEELDOWNMOUSE", _NOTCHES)
            for y in range(side.y + side.height - _PADDING, side.y + edge, -_STEP):
                yield from self.move((x, y))
                if action in under_the_mouse():
                    for place in ((x, y - _PADDING), (x, y), (x, y + _STEP)):  # rather not at its edge
                        if (yield from self._rests_on(action, place)):
                            return place
        raise AssertionError(f"No button at {across} of the width does {action}")

    def across(self, part: float) -> int:
        """Return how far right of the window's edge a part of the 3D view's sidebar is."""
        side = region_of(area_of("VIEW_3D"), "UI")
        return side.x + int(part * side.width)

    def find_at(self, action: str, place: Place, seconds: float = 30.0) -> Generator[float, None, Place]:
        """Return a place known from before once the button there is the one that does ``action``, however often the
        sidebar is drawn meanwhile; raises ``AssertionError``.
        """
        end = time.monotonic() + seconds
        while not (yield from self._rests_on(action, place)):
            assert time.monotonic() < end, f"The button at {place} does not {action}"
        return place

    def press(self, action: str, across: float = 0.5) -> Seconds:
        """Find a button of the 3D view's sidebar and click it, once it stays where it is."""
        for _ in range(_TRIES):
            place = yield from self.find(action, across)
            if (yield from self._rests_on(action, place)):
                yield from self.click(place)
                return
        raise AssertionError(f"The button that does {action} does not stay in its place")

    def _rests_on(self, action: str, place: Place) -> Trial:
        """Move to a place and return whether the button is there once the window is drawn: what Blender says of the
        mouse is one move behind at times, and nothing after a redraw until the mouse moves.
        """
        yield from self.move(place)
        yield _DRAWN
        for nearby in ((place[0] + 1, place[1]), place, (place[0] + 1, place[1]), place):
            yield from self.move(nearby)
            if action in under_the_mouse():
                return True
        return False

    def unfold(self, above: str, wanted: str, across: float = 0.5) -> Seconds:
        """Click further and further below the button ``above``, between buttons, until a header is met and ``wanted``
        is shown.
        """
        place = yield from self.find(above, across, edge=_ROOM)
        below = [(place[0] - 60, place[1] - lower) for lower in range(_BUTTON, _ROOM, _BUTTON // 2)]
        yield from self.try_out(below, lambda: self._is_shown(wanted), lambda: not under_the_mouse())

    def try_out(
        self, places: list[Place], done: Callable[[], Trial], may_be: Callable[[], bool] = lambda: True
    ) -> Seconds:
        """Click at one place after another where ``may_be()`` is so, until ``done()`` is, and count a single click: a
        person sees where to press, and this does not.
        """
        before = self.clicks, self.keys, self.changes, self._on_keys
        for place in places:
            yield from self.move(place)
            if not may_be():
                continue
            self.clicks, self.keys, self.changes, self._on_keys = before
            yield from self.click(place)
            yield _UNFOLDED
            if (yield from done()):
                return
        raise AssertionError(f"None of {len(places)} places did what was meant")

    def _is_shown(self, wanted: str) -> Trial:
        try:
            yield from self.find(wanted, screens=1)
        except AssertionError:
            return False
        return True

    def centre(self, area: bpy.types.Area, region: str = "WINDOW") -> Place:
        found = region_of(area, region)
        return found.x + found.width // 2, found.y + found.height // 2

    def _scroll(self, wheel: str, notches: int) -> Seconds:
        for _ in range(notches):
            self._send(wheel, "PRESS")
            yield _TURN
        yield _DRAWN

    def _press(self, kind: str, **modifiers: bool) -> Seconds:
        self._count(kind)
        self._send(kind, "PRESS", **modifiers)
        yield _TURN
        self._send(kind, "RELEASE", **modifiers)
        yield _TURN

    def _count(self, kind: str) -> None:
        on_keys = kind != "LEFTMOUSE"
        self.clicks, self.keys = self.clicks + (not on_keys), self.keys + on_keys
        self.changes += on_keys != self._on_keys
        self._on_keys = on_keys

    def _send(self, kind: str, value: str, **modifiers: bool) -> None:
        x, y = self._at
        window().event_simulate(type=kind, value=value, x=x, y=y, **modifiers)


def under_the_mouse() -> str:
    """Return the command or the data path of the button of the 3D view's sidebar that the mouse is over, or nothing."""
    area = area_of("VIEW_3D")
    region = region_of(area, "UI")
    with bpy.context.temp_override(window=window(), area=area, region=region):
        manager = bpy.context.window_manager
        if bpy.ops.ui.copy_python_command_button.poll():
            manager.clipboard = ""
            bpy.ops.ui.copy_python_command_button()
            if manager.clipboard:
                return str(manager.clipboard)
        if bpy.ops.ui.copy_data_path_button.poll():
            bpy.ops.ui.copy_data_path_button(full_path=True)
            return str(manager.clipboard)
    return ""


def until(done: Callable[[], bool], seconds: float) -> Seconds:
    """Wait until ``done()`` says so; raises ``AssertionError`` when it takes longer."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"It took longer than {seconds} s"
        yield 0.1


def found_soon(act: Callable[[], Seconds], tries: int = 3) -> Seconds:
    """Try again where a button is not there yet."""
    for left in reversed(range(tries)):
        try:
            yield from act()
        except AssertionError:
            if not left:
                raise
            yield 1.0
        else:
            return
