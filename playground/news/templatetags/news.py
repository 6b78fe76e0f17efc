"""The account's choice, on pages of apps that know nothing of news."""

from typing import Any

from django import template

from playground.news.models import Subscription

register = template.Library()


@register.inclusion_tag("news/choice.html", takes_context=True)
def news_by_mail(context: Any) -> dict[str, Any]:
    """A button to have news by mail, or to have them no more."""
    wanted = Subscription.objects.filter(user=context["user"]).exists()
    return {"wanted": wanted, "csrf_token": context["csrf_token"], "user": context["user"]}
