"""Transcript files of every kind, well and badly written, on the clock of their sound."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from interact_addon.scene.textgrid import read_tiers
from interact_addon.scene.transcript_files import LARGEST, read_transcript_file, transcript_beside
from interact_addon.scene.transcript_times import audible_part, cut, outside
from model_runtime.contract import Caption, TimedWord
from model_runtime.errors import InvalidRequest

LONG_GRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2.3
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0
        xmax = 2.3
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = "HH"
        intervals [2]:
            xmin = 0.5
            xmax = 2.3
            text = "sil"
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 2.3
        points: size = 1
        points [1]:
            number = 1.2
            mark = "click"
    item [3]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 2.3
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = "don't"
        intervals [2]:
            xmin = 0.5
            xmax = 0.8
            text = ""
        intervals [3]:
            xmin = 0.8
            xmax = 1.9
            text = "say ""7"" now"
        intervals [4]:
            xmin = 1.9
            xmax = 2.3
            text = "sp"
"""


def short_grid(*tiers: tuple[str, list[tuple[float, float, str]]], begin: float = 0.0, end: float = 5.0) -> str:
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        str(begin),
        str(end),
        "<exists>",
        str(len(tiers)),
    ]
    for name, intervals in tiers:
        lines += ['"IntervalTier"', f'"{name}"', str(begin), str(end), str(len(intervals))]
        for left, right, mark in intervals:
            lines += [str(left), str(right), f'"{mark}"']
    return "\n".join(lines) + "\n"


def written(tmp_path: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def refused(path: Path) -> str:
    """Assert that a file is refused and return the sentence, which names the file and gives the next step."""
    with pytest.raises(InvalidRequest) as failure:
        read_transcript_file(path)
    sentence = str(failure.value)
    assert (
        sentence.startswith(f"The transcript '{path.name}' ")
        and sentence.endswith(".")
        and "\n" not in sentence
        and ";" in sentence
    )
    return sentence


# Plain text


def test_a_plain_text_is_one_caption_without_times(tmp_path: Path) -> None:
    (caption,) = read_transcript_file(written(tmp_path, "a.txt", "Okay,\n  from the top.\n")).captions
    assert caption == Caption("Okay, from the top.", 0.0, math.inf)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    (caption,) = read_transcript_file(written(tmp_path, "a.txt", "Café — don’t!", encoding)).captions
    assert caption.text == "Café — don’t!"


def test_latin_1_is_the_last_encoding_that_is_tried(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"caf\xe9 \x81")  # 0x81 is undefined in Windows-1252
    assert read_transcript_file(path).captions[0].text.startswith("café")


# Subtitles


def test_subtitles_are_captions_with_their_times(tmp_path: Path) -> None:
    text = (
        "1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\nthere.\r\n\r\n"
        "2\r\n01:01:03.5 --> 01:01:04,25 X1:40 Y1:20\r\n<i>Bye</i> &amp; out\r\n"
    )
    assert read_transcript_file(written(tmp_path, "a.SRT", text, "utf-8-sig")).captions == (
        Caption("Hello there.", 1.0, 2.5),
        Caption("Bye & out", 3663.5, 3664.25),
    )


def test_web_captions_are_read_past_their_header_notes_and_styles(tmp_path: Path) -> None:
    text = (
        "WEBVTT - a title\n\nSTYLE\n::cue { color: red }\n\nNOTE nothing\n\n"
        "first\n00:01.000 --> 00:02.000 align:start\n<v Anna>Hello</v>\n"
    )
    assert read_transcript_file(written(tmp_path, "a.vtt", text)).captions == (Caption("Hello", 1.0, 2.0),)


def test_sounds_and_music_in_brackets_are_left_out(tmp_path: Path) -> None:
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\n[door slams] Go! (laughs)\n\n2\n00:00:03,000 --> 00:00:04,000\n♪ [music] ♪\n"
    )
    assert [caption.text for caption in read_transcript_file(written(tmp_path, "a.srt", text)).captions] == ["Go!"]


