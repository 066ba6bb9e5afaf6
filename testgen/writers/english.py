"""Small rules of English that filled-in sentences need: a or an, -ing forms, capitals, spaces."""

import re

_VOWEL_SOUND = re.compile(
    r"(?:[aeio]|u(?!ni|se|su|tili|topi|rol|kulele)|hour|heir|hono|honest|8|11(?:\b|,)|18(?:\b|,))", re.IGNORECASE
)
_CONSONANT_SOUND = re.compile(r"(?:eu|ewe|one\b|one-|once|ouija)", re.IGNORECASE)
_STRESSED_END = re.compile(
    r"(?:for|be)get|(?:ad|com|o|per|sub|trans)mit|begin|(?:re|de|pre|in|con|trans)fer|deter|(?:oc|in)cur|(?:com|ex|pro)pel"
    r"|rebel|control|patrol|distil|fulfil|enrol|format|regret|upset|outrun"
)
_INITIALS = re.compile(r"[A-Z](?:[A-Z]+\b|-)")
_SPOKEN_WITH_VOWEL = frozenset("AEFHILMNORSX")  # the names of these letters begin with a vowel
_COORDINATED = re.compile(
    r"\band (still )?(hide|get|throw|sell|ignore|leave|let|take|keep|call|give|present|harvest|pass|empty|drive|dump"
    r"|claim|cash|win|collect|deceive|defang|look|close|republish|find|stay|fall|spare|make|beat|put)\b"
)
_SENTENCE_START = re.compile(r"((?:^|[.!?][\"')]*\s+|\n\s*|[,:]\s+\"|^\")[\"(]?)([a-z])", re.MULTILINE)
_ARTICLE = re.compile(r"\b([Aa])n? (?=(\w[\w-]*))")


def article(following: str) -> str:
    """``a`` or ``an``, by the sound with which ``following`` begins (a word or a number)."""
    if _INITIALS.match(following):
        return "an" if following[0] in _SPOKEN_WITH_VOWEL else "a"
    if _CONSONANT_SOUND.match(following):
        return "a"
    return "an" if _VOWEL_SOUND.match(following) else "a"


def gerund(phrase: str) -> str:
    """The -ing form of a verb phrase in base form: of its first verb and of verbs joined to it by "and".

    ``run a stall and keep the money`` becomes ``running a stall and keeping the money``.
    """
    verb, space, rest = phrase.partition(" ")
    rest = _COORDINATED.sub(lambda found: f"and {found[1] or ''}{_ing(found[2])}", rest)
    return _ing(verb) + space + rest


def _ing(verb: str) -> str:
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")) and verb not in ("be", "singe"):
        return f"{verb[:-1]}ing"
    if verb.endswith(("panic", "traffic", "mimic", "frolic")):
        return f"{verb}king"
    return f"{verb}{verb[-1]}ing" if _doubles(verb) else f"{verb}ing"


def _doubles(verb: str) -> bool:
    """Whether the last consonant is written twice: one stressed vowel before one consonant."""
    if _STRESSED_END.fullmatch(verb):
        return True
    syllables = re.findall(r"[aeiouy]+", verb.replace("qu", "q"))
    return len(syllables) == 1 and re.search(r"(?:^|[^aeiou])[aeiouy][^aeiouwxy]$", verb.replace("qu", "q")) is not None


def tidy(text: str) -> str:
    """``text`` with single spaces and a capital at the start of every sentence; line breaks are kept."""
    text = re.sub(r"[ \t]+", " ", text)
    text = re.sub(r" ?\n ?", "\n", text).strip()
    text = re.sub(r" ([,.;:!?])(?=\s|$|\")", r"\1", text)
    return _SENTENCE_START.sub(lambda found: found[1] + found[2].upper(), text)


def agree(text: str) -> str:
    """``text`` with every ``a`` and ``an`` fitted to the word that follows, as a replaced word may need it."""
    return _ARTICLE.sub(lambda found: f"{found[1]}{article(found[2])[1:]} ", text)
