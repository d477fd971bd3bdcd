"""Card numbers, e-mail addresses, phone numbers, IBANs and national ids in a text: found, and veiled.

Check digits and numbering plans are those of python-stdnum and phonenumbers. Not Presidio (a spaCy model of several
hundred MB and seconds to load), nor scrubadub (unmaintained, wants scikit-learn).

Not found: names, postal addresses, bank accounts other than IBANs, e-mail addresses without a top-level domain, phone
numbers of another region without + or 00, ids whose check digit alone says little (SSN, BSN, NIF...) when neither their
grouping nor their name before them gives them away, and numbers with letters or commas between their digits.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from types import ModuleType
from typing import NamedTuple

from phonenumbers import (
    NumberParseException,
    PhoneNumberMatcher,
    is_possible_number,
    parse,
)
from stdnum import iban, luhn, numdb
from stdnum.au import tfn
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.exceptions import ValidationError
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.ie import pps
from stdnum.in_ import aadhaar, pan
from stdnum.is_ import kennitala
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp, rfc
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.si import emso
from stdnum.tr import tckimlik
from stdnum.us import itin, ssn
from stdnum.za import idnr as za_id


class Kind(StrEnum):
    """What a stretch of text is, in words for people."""

    CARD = "card number"
    IBAN = "IBAN"
    NATIONAL_ID = "national id"
    EMAIL = "e-mail address"
    PHONE = "phone number"


@dataclass(frozen=True)
class Sensitive:
    """Where something sensitive stands: ``text[start:end]``."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Part:
    """A stretch of text; without a kind, harmless."""

    text: str = field(repr=False)
    kind: Kind | None

    @property
    def veil(self) -> str:
        """The text, or what may be seen of it: never more than the last four characters of a number.

        Four of a card or an IBAN, two of a phone number, first letter and top-level domain of an e-mail address,
        nothing of a national id.
        """
        match self.kind:
            case None:
                return self.text
            case Kind.CARD | Kind.IBAN:
                return "•••• " + "".join(filter(str.isalnum, self.text))[-4:]
            case Kind.PHONE:
                return "•••• " + "".join(filter(str.isdecimal, self.text))[-2:]
            case Kind.EMAIL:
                return f"{self.text[0]}•••@•••.{self.text.rpartition('.')[2]}"
            case Kind.NATIONAL_ID:
                return "••••"


def find(text: str, *, region: str = "US") -> tuple[Sensitive, ...]:
    """What is sensitive in a text, in order and without overlaps: the longest gives a merged stretch its kind.

    Args:
        region: two letters of the country whose phone numbers are written without +.
    """
    plain = _Plain.of(text)
    if not _MAYBE.search(plain.text):
        return ()
    found = [*_emails(plain.text), *_ibans(plain.text), *_numbers(plain.text), *_coded_ids(plain.text)]
    found += _phones(plain.text, region)
    return tuple(plain.back(sensitive) for sensitive in _merged(found))


def parts(text: str, *, region: str = "US") -> tuple[Part, ...]:
    """The whole text, cut where something sensitive begins and ends."""
    return tuple(part for part in _parts(text, find(text, region=region)) if part.text)


def veiled(text: str, *, region: str = "US") -> str:
    """The text with each sensitive stretch masked."""
    return "".join(part.veil for part in parts(text, region=region))


def _parts(text: str, found: Iterable[Sensitive]) -> Iterator[Part]:
    end = 0
    for sensitive in found:
        yield Part(text[end : sensitive.start], None)
        yield Part(text[sensitive.start : sensitive.end], sensitive.kind)
        end = sensitive.end
    yield Part(text[end:], None)


def _merged(found: Iterable[Sensitive]) -> Iterator[Sensitive]:
    """Of finds that overlap everything is veiled, so that no end of the shorter one is left to read."""
    rank = list(Kind).index
    cluster: list[Sensitive] = []
    end = 0
    for sensitive in sorted(found, key=lambda one: (one.start, -one.end, rank(one.kind))):
        if cluster and sensitive.start >= end:
            yield _one(cluster, end)
            cluster = []
        cluster.append(sensitive)
        end = max(end, sensitive.end)
    if cluster:
        yield _one(cluster, end)


def _one(cluster: list[Sensitive], end: int) -> Sensitive:
    longest = max(cluster, key=lambda one: (one.end - one.start, -list(Kind).index(one.kind)))
    return Sensitive(longest.kind, cluster[0].start, end)


# ---- One alphabet: Unicode's digits, spaces and dashes as ASCII's; invisible characters left out.

_MAYBE = re.compile(r"@|[0-9](?:[^0-9]{0,4}[0-9]){3}")
"""Every kind has an @ or four digits that are not far apart."""


class _Ascii(dict[int, str | None]):
    """For ``str.translate``; learns each character once."""

    def __missing__(self, code: int) -> str | None:
        self[code] = plain = self._plain(chr(code))
        return plain

    @staticmethod
    def _plain(character: str) -> str | None:
        category = unicodedata.category(character)
        if category == "Cf":
            return None
        if category == "Nd":
            return str(unicodedata.decimal(character))
        if category == "Pd" or character == "\N{MINUS SIGN}":
            return "-"
        compatible = unicodedata.normalize("NFKC", character)
        return compatible if len(compatible) == 1 else character


