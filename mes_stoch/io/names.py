"""Names that a person chose and a program shows: on terminals and in spreadsheets, both of which obey some of them."""

from __future__ import annotations

import unicodedata

#: A spreadsheet takes a cell that begins like this for a formula.
FORMULA_STARTS = ("=", "+", "-", "@")
_KEPT = "\n\t"
#: A name stands in tables, file names and messages.
LONGEST_NAME = 200
#: Control characters, lone halves of surrogate pairs, and the format characters that turn the direction of writing.
_SEEN_AS_CODES = ("Cc", "Cs")
_DIRECTIONS = frozenset(range(0x202A, 0x202F)) | frozenset(range(0x2066, 0x206A))


def _is_command(character: str) -> bool:
    return unicodedata.category(character) in _SEEN_AS_CODES or ord(character) in _DIRECTIONS


def printable(text: str) -> str:
    r"""Text in which control characters stand as their codes, so that no terminal obeys them.

    >>> printable("heat\x1b]0;title\x07")
    'heat\\x1b]0;title\\x07'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if character in _KEPT or not _is_command(character) else ascii(character)[1:-1] for character in text
    )


def name_problem(name: str) -> str | None:
    """What is wrong with the name of a scenario or a series, in words; ``None`` if nothing is.

    >>> name_problem("=HYPERLINK(1)")
    "begins with '=', which makes a formula of it in a spreadsheet"
    """
    if any(_is_command(character) for character in name):
        return "holds control characters"
    if len(name) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} characters"
    if name.startswith(FORMULA_STARTS):
        return f"begins with '{name[0]}', which makes a formula of it in a spreadsheet"
    return None
