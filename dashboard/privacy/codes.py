"""What a request says in codes, with a sentence for readers. Grounds for erasure, Art. 17(1): ``dashboard.grounds``."""

from dashboard.coded import Code


class Kind(Code):
    """What the person asks for."""

    ERASURE = "erasure", "Erase what is remembered (Art. 17)."
    ACCESS = "access", "Show and hand over what is remembered (Art. 15 and 20)."
    RECTIFICATION = "rectification", "Correct what is remembered (Art. 16)."
    RESTRICTION = "restriction", "Keep it, but stop using it (Art. 18)."
    REMOVAL = "removal", "Forget one memory (Art. 17)."


class Channel(Code):
    """How the request came."""

    STAFF = "staff", "Entered by a member of staff."
    PERSON = "person", "Asked for by the person on the “your data” pages."
    API = "api", "Came over the API."
    CSV = "csv", "A row of an uploaded list."


class IdentityCheck(Code):
    """How it was established that the request comes from the person it is about (Art. 12(6))."""

    NONE = "none", "Not checked."
    SIGNED_IN = "signed-in", "Signed in to their own account."
    CONTACT = "contact", "Answered from the e-mail address or telephone number on file."
    KNOWLEDGE = "knowledge", "Answered questions that only they could answer."
    DOCUMENT = "document", "Showed an identity document; no copy is kept."
    REPRESENTATIVE = "representative", "A representative showed a written authority."
    IN_PERSON = "in-person", "Known to a member of staff, or identified on the spot."


class Exemption(Code):
    """What erasure has to give way to, Art. 17(3): a reason to refuse it, or to hold it until that is over."""

    EXPRESSION = "17-3-a", "Needed for freedom of expression and information (Art. 17(3)(a))."
    LEGAL_OBLIGATION = "17-3-b", "Needed for a legal obligation or a public task (Art. 17(3)(b))."
    PUBLIC_HEALTH = "17-3-c", "Needed in the public interest for public health (Art. 17(3)(c))."
    ARCHIVING = "17-3-d", "Needed for archiving, research or statistics that erasure would defeat (Art. 17(3)(d))."
    LEGAL_CLAIMS = "17-3-e", "Needed to establish, exercise or defend legal claims (Art. 17(3)(e))."


class Refusal(Code):
    """Why else a request is refused. The person is told within the first month, with reasons (Art. 12(4))."""

    UNFOUNDED_OR_EXCESSIVE = "12-5", "Manifestly unfounded or excessive, which the controller must show (Art. 12(5))."
    NOT_IDENTIFIED = "12-2", "The person could not be identified, which the controller must show (Art. 12(2))."
    NO_GROUND = "17-1", "None of the grounds for erasure applies (Art. 17(1))."


def refusals(kind: Kind) -> tuple[Code, ...]:
    """What a request of this kind may be refused with; Art. 17 speaks of erasure only."""
    if kind is Kind.ERASURE:
        return (*Exemption, *Refusal)
    return (Refusal.UNFOUNDED_OR_EXCESSIVE, Refusal.NOT_IDENTIFIED)
