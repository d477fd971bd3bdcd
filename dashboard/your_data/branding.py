"""The controller's look on the person's pages: name, logo, colours, contact. From the settings."""

import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
LARGEST_LOGO = 50_000
"""Bytes of a logo file: a page stays light."""
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
_CONTACT = re.compile(rf"{_ADDRESS.pattern}|[^\s@:/\"'<>]+@[^\s@:/\"'<>]+")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
LEAST_CONTRAST = 4.5
"""Of text and its ground (WCAG 2.2, 1.4.3)."""
DAY, NIGHT = "#ffffff", "#171b1f"
"""The grounds that an accent is read on; the first is also the colour of the words on a filled button."""


class UnusableBrand(ValueError):
    """The logo or a colour cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Brand:
    """What the pages show of the controller."""

    name: str  # "" if MEMADMIN_CONTROLLER is not set
    has_logo: bool
    has_colours: bool
    contact: str  # an e-mail address, or the address of a page
    back: str  # the host application; "" if not told

    @property
    def contact_link(self) -> str:
        """Where a click on the contact leads."""
        return self.contact if self.contact.startswith(("https://", "http://")) else f"mailto:{self.contact}"


def brand() -> Brand:
    """As it is configured."""
    return Brand(
        name=settings.MEMADMIN_CONTROLLER,
        has_logo=bool(settings.MEMADMIN_BRAND_LOGO),
        has_colours=bool(settings.MEMADMIN_BRAND_COLOUR),
        contact=settings.MEMADMIN_CONTACT,
        back=settings.MEMADMIN_YOUR_DATA_RETURN,
    )


def check() -> None:
    """Raises UnusableBrand if what is configured cannot be shown."""
    if settings.MEMADMIN_YOUR_DATA_RETURN and not _ADDRESS.fullmatch(settings.MEMADMIN_YOUR_DATA_RETURN):
        raise UnusableBrand("MEMADMIN_YOUR_DATA_RETURN is the address of a page: https://app.example.com/")
    if settings.MEMADMIN_CONTACT and not _CONTACT.fullmatch(settings.MEMADMIN_CONTACT):
        raise UnusableBrand("MEMADMIN_CONTACT is an e-mail address, or the address of a page.")
    if settings.MEMADMIN_BRAND_LOGO:
        logo()
    if settings.MEMADMIN_BRAND_COLOUR or settings.MEMADMIN_BRAND_COLOUR_DARK:
        style_sheet()


def logo() -> tuple[bytes, str]:
    """The file and its content type. Raises UnusableBrand."""
    path = Path(settings.MEMADMIN_BRAND_LOGO)
    if path.suffix.lower() not in LOGO_TYPES:
        raise UnusableBrand("MEMADMIN_BRAND_LOGO is an SVG or a PNG file.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableBrand("MEMADMIN_BRAND_LOGO cannot be read.") from error
    if len(content) > LARGEST_LOGO:
        raise UnusableBrand(f"MEMADMIN_BRAND_LOGO is larger than {LARGEST_LOGO:,} bytes.")
    return content, LOGO_TYPES[path.suffix.lower()]


def style_sheet() -> str:
    """The accent colours as custom properties; a button is filled with the one of the day. Raises UnusableBrand."""
    day = settings.MEMADMIN_BRAND_COLOUR
    night = settings.MEMADMIN_BRAND_COLOUR_DARK or day
    _legible(day, DAY, "MEMADMIN_BRAND_COLOUR")
    is_set = bool(settings.MEMADMIN_BRAND_COLOUR_DARK)
    _legible(night, NIGHT, "MEMADMIN_BRAND_COLOUR_DARK" if is_set else "Set MEMADMIN_BRAND_COLOUR_DARK, too")
    return (
        f":root{{--accent:light-dark({day},{night});--accent-fill:{day};"
        f"--accent-fill-hover:color-mix(in srgb,{day} 85%,black);"
        f"--accent-soft:color-mix(in srgb,light-dark({day},{night}) 12%,transparent)}}\n"
    )


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _legible(colour: str, ground: str, name: str) -> None:
    if not _COLOUR.fullmatch(colour):
        raise UnusableBrand(f"{name} is a colour like #3646b5, not “{colour}”.")
    if (found := contrast(colour, ground)) < LEAST_CONTRAST:
        raise UnusableBrand(
            f"{name}: {colour} on {ground} has a contrast of {found:.1f}, and people need {LEAST_CONTRAST}."
        )


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
