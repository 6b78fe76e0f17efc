"""Addresses of recordings and comparisons."""

from django.urls import path

from playground.runs import history_views, shared_views, views

urlpatterns = [
    path("runs/", views.own_recordings, name="recordings"),
    path("runs/compare/", views.choose, name="compare-choose"),
    path("runs/compare/<slug:one>/<slug:two>/", views.compare, name="compare"),
    path("runs/compare/<slug:one>/<slug:two>/<slug:three>/", views.compare, name="compare-three"),
    path("runs/<slug:run_id>/", views.recording, name="recording"),
    path("runs/<slug:run_id>/fragments/", views.fragments, name="recording-fragments"),
    path("runs/<slug:run_id>/recording.json", views.recording_json, name="recording-json"),
    path("runs/<slug:run_id>/trace.json", views.trace_json, name="recording-trace"),
    path("runs/<slug:run_id>/share/", views.share, name="share"),
    path("runs/<slug:run_id>/stop-sharing/", views.stop_sharing, name="stop-sharing"),
    path("runs/<slug:run_id>/delete/", views.delete, name="recording-delete"),
    path("r/<slug:token>/", views.recording, name="shared"),
    path("r/<slug:token>/run/", shared_views.run_shared, name="run-shared"),
    path("r/<slug:token>/report/", shared_views.report, name="report"),
    path("embed/<slug:token>/", shared_views.embed, name="embed"),
    path("oembed", shared_views.oembed, name="oembed"),
    path("r/<slug:token>/fragments/", views.fragments, name="shared-fragments"),
    path("r/<slug:token>/recording.json", views.recording_json, name="shared-json"),
    path("r/<slug:token>/trace.json", views.trace_json, name="shared-trace"),
    path(
        "<slug:pack>/<slug:card>/history/<slug:place>/",
        history_views.place_history,
        name="place-history",
    ),
    path(
        "<slug:pack>/<slug:card>/history/<slug:place>/<slug:run_id>/",
        history_views.place_code,
        name="place-code",
    ),
]
