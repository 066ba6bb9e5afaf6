"""Where the web server lies and under which names it is asked for, from the environment."""

from pathlib import Path
from urllib.parse import urlsplit

from probewright.errors import ConfigError

PROJECT = Path(__file__).parent
LOCAL = ("localhost", "127.0.0.1", "[::1]")


def public_origin(url: str) -> str:
    """Scheme, host and port of PROBEWRIGHT_URL, the address that users type; empty where it is not set.

    Raises:
        ConfigError: it is no http or https URL.
    """
    if not url.strip():
        return ""
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(f"PROBEWRIGHT_URL: {url!r} is no address; allowed: such as https://probewright.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def allowed_hosts(names: str, origin: str) -> list[str]:
    """The host names that the server answers to: those named, separated by commas, else its own and this machine's."""
    named = [name.strip() for name in names.split(",") if name.strip()]
    if named:
        return named
    own = urlsplit(origin).hostname if origin else None
    return [*LOCAL, own] if own else list(LOCAL)
