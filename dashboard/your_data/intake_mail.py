"""The e-mail with the code, in the language of the form."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from dashboard.your_data.intake_rules import ATTEMPTS, LIFETIME


class NotSent(Exception):
    """The mail server did not take it. Says what kind of error it was, and no address: the worker logs it."""


def send(code: str, *, to: str, language: str) -> None:
    """Send a code.

    Raises:
        NotSent
    """
    with translation.override(language):
        mail = EmailMessage(subject(), text(code), to=[to], headers={"Auto-Submitted": "auto-generated"})
    try:
        mail.send()
    except (OSError, ValueError) as error:  # what smtplib and Django say about an address has the address in it
        raise NotSent(type(error).__name__) from None


def subject() -> str:
    """Without the code: it would stand on a locked telephone."""
    return _("Your code for %(name)s") % {"name": settings.MEMADMIN_CONTROLLER or _("your request")}


def text(code: str) -> str:
    """The code, what it is good for, and what to do if somebody else asked for it."""
    half = len(code) // 2
    minutes = int(LIFETIME.total_seconds() // 60)
    paragraphs = [
        _("Somebody, probably you, has asked about the data that we remember under this e-mail address."),
        _("To send the request off, type this code on the page where you asked:"),
        f"    {code[:half]} {code[half:]}",
        _("It works for %(minutes)d minutes, and can be typed %(tries)d times at most.")
        % {"minutes": minutes, "tries": ATTEMPTS},
        _("If it was not you, do nothing. Without the code nothing happens, and what was typed is deleted."),
    ]
    if settings.MEMADMIN_CONTACT:
        paragraphs.append(_("Questions? %(contact)s") % {"contact": settings.MEMADMIN_CONTACT})
    return "\n\n".join(paragraphs) + "\n"
