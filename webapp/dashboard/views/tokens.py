"""The tokens of the user who is logged in: made, shown once, revoked."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from probewright.errors import ConfigError
from probewright.webapp.api import tokens
from probewright.webapp.dashboard.forms.token import TokenForm


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The tokens that there are; a POST makes one, or revokes one."""
    owner = request.user.get_username()
    if request.method != "POST":
        return _shown(request, TokenForm())
    if request.POST.get("action") == "revoke":
        try:
            row = tokens.revoke(request.POST.get("token", ""), owner)
            messages.success(request, f"The token {row.name} is revoked.")
        except ConfigError as error:
            messages.error(request, f"Nothing was changed: {error}.")
        return redirect("tokens")
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _shown(request, form)
    said = form.cleaned_data
    try:
        _, secret = tokens.add(said["name"], said["scopes"], said["days"], owner)
    except ConfigError as error:
        form.add_error("name", str(error))
        return _shown(request, form)
    return _shown(request, TokenForm(), secret)


def _shown(request: HttpRequest, form: TokenForm, secret: str = "") -> HttpResponse:
    """The page. A new token's secret is in this one answer, which nobody keeps."""
    rows = [(row, tokens.standing(row).value) for row in tokens.listed(request.user.get_username())]
    response = render(request, "dashboard/tokens.html", {"form": form, "rows": rows, "secret": secret})
    if secret:
        response.headers["Cache-Control"] = "no-store"
    return response
