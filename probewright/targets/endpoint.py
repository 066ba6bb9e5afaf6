"""What a spec says of an HTTP endpoint, whatever protocol it speaks: where it is, how to get in, how patient to be."""

import re
from hashlib import blake2b
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError
from yarl import URL

from probewright.errors import ConfigError
from probewright.plugins import PluginParams
from probewright.secrets import PREFIX, Secret, SecretRef, read
from probewright.targets.client import Timeouts
from probewright.targets.pace import Pace, RateLimits
from probewright.targets.rates import current

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token, RFC 9110, section 5.6.2
SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "api-key", "x-api-key", "x-goog-api-key", "x-auth-token"}
)


def _check_url(value: str) -> str:
    try:
        url = URL(value)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host or url.raw_fragment:
        raise PydanticCustomError("url", "give an http or https URL, such as 'http://127.0.0.1:8000/v1'")
    if url.raw_user is not None or url.raw_password is not None:
        raise PydanticCustomError(
            "url_userinfo", "no user or password in the URL: use api_key or headers with 'env:NAME'"
        )
    return value


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name) or not value.isprintable():
            raise PydanticCustomError("header", "{name} is not a valid HTTP header", {"name": repr(name)})
        if name.lower() in SECRET_HEADERS and not value.startswith(PREFIX):
            raise PydanticCustomError(
                "header_secret", "{name} holds a secret: give it by reference, as 'env:NAME'", {"name": repr(name)}
            )
        if value.startswith(PREFIX) and not value.removeprefix(PREFIX).isidentifier():
            raise PydanticCustomError("header_env", "{name}: a reference is 'env:NAME'", {"name": repr(name)})
    return headers


BaseUrl = Annotated[str, AfterValidator(_check_url)]
Headers = Annotated[dict[str, str], AfterValidator(_check_headers)]


class EndpointParams(PluginParams):
    """Parameters that every HTTP target shares.

    ``timeout_s`` limits one attempt. ``rpm`` and ``tpm``, requests and tokens a minute, count retries too and are
    shared by all targets of one `account`. ``key_header`` carries ``api_key``, behind ``key_scheme``.
    """

    key_header: ClassVar[str] = "Authorization"
    key_scheme: ClassVar[str] = "Bearer "

    base_url: BaseUrl
    api_key: SecretRef | None = None
    headers: Headers = Field(default_factory=dict)
    timeout_s: float = Field(60, gt=0, le=3600)
    connect_timeout_s: float = Field(5, gt=0, le=3600)
    read_timeout_s: float | None = Field(None, gt=0, le=3600)
    retries: int = Field(5, ge=0, le=20)
    rpm: int | None = Field(None, gt=0)
    tpm: int | None = Field(None, ge=10)

    @model_validator(mode="after")
    def _names_one_key(self) -> Self:
        if self.api_key and any(name.lower() == self.key_header.lower() for name in self.headers):
            raise PydanticCustomError(
                "two_keys", "give either api_key or a header {name}, not both", {"name": self.key_header}
            )
        return self

    @property
    def place(self) -> str:
        """Host and port as the URL gives them, for names."""
        url = URL(self.base_url)
        return f"{url.host}:{url.explicit_port}" if url.explicit_port else str(url.host)

    @property
    def timeouts(self) -> Timeouts:
        """The limits of one attempt."""
        return Timeouts(self.timeout_s, self.connect_timeout_s, self.read_timeout_s)

    def account(self, name: str) -> str:
        """Whose rate is used up: a digest of the address, the references (not values) of the keys, and ``name``."""
        url = URL(self.base_url)
        place = f"{url.scheme}://{url.host}:{url.port}{url.raw_path.rstrip('/')}"
        keys = sorted(filter(None, (self.api_key, *(v for v in self.headers.values() if v.startswith(PREFIX)))))
        return blake2b("\x1f".join((place, name, *keys)).encode(), digest_size=16).hexdigest()

    def pace(self, name: str) -> Pace | None:
        """The rate of the target ``name`` (kind and model) in the running event loop; None where it has no limit."""
        limits = RateLimits(self.rpm, self.tpm)
        return current().pace(self.account(name), limits) if self.rpm or self.tpm else None

    def url(self, path: str) -> URL:
        """The address of ``path`` below ``base_url``, which keeps its query (Azure's ``api-version``)."""
        base = URL(self.base_url)
        return base.with_path(f"{base.raw_path.rstrip('/')}/{path}", encoded=True).with_query(base.query)

    def secrets(self) -> dict[str, Secret]:
        """The secrets that the spec refers to, by the key or header that names them.

        Raises:
            ConfigError: a variable is unset, or holds what no HTTP header can carry.
        """
        references = {"api_key": self.api_key} if self.api_key else {}
        references |= {f"headers.{name}": value for name, value in self.headers.items() if value.startswith(PREFIX)}
        return {key: _sendable(read(reference, key), key) for key, reference in references.items()}

    def sent_headers(self, secrets: dict[str, Secret]) -> dict[str, str]:
        """The headers of every request, with ``api_key`` and the other secrets in place."""
        resolved = {
            name: secrets[f"headers.{name}"].reveal() if value.startswith(PREFIX) else value
            for name, value in self.headers.items()
        }
        key = {self.key_header: self.key_scheme + secrets["api_key"].reveal()} if self.api_key else {}
        return key | resolved


def without_path(base_url: str, path: str) -> str:
    """``base_url`` as it is, which must not hold the ``path`` that the target puts below it."""
    if base_url.rstrip("/").endswith(f"/{path}"):
        raise PydanticCustomError("url_path", "give the URL without /{path}", {"path": path})
    return base_url


def _sendable(secret: Secret, key: str) -> Secret:
    if not (secret.reveal().isascii() and secret.reveal().isprintable()):
        raise ConfigError(
            f"{key}: the value behind {secret.reference!r} holds characters that no HTTP header can carry"
        )
    return secret
