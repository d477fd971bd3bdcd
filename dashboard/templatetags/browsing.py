"""How lists of memories are written: matched words, the histogram, the purpose in the head of the page."""

from collections.abc import Iterator, Sequence
from datetime import date
from math import ceil
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dashboard import sealing
from dashboard.marking import marked
from dashboard.models import Grant
from dashboard.purposes import Category
from dashboard.templatetags.memories import shown_parts, veil
from memadmin.memory import Period, Tally

register = template.Library()

FEWEST_BARS = 24
"""Room in a histogram, so that three months are three bars and not three blocks."""


@register.simple_tag
def excerpt(text: str, query: str, most: int) -> SafeString:
    """Memory text for a list: veiled, cut after so many characters, the words of a search marked."""
    return format_html_join("", "{}", ((written,) for written in _written(text, query, most)))


@register.simple_tag
def histogram(periods: Sequence[Period], title: str) -> SafeString:
    """Bars, as high as the space allows, newest at the right; each tells its number on hover."""
    highest = max(period.count for period in periods)
    room = max(FEWEST_BARS, len(periods))
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="8" height="{}"><title>{}: {}</title></rect>',
        (
            ((room - len(periods) + place) * 10 + 1, 50 - height, height, period_name(period), f"{period.count:,}")
            for place, period in enumerate(periods)
            if (height := ceil(period.count * 50 / highest))
        ),
    )
    most = most_of(periods)
    return format_html(
        '<svg class="histogram" viewBox="0 0 {} 50" preserveAspectRatio="none" role="img"'
        ' aria-labelledby="histogram-title" aria-describedby="histogram-desc">'
        '<title id="histogram-title">{}</title><desc id="histogram-desc">{} to {}; most in {}: {}</desc>{}</svg>',
        room * 10,
        title,
        period_name(periods[0]),
        period_name(periods[-1]),
        period_name(most),
        f"{most.count:,}",
        bars,
    )


@register.simple_tag(takes_context=True)
def narrowed_to(context: Context, parameter: str, name: str) -> str:
    """The query of a list that is narrowed to one agent, run or category."""
    request = context["request"]
    return urlencode(sealing.named(parameter, name, request.user.pk, request.tenant))


@register.filter
def decimals(score: float) -> str:
    """A score with all its digits: 0.999 and not 1.00."""
    return f"{score:.15g}"


@register.filter
def period_name(period: Period) -> str:
    """ "2026-03" as "Mar 2026"; a year as it is."""
    year, _, month = period.label.partition("-")
    return formats.date_format(date(int(year), int(month), 1), "M Y") if month else year


@register.filter
def most_of(periods: Sequence[Period]) -> Period:
    """The period with the most memories."""
    return max(periods, key=lambda period: period.count)


@register.filter
def beyond(tally: Tally, listed: int) -> int:
    """How many names there are beside those that are listed."""
    return tally.more + max(0, len(tally.top) - listed)


@register.filter
def about(grant: Grant) -> str:
    """What a grant is for, in words."""
    return Category(grant.category).sentence if grant.category in set(Category) else grant.category


@register.filter
def minutes_left(grant: Grant) -> int:
    """Whole minutes, at least one, until a grant is over."""
    return max(1, int((grant.expires_at - timezone.now()).total_seconds() // 60))


def _written(text: str, query: str, most: int) -> Iterator[SafeString]:
    if not query:
        yield veil(text, most)
        return
    for part in shown_parts(text, most):
        if part.kind:
            yield veil(part.text)
            continue
        for words, wanted in marked(part.text, query):
            yield format_html("<mark>{}</mark>" if wanted else "{}", words)
