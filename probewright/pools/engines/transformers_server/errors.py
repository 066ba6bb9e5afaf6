"""What the server refuses."""


class BadRequest(Exception):
    """A request that cannot be answered as it is (HTTP 400). Its text is one line for whoever sent it."""
