"""Keys of pages in addresses: numbers that anybody may have typed."""

from django.http import HttpRequest

MOST_DIGITS = 18


def number_in(request: HttpRequest, name: str) -> int | None:
    """The number in the address's query under ``name``; None where there is none, or no number."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None
