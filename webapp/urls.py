"""Addresses of pages."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path, register_converter
from django.views.generic import RedirectView

from probewright.webapp.api import publish
from probewright.webapp.dashboard.converters import NumberConverter
from probewright.webapp.dashboard.views import campaign, campaigns, label, report, start, tokens, transcripts
from probewright.webapp.dashboard.views.login import Login

register_converter(NumberConverter, "number")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="campaigns"), name="home"),
    path("login/", Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("tokens/", tokens.page, name="tokens"),
    path(publish.ROOT, include(publish.urls())),
    path("campaigns/", campaigns.listed, name="campaigns"),
    path("campaigns/new/", start.by_form, name="start"),
    path("campaigns/new/yaml/", start.by_yaml, name="start-yaml"),
    path("campaigns/<number:number>/", campaign.overview, name="campaign"),
    path("campaigns/<number:number>/live/", campaign.live, name="live"),
    path("campaigns/<number:number>/cancel/", campaign.cancel, name="cancel"),
    path("campaigns/<number:number>/resume/", campaign.resume, name="resume"),
    path("campaigns/<number:number>/result/", report.result, name="result"),
    path("campaigns/<number:number>/report/", report.page, name="report"),
    path("campaigns/<number:number>/report/<str:name>/", report.download, name="download"),
    path("campaigns/<number:number>/transcripts/", transcripts.listed, name="transcripts"),
    path("campaigns/<number:number>/transcripts/<number:position>/<number:trial>/", transcripts.one, name="transcript"),
    path("campaigns/<number:number>/label/", label.page, name="label"),
    path("campaigns/<number:number>/label/adjudicate/", label.adjudicate, name="label-adjudicate"),
    path("campaigns/<number:number>/label/agreement/", label.agreement, name="label-agreement"),
    path("campaigns/<number:number>/label/<number:position>/<number:trial>/", label.one, name="label-one"),
]
