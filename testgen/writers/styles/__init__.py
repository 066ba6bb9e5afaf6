"""Styles: each file realises a request in one register. ``write(request)`` gives the finished prompt."""
