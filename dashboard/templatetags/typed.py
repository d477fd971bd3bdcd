"""Forms that are given back when they were sent too late."""

from django import forms, template
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.template import Context

from dashboard import typed

register = template.Library()


@register.simple_tag(takes_context=True)
def typed_before(context: Context) -> bool:
    """Whether something waits to be given back on the page that comes next."""
    request = context["request"]
    return typed.waits(request, request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, ""))


@register.simple_tag(takes_context=True)
def typed_left(context: Context) -> list[typed.Typed]:
    """What waited for this page and no form of it took; for the end of the page.

    A page that says that something failed leaves it for later.
    """
    request, user = context.get("request"), context.get("user")
    failed = context.get("status") in (500, 503)
    return typed.left(request) if request and user and user.is_authenticated and not failed else []


@register.simple_tag(takes_context=True)
def typed_into(context: Context, form: forms.Form | None, name: object, page: str) -> typed.Typed:
    """What was typed into a form before, which is filled with it: ``{% typed_into form "refuse" page as typed %}``.

    The form includes ``typed.html``. What is typed to confirm something is typed again.

    Args:
        form: None where the page writes the fields itself.
        name: of the form on its page, e.g. its URL's, or the id of what it is about.
        page: path of the page, which can be opened again.
    """
    given = typed.take(context["request"], page, str(name))
    if form is not None:
        again = {one.name for one in form.visible_fields()} - {*getattr(form, "confirmations", ())}
        form.initial.update({name: text for name, text in given.fields.items() if name in again})
    return given
