"""Every distance between two people, in metres of a body of mean height unless it says otherwise (after Hall 1966).

Standing and passing distances are between the middles of two bodies on the floor.
"""

from __future__ import annotations

TALKING = 1.2  # where a walk to the partner ends
SIDE_BY_SIDE = 0.6  # a walk ends no nearer to the partner
INTERSECTING = 0.35  # nearer than this two bodies cut into each other
CLOSEST = 0.3  # a partner nearer than this has no direction to face
NEARBY = 5.0  # who sits down with no heading given faces a partner nearer than this
ELBOW_ROOM = 0.8  # between a planned path and the partner
NARROWEST_PASS = 0.6  # between two who pass, whatever became of the paths planned for them
SHOULDERS = 0.72  # between two who pass so that shoulders and hanging arms stay clear
SHOULDERS_TOUCH = 0.66  # a walk that comes nearer than this to the partner is not taken
ABREAST = (0.8, 1.0)  # between two who walk side by side
STANDING_ROOM = 0.8  # no walk ends nearer to where the partner is or will be
KNEES = 0.45  # more than the usual distance to a seated partner
GETTING_UP = 0.38  # more than when passing a standing partner, as a seated one may get up
SEAT_ROOM = 1.1  # nobody sits down or stands up while the partner walks by nearer than this
NEIGHBOURS = 1.15  # seats nearer than this are side by side, where they do not face each other
