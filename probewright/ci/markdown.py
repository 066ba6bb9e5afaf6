"""Text from elsewhere, made fit for a comment: it stays on its line, is no markup, and calls nobody.

A backslash before ``@`` is not enough: forges look for mentions and references in the text that Markdown leaves. So
prose gets a word joiner (U+2060, which is not seen) after each sign that could begin one, and what a model or a user of
it wrote goes into a code span, where no forge looks.
"""

import re
from urllib.parse import quote

MOST_PROSE = 600  # characters of a reason
MOST_CODE = 120  # of a prompt

_MARKUP = re.compile(r"([\\`*_\[\]<>|~#$])")
_CALLS = re.compile(r'[@#!~$%&](?=[\w"{])|:(?=//)|\b(?:www(?=\.)|gh(?=-\d))', re.IGNORECASE)
_BACKTICKS = re.compile(r"`+")
_JOINER = "\u2060"


def prose(text: str, most: int = MOST_PROSE) -> str:
    """``text`` on one line, without markup, mentions, references or links."""
    marked = _MARKUP.sub(r"\\\1", one_line(text, most))
    return _CALLS.sub(lambda found: f"{found[0]}{_JOINER}", marked)


def code(text: str, most: int = MOST_CODE) -> str:
    """``text`` on one line as a code span that nothing in it can close; "(empty)" where nothing is left of it."""
    said = one_line(text, most) or "(empty)"
    longest = max((len(run) for run in _BACKTICKS.findall(said)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{said}{pad}{fence}"


def link(words: str, url: str) -> str:
    """A link; ``url`` is the server's own address, percent-encoded where Markdown could read it otherwise."""
    return f"[{prose(words)}]({quote(url, safe=':/?&=%#@+,;~-._')})"


def one_line(text: str, most: int) -> str:
    """The start of a text, at most ``most`` characters, with what cannot be seen (controls, directions) replaced."""
    words = " ".join(text[: 4 * most].split())
    line = "".join(character if character.isprintable() else "\ufffd" for character in words)
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[: most - 1].rstrip()}…"
