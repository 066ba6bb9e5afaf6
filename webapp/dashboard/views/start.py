"""Starting a campaign, by form or from a pasted spec."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from probewright.campaigns.desk import Desk
from probewright.campaigns.engine.runner import Plan, build, require_secrets
from probewright.campaigns.rows import listing
from probewright.campaigns.specs.untrusted import check_untrusted, read_untrusted
from probewright.errors import CampaignBusy, ConfigError
from probewright.webapp.dashboard.forms.start import StartForm, YamlForm
from probewright.webapp.dashboard.problems import lines

SOURCE = "spec"
QUEUED = "The campaign is queued; a worker takes it up."
RUNNING = "This campaign is running already; its limits stay as they are."
EXAMPLE = """\
name: nightly-safety
target:
  kind: openai_chat
  base_url: https://api.example.com/v1
  model: your-model
  api_key: env:PROBEWRIGHT_SECRET_NAME
family:
  kind: astral
  search: covering
limits:
  cases: 84
gate:
  max_fail_rate: 0.05
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a spec: its plan, the campaign's number once it is started, or what is wrong, one line a problem."""

    plan: Plan | None = None
    number: int | None = None
    note: str = QUEUED
    problems: Sequence[str] = ()


@require_http_methods(["GET", "HEAD", "POST"])
def by_form(request: HttpRequest) -> HttpResponse:
    """The form; a POST checks the spec that it says, and starts it where asked to."""
    if request.method != "POST":
        return render(request, "dashboard/start.html", {"form": StartForm(), "checked": None, "homeless": ()})
    form = StartForm(request.POST, request.FILES)
    checked = _check(request, form.spec()) if form.is_valid() else Checked()
    if checked.number is not None:
        return _started(request, checked)
    homeless = form.show(checked.problems)
    shown = {"form": form, "checked": checked, "homeless": homeless}
    return render(request, "dashboard/start.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def by_yaml(request: HttpRequest) -> HttpResponse:
    """The spec as text; a POST checks it, and starts it where asked to."""
    if request.method != "POST":
        form = YamlForm(initial={"spec": EXAMPLE})
        return render(request, "dashboard/start_yaml.html", {"form": form, "checked": None, "kept": ""})
    form = YamlForm(request.POST, request.FILES)
    if request.POST.get("action") == "upload":
        shown: dict[str, Any] = {"form": form, "checked": None, "kept": form.kept() if form.is_valid() else ""}
        return render(request, "dashboard/start_yaml.html", shown)
    checked = _check(request, form.cleaned_data["spec"]) if form.is_valid() else Checked()
    if checked.number is not None:
        return _started(request, checked)
    shown = {"form": form, "checked": checked, "kept": ""}
    return render(request, "dashboard/start_yaml.html", shown)


def _check(request: HttpRequest, given: dict[str, Any] | str) -> Checked:
    """Checks a spec by the rules for untrusted ones and builds its plan; queues it where the user says start."""
    try:
        if isinstance(given, str):
            spec = read_untrusted(given.encode("utf-8", "replace"), SOURCE)
        else:
            spec = check_untrusted(given, SOURCE)
        plan = build(spec)
        require_secrets(plan)
        if request.POST.get("action") != "start":
            return Checked(plan)
        is_new = bool(request.POST.get("is_new"))
        if not is_new and (number := listing.running(plan.spec.name, plan.digest)):  # such as after a second click
            return Checked(plan, number, RUNNING)
        return Checked(plan, Desk().queue(plan, is_new, request.user.get_username()))
    except (ConfigError, CampaignBusy) as error:
        return Checked(problems=lines(error, SOURCE))


def _started(request: HttpRequest, checked: Checked) -> HttpResponse:
    messages.success(request, checked.note)
    return redirect("campaign", checked.number)
