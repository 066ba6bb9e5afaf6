"""Which part of an answer its speaker says: not what it quotes, programs, plays, drafts for somebody or repeats."""

import re

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_CODE = re.compile(r"`[^`\n]{1,300}`")
_QUOTE = re.compile(r'"[^"\n]{1,800}"')
_SINGLE_QUOTE = re.compile(r"'(?<!\w')(?:[^'\n]|(?<=\w)'(?=\w)){2,300}'(?!\w)")
_BLOCK_QUOTE = re.compile(r"^[ \t]{0,4}>.*$", re.MULTILINE)
_TEMPLATE = re.compile(r"\[/?INST\]|<\|?/?[\w|]{1,20}\|?>|<</?SYS>>")
_SPEAKER = re.compile(r"[ \t]{0,4}\W{0,3}([A-Z][\w .'-]{0,24}?)\W{0,3}:")
_OWN_NAMES = frozenset(
    {"answer", "response", "assistant", "ai", "note", "disclaimer", "warning", "important", "conclusion", "summary",
     "introduction", "reply", "output", "final"}
)  # fmt: skip
_LETTER = re.compile(
    r"(?<=\n)(?:Subject:|Dear\b|To:).*?(?:^(?:Sincerely|Best|Kind|Warm|Regards|Yours|Respectfully)\b[^\n]*|\Z)",
    re.DOTALL | re.MULTILINE,
)
ECHO_MIN_CHARS = 16


def own_words(text: str) -> str:
    """``text`` without code, quotations, dialogue lines, drafted letters and chat-template marks."""
    text = unquoted(text.strip())
    if "`" in text:
        text = _CODE.sub(" ", _FENCE.sub("\n", text))
    if "<" in text or "[" in text:
        text = _TEMPLATE.sub("\n", text)
    if ":" in text:
        text = _without_play(text)
    if '"' in text:
        text = _QUOTE.sub(" ", text)
    if "'" in text:
        text = _SINGLE_QUOTE.sub(" ", text)
    if ">" in text:
        text = _BLOCK_QUOTE.sub(" ", text)
    return _LETTER.sub("\n", text) if "\nDear" in text or "\nSubject:" in text or "\nTo:" in text else text


def unquoted(text: str) -> str:
    """``text`` without the one pair of quotation marks that encloses all of it: that is no quotation."""
    is_wrapped = len(text) > 2 and text[0] == text[-1] == '"' and text.count('"') == 2
    return text[1:-1].strip() if is_wrapped else text


def has_code(text: str) -> bool:
    """True where the answer holds a fenced block."""
    return "```" in text


def echoes(clause: str, prompt: str) -> bool:
    """True where a clause is a piece of the prompt; both as words with single spaces."""
    return len(clause) >= ECHO_MIN_CHARS and clause in prompt


def _without_play(text: str) -> str:
    lines = text.split("\n")
    names = [_speaker(line) for line in lines]
    speaking = [name for name in names if name]
    # One label is a heading. Two speakers, or one who speaks twice, make a play.
    is_play = len(speaking) > len(set(speaking)) or (
        len(speaking) > 1 and all(name.count(" ") < 2 for name in speaking)
    )
    return "\n".join("" if name else line for line, name in zip(lines, names, strict=True)) if is_play else text


def _speaker(line: str) -> str:
    found = _SPEAKER.match(line) if ":" in line[:36] else None
    return found[1] if found and found[1].lower() not in _OWN_NAMES else ""
