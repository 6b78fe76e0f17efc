"""Addresses of accounts: our pages first, then those of allauth under the same roof."""

from allauth.urls import build_provider_urlpatterns
from django.urls import include, path

from playground.accounts import views

urlpatterns = [
    path("", views.account, name="account"),
    path("download.json", views.download, name="account-download"),
    path("delete/", views.delete, name="account-delete"),
    path("sign-out-elsewhere/", views.sign_out_elsewhere, name="sign-out-elsewhere"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("3rdparty/", include("allauth.socialaccount.urls")),
    *build_provider_urlpatterns(),
]
