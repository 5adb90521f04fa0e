"""What a reader is heard to say in recordings that come without a transcript.

The text is William Morris and Emery Walker, "Printing", 1893, in the public domain.
"""

from __future__ import annotations

HEARD = {
    "LJ001-0011": "it is of the first importance that the letter used should be fine in form;",
    "LJ001-0014": "And it was a matter of course that in the Middle Ages, when the craftsmen took care that beautiful form should always be a part of their productions whatever they were,",
    "LJ001-0015": "the forms of printed letters should be beautiful, and that their arrangement on the page should be reasonable and a help to the shapeliness of the letters themselves.",
    "LJ001-0016": "The Middle Ages brought calligraphy to perfection, and it was natural therefore",
    "LJ001-0017": "that the forms of printed letters should follow more or less closely those of the written character, and they followed them very closely.",
    "LJ001-0018": "The first books were printed in black letter, i e the letter which was a Gothic development of the ancient Roman character,",
    "LJ001-0019": 'and which developed more completely and satisfactorily on the side of the "lower-case" than the capital letters;',
    "LJ001-0020": 'the "lower-case" being in fact invented in the early Middle Ages.',
    "LJ001-0021": "The earliest book printed with movable type, the aforesaid Gutenberg Bible, is printed in letters which are an exact imitation",
    "LJ001-0022": 'of the more formal ecclesiastical writing which obtained at that time; this has since been called "missal type,"',
    "LJ001-0023": "and was in fact the kind of letter used in the many splendid missals, psalters, et cetera, produced by printing in the fifteenth century.",
    "LJ001-0024": "But the first Bible actually dated, which also was printed at Maintz by Peter Schoeffer in the year fourteen sixty-two,",
    "LJ001-0025": "imitates a much freer hand, simpler, rounder, and less spiky, and therefore far pleasanter and easier to read.",
    "LJ001-0026": "On the whole the type of this book may be considered the ne-plus-ultra of Gothic type,",
    "LJ001-0027": "especially as regards the lower-case letters; and type very similar was used during the next fifteen or twenty years not only by Schoeffer,",
    "LJ001-0029": "But though on the whole, except in Italy, Gothic letter was most often used",
    "LJ001-0031": "In fourteen sixty-five Sweynheym and Pannartz began printing in the monastery of Subiaco near Rome,",
    "LJ001-0032": "and used an exceedingly beautiful type, which is indeed to look at a transition between Gothic and Roman,",
}