def test_a_missing_empty_line_between_subtitles_costs_no_text(tmp_path: Path) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nOne.\n2\n00:00:03,000 --> 00:00:04,000\nTwo."
    assert [caption.text for caption in read_transcript_file(written(tmp_path, "a.srt", text)).captions] == [
        "One.",
        "Two.",
    ]


# Praat


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_long_form_of_a_grid_gives_tiers_with_their_marks(tmp_path: Path, encoding: str) -> None:
    found = read_transcript_file(written(tmp_path, "a.TextGrid", LONG_GRID, encoding))
    assert (
        found.captions == (Caption("don't", 0.0, 0.5), Caption('say "7" now', 0.8, 1.9)) and not found.words
    )  # one mark has two words
    assert [tier.name for tier in read_tiers(LONG_GRID)] == ["phones", "words"]


def test_a_grid_whose_marks_are_single_words_gives_timed_words_without_the_silences(tmp_path: Path) -> None:
    marks = [
        (0.0, 0.3, "sil"),
        (0.3, 0.7, "okay"),
        (0.7, 0.9, "<eps>"),
        (0.9, 1.5, "go"),
        (1.5, 2.0, ""),
        (2.0, 5.0, "SP"),
    ]
    found = read_transcript_file(written(tmp_path, "a.TextGrid", short_grid(("words", marks))))
    assert found.words == (TimedWord("okay", 0.3, 0.7), TimedWord("go", 0.9, 1.5)) and not found.captions


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("phones", "words"), "words"),
        (("utterance", "Word"), "Word"),
        (("notes", "Transcript"), "Transcript"),
        (("Anna - phones", "Anna - words"), "Anna - words"),
        (("what is said", "gestures"), "what is said"),
        (("phones", "lines"), "lines"),
    ],
)
def test_the_tier_of_words_is_found_by_its_name_else_the_first_one_is_taken(
    tmp_path: Path, names: tuple[str, ...], chosen: str
) -> None:
    grid = short_grid(*((name, [(0.0, 5.0, name.replace(" ", "_"))]) for name in names))
    assert read_transcript_file(written(tmp_path, "a.TextGrid", grid)).words[0].text == chosen.replace(" ", "_")


def test_a_grid_of_an_excerpt_counts_from_its_own_start(tmp_path: Path) -> None:
    grid = short_grid(("words", [(10.0, 10.5, "sil"), (10.5, 11.0, "go")]), begin=10.0, end=11.0)
    assert read_transcript_file(written(tmp_path, "a.TextGrid", grid)).words == (TimedWord("go", 0.5, 1.0),)