_ASCII = _Ascii()


class _Plain(NamedTuple):
    text: str
    kept: list[int] | None
    """Where each character stands in the original, if any was left out."""

    @classmethod
    def of(cls, text: str) -> "_Plain":
        if text.isascii():
            return cls(text, None)
        plain = text.translate(_ASCII)
        if len(plain) == len(text):
            return cls(plain, None)
        return cls(plain, [at for at, character in enumerate(text) if _ASCII[ord(character)] is not None])

    def back(self, sensitive: Sensitive) -> Sensitive:
        if self.kept is None:
            return sensitive
        return Sensitive(sensitive.kind, self.kept[sensitive.start], self.kept[sensitive.end - 1] + 1)


# ---- E-mail addresses. email-validator checks one address, and finds none in a text.

_LOCAL = re.compile(r"[\w!#$%&*+/=?^`{|}~.'-]{1,64}\Z")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,10}(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,63})", re.IGNORECASE)
_OPENING = "!#$%&*+/=?^`{|}~.'-"
"""Allowed in an address by RFC 5322, and yet more often what stands before one."""


def _emails(text: str) -> Iterator[Sensitive]:
    at = text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        local = domain and _LOCAL.search(text, max(0, at - 64), at)
        if local and domain:
            name = local[0].lstrip(_OPENING) or local[0]
            yield Sensitive(Kind.EMAIL, at - len(name), domain.end())
        at = text.find("@", at + 1)


# ---- IBANs: two letters of a country, two check digits (mod 97), as many characters as that country has.

_IBAN_HEAD = re.compile(r"[A-Z]{2}[\s._-]?[0-9]{2}", re.IGNORECASE)
_NEXT_ALNUM = re.compile(r"[\s._-]{0,2}[A-Z0-9]", re.IGNORECASE)
_NOT_ALNUM = re.compile(r"[^A-Z0-9]+", re.IGNORECASE)


def _ibans(text: str) -> Iterator[Sensitive]:
    for head in _IBAN_HEAD.finditer(text):
        end = _after(text, head.end(), _iban_length(head[0][:2].upper()) - 4)
        if end and _holds(iban, _NOT_ALNUM.sub("", text[head.start() : end])):
            yield Sensitive(Kind.IBAN, head.start(), end)


def _after(text: str, at: int, count: int) -> int | None:
    """Where so many more letters and digits end; None if there are not so many."""
    if count < 1:
        return None
    for _ in range(count):
        following = _NEXT_ALNUM.match(text, at)
        if not following:
            return None
        at = following.end()
    return at


@cache
def _iban_length(country: str) -> int:
    """0 for a country without IBANs."""
    properties = numdb.get("iban").info(country)[0][1]
    return 4 + sum(map(int, re.findall(r"\d+", properties["bban"]))) if "bban" in properties else 0


# ---- Numbers that are only digits: cards, and most national ids.

_RUN = re.compile(r"[0-9]+(?:[\s._/-]{1,3}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
_FEWEST, _MOST, _MOST_GROUPS = 8, 19, 8

_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0|6|8|9)\d{12}(?:\d{2})?|35\d{14}"
    r"|(?:50|5[6-9]|6\d)\d{10,17}|220[0-4]\d{12,15}|8[12]\d{14}",
    re.ASCII,
)
"""How numbers of Visa, Mastercard, American Express, Diners, JCB, Maestro, Discover, UnionPay, RuPay, Mir begin."""

_BARE = {
    10: (personnummer, kennitala, egn),
    11: (idnr, fodselsnummer, pesel, nn, tckimlik, ik, amka, cpf),
    13: (cnp, za_id, emso, ahv, rrn),
    15: (nir,),
    18: (ric,),
}
"""By number of digits: of random digits a few in a hundred at most pass."""

_GROUPED = {
    (3, 2, 4): (ssn, itin),
    (3, 3, 3): (sin, tfn, bsn),
    (3, 3, 4): (nhs,),
    (4, 4, 4): (aadhaar,),
    (6, 4): (cpr, rc),
    (6, 3): (rc,),
    (2, 3, 3, 1): (rut,),
    (8, 1): (rut,),
}
"""Too many random digits would pass; written in these groups they are meant."""

_NAMED = {
    re.compile(words + r"\W{0,3}(?:\w{1,10}\W{1,3}){0,3}\Z", re.IGNORECASE): modules
    for words, modules in {
        r"\b(?:ssn|social security|itin)": (ssn, itin),
        r"\b(?:bsn|burgerservicenummer|sofinummer)": (bsn,),
        r"\b(?:nif|contribuinte)": (nif,),
        r"\b(?:sin|social insurance)": (sin,),
        r"\b(?:tfn|tax file)": (tfn,),
        r"\b(?:nhs)": (nhs,),
        r"\b(?:oib)": (oib,),
        r"\b(?:cpr|personnummer)": (cpr,),
        r"\baadhaar": (aadhaar,),
    }.items()
}
"""Nor bare, unless their name stands before them."""


