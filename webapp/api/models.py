"""Rows of the API: who may call it, what was submitted under which key, whom to tell of a campaign's end."""

from django.db import models

from probewright.campaigns.fields import JsonColumn
from probewright.campaigns.models import Campaign


class Token(models.Model):
    """A key to the API. Its secret is not kept, only a hash: whoever reads the rows can call nothing."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, help_text="how the secret begins, for people to recognise it")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret, in hex")
    scopes = JsonColumn(help_text="names of `tokens.Scope`")
    owner = models.CharField(max_length=150, blank=True, help_text="the user it stands for; empty: a command made it")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True, help_text="to the minute")
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token {self.prefix}... ({self.name})"


class Submission(models.Model):
    """What was posted under an idempotency key, and what was answered first; no answer yet: it is being made."""

    token = models.ForeignKey(Token, models.CASCADE, related_name="+", db_index=False)  # the constraint's
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="of what was posted")
    status = models.PositiveSmallIntegerField(null=True)
    answer = JsonColumn(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["token", "key"], name="one_submission_a_key"),)

    def __str__(self) -> str:
        return f"submission {self.key!r}"


class Webhook(models.Model):
    """Whom to tell: of one campaign, or of all that end from now on."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, null=True, related_name="+")
    url = models.CharField(max_length=2000)
    events = JsonColumn(help_text="names of `notices.Event`")
    owner = models.CharField(max_length=150, help_text="the token that asked for it")
    salt = models.CharField(max_length=32, help_text="what its secret is derived from, with the installation's key")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the secret: a worker with another key sees it")
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"webhook {self.pk}"


class Notice(models.Model):
    """That an end of a campaign was seen and its webhooks queued; a campaign that is resumed ends again."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+", db_index=False)  # the constraint's
    starts = models.PositiveIntegerField(help_text="how often the campaign had been started by then")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["campaign", "starts"], name="one_notice_an_end"),)

    def __str__(self) -> str:
        return f"end {self.starts} of campaign {self.campaign_id}"


class Delivery(models.Model):
    """One message to one webhook, tried until it is taken or given up."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+")
    key = models.CharField(max_length=40, unique=True, help_text="the message's id, the same at every attempt")
    event = models.CharField(max_length=40)
    body = models.TextField(help_text="JSON, as it is signed and sent")
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, help_text="when it is tried (again); null: no more")
    delivered_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=400, blank=True, help_text="why the last attempt failed")

    class Meta:
        indexes = (models.Index(fields=["due_at"], name="delivery_due"),)

    def __str__(self) -> str:
        return f"{self.event} to webhook {self.webhook_id}"
