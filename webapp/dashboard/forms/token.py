"""The form that makes a token of the API."""

from django import forms

from probewright.webapp.api.tokens import Scope

MEANINGS = {
    Scope.CAMPAIGNS_READ: "read campaigns and results",
    Scope.CAMPAIGNS_WRITE: "start, cancel and resume campaigns",
    Scope.LABELS_WRITE: "label answers in your name",
    Scope.ADMIN: "everything, and webhooks of all campaigns",
}
USUAL = [Scope.CAMPAIGNS_READ.value, Scope.CAMPAIGNS_WRITE.value]


class TokenForm(forms.Form):
    """What a token is called, what it allows, how long it is valid."""

    use_required_attribute = False

    name = forms.CharField(
        label="Name", max_length=80, help_text="Such as the CI job that has it.", widget=forms.TextInput
    )
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=[(scope.value, f"{scope.value}: {said}") for scope, said in MEANINGS.items()],
        widget=forms.CheckboxSelectMultiple,
        initial=USUAL,
    )
    days = forms.IntegerField(label="Days", min_value=1, max_value=3650, initial=90, help_text="How long it is valid.")