def _numbers(text: str) -> Iterator[Sensitive]:
    for run in _RUN.finditer(text):
        if run.end() - run.start() >= _FEWEST:
            yield from _numbers_in(text, [group.span() for group in _GROUP.finditer(text, run.start(), run.end())])


def _numbers_in(text: str, groups: list[tuple[int, int]]) -> Iterator[Sensitive]:
    """A number begins where a group of digits begins, and ends where one ends."""
    named = tuple(_named(text[max(0, groups[0][0] - 60) : groups[0][0]]))
    for first, (start, _) in enumerate(groups):
        digits = ""
        for last in range(first, min(first + _MOST_GROUPS, len(groups))):
            digits += text[slice(*groups[last])]
            if len(digits) > _MOST:
                break
            if len(digits) >= _FEWEST:
                kind = _kind(digits, groups[first : last + 1], () if first else named)
                if kind:
                    yield Sensitive(kind, start, groups[last][1])


def _kind(digits: str, groups: list[tuple[int, int]], named: tuple[ModuleType, ...]) -> Kind | None:
    if _CARD.fullmatch(digits) and luhn.is_valid(digits):
        return Kind.CARD
    shape = tuple(end - start for start, end in groups)
    candidates = (*_BARE.get(len(digits), ()), *_GROUPED.get(shape, ()), *(named if len(digits) < 13 else ()))
    return Kind.NATIONAL_ID if any(_holds(module, digits) for module in candidates) else None


def _named(before: str) -> Iterator[ModuleType]:
    for name, modules in _NAMED.items():
        if name.search(before):
            yield from modules


# ---- National ids with letters in them.

_TOKEN = re.compile(r"(?<![A-Z0-9])[A-Z0-9][A-Z0-9.+-]{6,19}[A-Z0-9](?![A-Z0-9])", re.IGNORECASE)
_CODED = {
    8: (pps,),
    9: (dni, nie, pps, rut),
    10: (pan, hetu),
    12: (rfc,),
    13: (rfc,),
    15: (nir,),
    16: (codicefiscale,),
    18: (curp, ric),
}
_NINO = re.compile(
    r"(?<![A-Z0-9])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:[\s.-]?[0-9]{2}){3}"
    r"[\s.-]?[A-D](?![A-Z0-9])",
    re.IGNORECASE,
)
"""The United Kingdom's National Insurance number (HMRC's manual NIM39110); python-stdnum has none."""


def _coded_ids(text: str) -> Iterator[Sensitive]:
    for nino in _NINO.finditer(text):
        yield Sensitive(Kind.NATIONAL_ID, *nino.span())
    for token in _TOKEN.finditer(text):
        code = _NOT_ALNUM.sub("", token[0])
        # The sign between the halves of a Finnish id is a part of it.
        modules = () if code.isdecimal() or code.isalpha() else _CODED.get(len(code), ())
        if any(_holds(module, token[0] if module is hetu else code) for module in modules):
            yield Sensitive(Kind.NATIONAL_ID, *token.span())


def _holds(module: ModuleType, number: str) -> bool:
    try:
        if module is iban:
            module.validate(number, check_country=False)
        else:
            module.validate(number)
    except (ValidationError, LookupError, ValueError):  # the last two: cn.ric for some places of birth
        return False
    return True


# ---- Phone numbers.

_LONG_ENOUGH = re.compile(r"(?:[0-9][^0-9a-z@]{0,4}){6}[0-9]", re.IGNORECASE)
_NO_PHONE = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9](?![0-9])|(?<![0-9+])(?:[0-9]\s){20,}")
"""Days, and rows of single digits: they would cost most of the time."""
_PLUS = re.compile(r"\+[\s(]{0,2}[0-9](?:[\s()./-]{0,3}[0-9]){6,17}(?![0-9])")
_DIALLED = re.compile(r"(?<![0-9.,+-])(?<![0-9][\s)/-])00(?=[1-9])")
"""What one dials in most countries for the +; as long as the " +" put in its place."""


def _phones(text: str, region: str) -> Iterator[Sensitive]:
    if not _LONG_ENOUGH.search(text):
        return
    text = _NO_PHONE.sub(lambda found: ";" * len(found[0]), text)
    dialled = _DIALLED.sub(" +", text)
    found = [(phone.start, phone.end) for phone in PhoneNumberMatcher(dialled, region, min_candidate_length=7)]
    for start, end in [*found, *_international(dialled)]:
        yield Sensitive(Kind.PHONE, start - (dialled[start] != text[start]), end)


def _international(text: str) -> Iterator[tuple[int, int]]:
    """A + says what it is, whether the number is given out or not, and whatever number follows it.

    The matcher misses "+1 212 555 0123 2 times".
    """
    for plus in _PLUS.finditer(text):
        ends = [group.end() for group in _GROUP.finditer(text, *plus.span())]
        longest = next((end for end in reversed(ends) if _is_possible(text[plus.start() : end])), None)
        if longest:
            yield plus.start(), longest


def _is_possible(number: str) -> bool:
    try:
        return is_possible_number(parse(number))
    except NumberParseException:
        return False