# Bad files


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.txt", b"", "is empty"),
        ("a.srt", b" \n\n ", "is empty"),
        ("a.txt", bytes(range(256)) * 4, "is no text"),
        ("a.txt", "no mark".encode("utf-16-le"), "is no text"),
        ("a.txt", b"\xff\xfeodd", "is no text"),
        ("a.srt", b"1\n00:00:xx --> 00:00:02,000\nHi\n", "no valid times in line 2"),
        ("a.srt", b"1\n00:00:03,000 --> 00:00:02,000\nHi\n", "ends before it starts in line 2"),
        ("a.srt", b"Just a text.\n", "holds no words"),
        ("a.vtt", b"WEBVTT\n\n", "holds no words"),
        ("a.TextGrid", b"Just a text.\n", "ends too early"),
        ("a.TextGrid", b'"ooTextFile" "Sound"', "no Praat TextGrid"),
        ("a.TextGrid", LONG_GRID[:700].encode(), "ends too early"),
        ("a.TextGrid", LONG_GRID.replace("xmax = 0.5", "xmax = half").encode(), "should be"),
        ("a.TextGrid", short_grid(("words", [(1.0, 0.5, "go")])).encode(), "an end after the start should be"),
        ("a.TextGrid", short_grid(("words", [(0.0, 5.0, "sil")])).encode(), "holds no words"),
        ("a.TextGrid", short_grid(("phones", [(0.0, 5.0, "AH0")])).encode(), "no tier of words"),
        (
            "a.TextGrid",
            short_grid(("words", [(0.0, 1.0, "go")])).replace("\n1\n0.0", "\n-1\n0.0").encode(),
            "a count should be",
        ),
        ("a.lab", b"hello", "no .TextGrid"),
    ],
)
def test_a_bad_file_is_one_sentence_that_names_it(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert problem in refused(path)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with open(path, "wb") as file:
        file.truncate(5 * LARGEST)
    assert "50 MB" in refused(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    assert "is not at" in refused(tmp_path / "gone.txt")
    assert "cannot be read" in refused(tmp_path / "folder.txt")


# The file beside a sound


def test_of_several_files_beside_a_sound_the_most_detailed_is_taken(tmp_path: Path) -> None:
    sound = tmp_path / "a voice é.wav"
    assert transcript_beside(sound) is None
    for suffix in (".txt", ".vtt", ".srt", ".TEXTGRID"):
        written(tmp_path, f"a voice é{suffix}", "x")
        written(tmp_path, f"another{suffix}", "x")
        found = transcript_beside(sound)
        assert found is not None and found.name == f"a voice é{suffix}"


def test_a_folder_that_cannot_be_listed_has_no_transcript(tmp_path: Path) -> None:
    assert transcript_beside(tmp_path / "gone" / "a.wav") is None


# The audible part of a transcript

TOP = Caption("okay from the top you sit", 2.0, 4.0)  # 20 letters, one each tenth of a second


def test_a_cut_caption_keeps_the_words_that_probably_lie_in_the_rest() -> None:
    assert cut(TOP, 0.0, 9.0) == [TOP]
    (first,), (last,) = cut(TOP, 0.0, 3.0), cut(TOP, 3.0, 9.0)
    assert (
        f"{first.text} {last.text}" == TOP.text and first.text.startswith("okay from") and last.text.endswith("you sit")
    )
    assert (first.start, first.end, last.start, last.end) == (2.0, 3.0, 3.0, 4.0)
    assert cut(TOP, 5.0, 9.0) == []


def test_a_caption_that_stays_up_longer_than_it_is_spoken_loses_no_word_at_its_end() -> None:
    assert cut(Caption("okay then", 2.0, 9.0), 0.0, 4.0) == [Caption("okay then", 2.0, 4.0)]


def test_words_are_kept_if_their_middle_is_audible(tmp_path: Path) -> None:
    grid = short_grid(("words", [(0.0, 1.0, "one"), (1.0, 2.0, "two"), (2.0, 3.0, "three"), (3.0, 4.0, "four")]))
    found = audible_part(read_transcript_file(written(tmp_path, "a.TextGrid", grid)), (0.6, 2.6), 5.0)
    assert found.words == (TimedWord("two", 1.0, 2.0), TimedWord("three", 2.0, 2.6))


def test_words_and_captions_under_a_text_strip_are_left_out(tmp_path: Path) -> None:
    grid = short_grid(("words", [(0.0, 1.0, "one"), (1.0, 2.0, "two"), (2.0, 3.0, "three")]))
    words = read_transcript_file(written(tmp_path, "a.TextGrid", grid))
    assert [word.text for word in outside(words, [(0.9, 2.1)]).words] == ["one", "three"]
    lines = "1\n00:00:00,000 --> 00:00:01,000\nOne.\n\n2\n00:00:01,000 --> 00:00:02,000\nTwo.\n"
    captions = read_transcript_file(written(tmp_path, "a.srt", lines))
    assert outside(captions, [(0.8, 1.9)]).captions == (Caption("One.", 0.0, 0.8),)
