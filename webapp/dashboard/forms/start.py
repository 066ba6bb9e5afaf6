"""The form that starts a campaign: fields for what most campaigns say; YAML says the rest."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django import forms

from probewright.campaigns.specs import uploads
from probewright.errors import DataError

ENDPOINT, POOL = "openai_chat", "pool"
ASTRAL, STATIC, MCQ = "astral", "static", "mcq"

# field -> key of the spec, so that a problem with the key stands beside the field
KEYS: Mapping[str, str] = MappingProxyType(
    {
        "name": "name",
        "kind": "target.kind",
        "base_url": "target.base_url",
        "model": "target.model",
        "api_key": "target.api_key",
        "system": "target.system",
        "temperature": "target.params.temperature",
        "max_tokens": "target.params.max_tokens",
        "family": "family.kind",
        "search": "family.search",
        "upload": "family.path",
        "items": "family.items",
        "oracle": "oracle",
        "seed": "seed",
        "cases": "limits.cases",
        "trials": "limits.trials",
        "concurrency": "limits.concurrency",
        "calls": "limits.calls",
        "tokens": "limits.tokens",
        "usd": "limits.usd",
        "minutes": "limits.minutes",
        "max_fail_rate": "gate.max_fail_rate",
        "max_error_rate": "gate.max_error_rate",
        "confidence": "gate.confidence",
    }
)
GATE = ("max_fail_rate", "max_error_rate", "confidence")
ONLY_WITH: Mapping[str, tuple[str, str]] = MappingProxyType(  # field -> the choice under which it counts
    {
        "base_url": ("kind", ENDPOINT),
        "api_key": ("kind", ENDPOINT),
        "search": ("family", ASTRAL),
        "upload": ("family", STATIC),
        "items": ("family", MCQ),
        "oracle": ("family", STATIC),
    }
)


def _text(label: str, hint: str = "", **attributes: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attributes})
    return forms.CharField(label=label, required=False, strip=True, help_text=hint, widget=widget)


def _number(label: str, hint: str = "") -> forms.CharField:
    """A number as text: what is no number is said by the spec's own check, in its words."""
    return _text(label, hint, inputmode="decimal")


def _choice(label: str, choices: Iterable[tuple[str, str]], **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(choices), required=False, **more)


def keep_file(form: forms.Form) -> str:
    """Keeps the file that came with a form; the name it was given, or the empty string where none came."""
    given = form.cleaned_data.get("file")
    if not given:
        return ""
    try:
        return uploads.keep(given.name, given.read())
    except DataError as error:
        form.add_error("file", str(error))
        return ""


class StartForm(forms.Form):
    """What to test, how, and how much of it."""

    use_required_attribute = False

    name = _text("Name", "The same name and spec again go on with an unfinished campaign.", maxlength="120")
    kind = _choice(
        "Target",
        [(ENDPOINT, "An endpoint that speaks OpenAI's chat protocol"), (POOL, "A model on this machine")],
        widget=forms.RadioSelect,
        initial=ENDPOINT,
    )
    base_url = _text("Base URL", "Such as https://api.example.com/v1, without /chat/completions.", inputmode="url")
    api_key = _text("API key", "A reference such as env:PROBEWRIGHT_SECRET_NAME, never the key itself. Empty: none.")
    model = _text("Model", "The name that the endpoint, or this machine, knows it by.")
    system = forms.CharField(
        label="System prompt",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Empty: none. It belongs to the target, so that two can be compared on the same cases.",
    )
    temperature = _number("Temperature", "Empty: the endpoint's own.")
    max_tokens = _number("Most tokens an answer", "Empty: the endpoint's own.")

    family = _choice(
        "Family",
        [
            (ASTRAL, "Safety prompts by category, style and persuasion technique"),
            (STATIC, "Your own prompts, from a file"),
            (MCQ, "Questions on an invented world"),
        ],
        widget=forms.RadioSelect,
        initial=ASTRAL,
    )
    search = _choice(
        "Search",
        [("covering", "covering: 84 prompts for every pair"), ("grid", "grid: all 420 cells")],
        initial="covering",
    )
    file = forms.FileField(
        label="File",
        required=False,
        widget=forms.FileInput(attrs={"accept": ",".join(uploads.ENDINGS)}),
        help_text="CSV or JSONL with the column prompt, and optionally id, expected, options and any label.",
    )
    upload = forms.CharField(required=False, widget=forms.HiddenInput)
    items = _number("Items", "4 to 140 questions; the endpoint must score given options.")
    oracle = _choice(
        "Oracle",
        [(name, name) for name in ("refusal", "contains", "exact", "numeric", "choice")],
        help_text="Refusal asks for declining; the others compare with the column expected.",
    )
    seed = _number("Seed", "The same seed gives the same prompts.")

    cases = _number("Cases", "Empty: one full pass.")
    trials = _number("Trials a case")
    concurrency = _number("Requests at once", "For each worker.")
    calls = _number("Calls", "Empty: no limit.")
    tokens = _number("Tokens", "Empty: no limit.")
    usd = _number("US dollars", "Needs a known price.")
    minutes = _number("Minutes", "Empty: no limit.")

    max_fail_rate = _number("Highest fail rate", "A share, 0 to 1. Empty: no gate on it.")
    max_error_rate = _number("Highest error rate", "A share, 0 to 1.")
    confidence = _number("Confidence", "One-sided, 0.5 to 1.")

    def clean(self) -> dict[str, Any]:
        """Keeps a file that came along, so that it need not be sent twice."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if kept := keep_file(self):
            cleaned["upload"] = kept
            self.data = {**{name: self.data[name] for name in self.data}, "upload": kept}
        return cleaned

    def spec(self) -> dict[str, Any]:
        """The spec that the fields say, as plain values; nothing in it is checked yet."""
        spec: dict[str, Any] = {}
        for field, key in KEYS.items():
            value = self.cleaned_data.get(field)
            if value in {"", None} or not self._counts(field):
                continue
            place = spec
            *above, last = key.split(".")
            for part in above:
                place = place.setdefault(part, {})
            place[last] = value
        if not any(self.cleaned_data.get(field) for field in ("max_fail_rate", "max_error_rate")):
            spec.pop("gate", None)
        return spec

    def show(self, problems: Iterable[str]) -> list[str]:
        """Puts each problem of the spec beside the field that it is about; returns those without a field."""
        homeless = []
        fields = sorted(KEYS.items(), key=lambda item: -len(item[1]))
        for problem in problems:
            key, _, said = problem.partition(": ")
            field = next((name for name, known in fields if key == known or key.startswith(f"{known}.")), None)
            if uploads.NAME.fullmatch(key):
                field = "upload"
            if field is None:
                homeless.append(problem)
            else:
                self.add_error("file" if field == "upload" else field, said)
        return homeless

    def _counts(self, field: str) -> bool:
        choice, wanted = ONLY_WITH.get(field, ("", ""))
        return not choice or self.cleaned_data.get(choice) == wanted


class YamlForm(forms.Form):
    """A spec as YAML, and a file for it to name."""

    use_required_attribute = False

    spec = forms.CharField(
        label="Spec",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 20, "spellcheck": "false", "autocomplete": "off", "wrap": "off"}),
    )
    file = forms.FileField(
        label="A set of prompts for the spec to name",
        required=False,
        widget=forms.FileInput(attrs={"accept": ",".join(uploads.ENDINGS)}),
        help_text="It is kept under a name that you write as the path of the family static.",
    )

    def kept(self) -> str:
        """Keeps the file; the name it was given, or the empty string where something is wrong with it."""
        if not self.cleaned_data.get("file") and not self.errors:
            self.add_error("file", "choose a file first")
        return keep_file(self)


class ResumeForm(forms.Form):
    """Limits to go on with; empty leaves one as it is."""

    use_required_attribute = False
    LIMITS = ("cases", "trials", "calls", "tokens", "usd", "minutes")

    cases = _number("Cases")
    trials = _number("Trials a case")
    calls = _number("Calls")
    tokens = _number("Tokens")
    usd = _number("US dollars")
    minutes = _number("Minutes")
    is_errors_again = forms.BooleanField(label="Ask again what ended in an error", required=False)

    def limits(self) -> dict[str, str]:
        """The limits that were given."""
        return {name: value for name in self.LIMITS if (value := self.cleaned_data.get(name))}
