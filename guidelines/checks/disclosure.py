"""Whether a text says who writes it: an employee must say so in the text itself, a brand account must not pose as a stranger."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.checks.phrases import phrase_pattern
from guidelines.reading import Reading, fold

_GENERIC_WORDS: Final = frozenset(
    ["the", "inc", "ltd", "llc", "gmbh", "corp", "corporation", "company", "co", "group", "plc", "ag", "sa", "bv", "limited", "labs", "lab", "app", "apps", "software", "studio", "studios", "audio", "bank", "foods", "coffee", "health", "energy", "systems", "technologies", "tech", "solutions", "online", "store", "shop", "media", "travel", "air", "home", "mobile", "and", "of"]
)
_ROLE: Final = (
    r"(?:employees?|staff(?:er)?s?|team(?: member)?|engineer(?:ing)?|developer|dev|devs|designer|pm|product (?:manager|lead|team|owner|marketer)|support(?: \w+)?|customer (?:care|success|support|service|experience)(?: \w+)?|"
    r"rep|representative|social(?: \w+)?|community(?: \w+)?|founder|co-?founder|ceo|cto|coo|crew|hq|folks|researcher|scientist|technician|tech|specialist|analyst|manager|marketer|marketing|agent|advis[eo]r|consultant|maker|"
    r"owner|intern|writer|barista|roaster|chef|baker|pilot|nurse|planner|mechanic|maintainer|contributor|advocate|devrel|help(?: desk)?|service(?: \w+)?|ops|operations|security|comms|director|head of \w+|vp|lead|architect|programmer|tester|qa|person|guy|worker|insider)"
)
_HERE: Final = r"(?:\W+(?:\w+\W+){0,2}?here\b(?!'s| is| are))"
_UNKNOWN_COMPANY: Final = (
    r"(?!(?:a|an|my|your|his|her|their|our|another|different|some|various|home|night|nights|myself|school|uni|university|college|least|times|it|that|me|you|him|them|many|most|all|work|weekends|"
    r"hours|days|years|weeks|months|free|now|long|first|once|this point|any|one|two|three|clients|customers|people|someone|both|large|small|big|local|self|school|church|what|which|where|when)\b)\w[\w.&'-]*"
)
_ELSEWHERE: Final = re.compile(
    r"\b(?:not|never|no longer|used to|former|formerly|previously|ex|wish|if|don't|doesn't|didn't|isn't|unaffiliated|friend|brother|sister|wife|husband|partner|mate|cousin|neighbou?r|dad|mum|mom|roommate|someone|anyone|"
    r"customers?|users?|fan|fans|subscriber|shareholder|investor|owner of|switching|moving|migrating|coming|happy|pleased|glad|disappointed|impressed|satisfied|familiar|ordering|buying|bought|waiting|obsessed|love|done|stuck|told me)\b"
)
_STRANGER: Final = re.compile(
    r"\b(?:no affiliation|not affiliated|unaffiliated|have nothing to do with the company|don't work (?:for|at)|as (?:just )?a (?:happy |long-?time |loyal |regular |fellow |normal |satisfied |paying |real )*(?:customer|user|fan|buyer|shopper|member)\b(?! (?:support|service|care|success))|"
    r"(?:just|only) a (?:happy |random |regular |satisfied )*(?:customer|user|fan|person)|i(?:'m| am) (?:just )?a (?:huge |big |happy |long-?time |loyal |satisfied )*(?:customer|fan|user)\b|"
    r"i(?:'ve| have)? (?:bought|ordered|purchased) (?:one|mine|this|it|two|three) (?:myself|last|a|for|and)|fellow (?:customer|user|owner)|(?:happy|satisfied|long-?time) (?:customer|user|owner) here)"
)


class DisclosureOptions(Options):
    """`accept`: further phrases that count as saying who we are, such as “Team Blue here”."""

    accept: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else value


def _company_forms(names: tuple[str, ...]) -> str:
    forms: set[str] = set()
    for name in names:
        words = re.findall(r"[^\W_]+", fold(name).lower())
        if not words:
            continue
        forms.add(r"[\s_-]*".join(map(re.escape, words)))
        forms.update(word for word in words if len(word) >= 3 and word not in _GENERIC_WORDS)
    return "(?:" + "|".join(sorted(forms, key=len, reverse=True)) + ")" if forms else ""


def _near_company(company: str) -> list[str]:
    """Patterns in which `company` stands for the names that mean us."""
    us = rf"(?:the )?@?{company}(?!\w)"
    own = r"\b(?:i|we|my team|i also|i currently|i actually)"
    return [
        rf"{own}(?: (?:currently|actually|also|do|both|all|happen to|proudly|myself|personally|help))? (?:work|run|lead|manage|handle|look after|do|build|make|design|write|maintain|head(?: up)?|oversee|am working|sell|fix|answer|moderate|represent|speak)\b(?:[ ,]+[\w'/&-]+){{0,6}}?\s+(?:at|for|with|@|on behalf of|of|on|in)\s+{us}",
        rf"{own} (?:build|make|maintain|run|represent|develop|design|support|created?|built|founded|wrote|own|operate) {us}",
        rf"\b(?:i'm|i am|im|we're|we are|this is|it's|my name is|my name's|name's|here is)\b[^.!?;\n]{{0,70}}?\b(?:at|from|with|of|for|@|behind|in|on)\s*{us}",
        rf"\b(?:i'm|i am|im|we're|we are|as|being|speaking as|speaking for|this is|it's)(?: (?:a|an|the|one|of|your|on|in|from|with|part|member|someone|somebody|who's|both|just|biased|also|friendly|proud|here|behalf))*\s+{us}(?:'s)?(?:[ -][\w&/'-]+){{0,4}}?[ -]{_ROLE}\b",
        rf"{us}(?:'s)?(?:[ -][\w&/'-]+){{0,3}}{_HERE}",
        rf"[(\[][^)\]]{{0,40}}\b{us}[^)\]]{{0,30}}[)\]]",
        rf"\b(?:employee|staff|staffer|member|founder|co-?founder|ceo|cto|owner|engineer|developer|dev|maker|employed|rep|representative|part of the team)\b (?:at|of|by|with|for) {us}",
        rf"\b(?:we|us|all of us|here|over here|team|my team|our team|colleagues|job|we folks|folks|friends|crew|bunch|desk|support|lot|role|day job is|on behalf of everyone)\s?(?:at|@|with|in|for) {us}",
        rf"\b(?:at|in) {us},? (?:we|our|i|my)\b",
        rf"\b(?:my (?:employer|company|workplace|day job|work|boss)|i'm employed|paid by|employed (?:by|at)|i get paid by|behalf of)\b[^.!?\n]{{0,20}}?{us}",
        rf"(?:^|[\n.!?)]|--|[-~/|^*])\s*(?:(?:cheers|thanks|best|regards|yours|sincerely|love|warmly|from|your friends at|with love from),?\s+)*(?:[a-z]+\.?\s?){{0,3}}(?:,|\||@|from|at|of|/|-|\(|with|in|over at|:)?\s*(?:[a-z]+ ){{0,4}}{us}(?: [a-z&]+){{0,4}}\)?\W*$",
        rf"^\W*(?:(?:hi|hey|hello|hiya|heya|howdy|thanks|thank you|good (?:morning|afternoon|evening)|ooh?|oh|ah|yes|yep|no|sorry)\b[^.!?\n]{{0,40}}?[,.!:-]*\s+)?(?:it's |this is |i'm )?[a-z]+(?: [a-z]+)?,? (?:from|at|with|over at|of|@|in)\s*(?:the )?(?:[\w-]+ ){{0,3}}?{us}",
        rf"#\w*(?:{company})\w*(?:employee|staff|team|crew|insider|life|works?)|#(?:team|worksat|iworkat|workat|lifeat|employeeof|proudly|weare|iam)_?{company}",
        rf"\b{us} (?:employee|staffer|insider|staff member|team member|engineer|developer|support agent)\b(?:[,:;.)-]| here| speaking| btw| so\b)",
    ]


_ANY_COMPANY: Final = [
    rf"\b(?:i|we) (?:(?:currently|actually|also|both|all|happen to|proudly|do) )?work (?:(?:on|in|as|with)\b[^.!?\n]{{1,40}}? )?(?:at|for|@)\s*(?:the )?@?{_UNKNOWN_COMPANY}",
    rf"\b(?:i'm|i am|im|we're|we are) (?:a|an|the|one of the|part of the|on the|in the|from the|with the)\b[^.!?;\n]{{0,50}}?\b(?:{_ROLE})\s(?:at|for|with|@|of)\s*(?:the )?@?{_UNKNOWN_COMPANY}",
    rf"(?:^|[\n.!?]\s*|, |\b(?:it's|this is|hi|hey|hello),? )@?[\w.&'-]+(?: [\w.&'-]+){{0,2}} {_ROLE}{_HERE}",
    r"[(\[][^)\]]{0,30}\b(?:employee|staff|team|support|engineer|developer|dev|rep|i work (?:at|for)|i'm with)\b[^)\]]{0,30}[)\]]",
    r"#\w{2,30}(?:employee|staff|insider)\b|#(?:worksat|iworkat|lifeat|teamof)\w+",
]
_ANY_COMPANY_CASED: Final = [
    r"(?:^|[.!?\n]\s*|\b(?:Hi|Hey|Hello|Thanks)\b[^.!?\n]{0,30}?[,.!]?\s+)(?:[Ii]t's |[Tt]his is |I'm )?[A-Z][a-z]+,? (?:from|at|with|over at|@)\s*(?:the )?[A-Z][\w&'.-]+(?: [\w&'-]+){0,2}?(?: here\b|[,:;!)]|\.(?=\s|$)| -)",
    r"\b(?:[Ww]e|[Uu]s|[Hh]ere|my team|[Oo]ur team|my colleagues)(?: all)? (?:at|@) [A-Z]\w+",
    r"\b[Aa]t [A-Z]\w+(?: [A-Z]\w+)?,? we\b",
    r"(?:[-~|/]\s*|\n)[A-Z][\w. ]{0,20}(?:,|@|from|at|\||\()\s*(?:the )?[A-Z]\w+(?: [\w&]+){0,3}\)?\s*$",
    r"\b(?:I'm|I am|This is|It's)(?: [A-Z][a-z]+,?)? (?:with|from) (?:the )?[A-Z]\w+",
    r"\b(?:[Aa]s|[Ss]peaking as|I'm|I am|[Bb]eing)(?: (?:a|an|part of the|on the|one of the|someone on the|a member of the))+ [A-Z][\w&'-]+(?: [\w&'-]+){0,3}? (?:employee|staff(?:er)?|team|engineer|developer|dev|designer|support|rep|PM|product manager|crew|insider|staff member)\b",
]
_NO_COMPANY: Final = [
    r"\b(?:full |fair |quick |honest |my |obvious |usual |standard )?(?:disclosure|disclaimer|transparency|disclosing|bias alert|bias warning|conflict of interest)\b[^.!?\n]{0,12}?\b(?:i|we|my|our|employee|staff|work|works|team|here|this is|insider)\b",
    r"\b(?:i|we) (?:(?:actually|also|happen to|do) )?work (?:here|there|on (?:this|it|the (?:team|product|app|feature|game|thing))|for (?:them|the company|the team|the makers?)|at the company|in (?:their|the|our) (?:\w+ )?(?:team|department))\b",
    r"\b(?:i'm|i am|im|we're|we are|i work|i sit|i'm here) (?:\w+ )?(?:on|in|from|with|part of|a member of|a part of) (?:the|our|their) (?:[\w&/-]+ ){0,3}?team\b",
    r"\b(?:i'm|i am|im|as|we're|we are) (?:one of|part of|among) (?:the|our) (?:\w+ ){0,3}?(?:team|devs|developers|engineers|makers|designers|founders|people (?:who|behind|that)|folks (?:who|behind|that)|authors|creators|maintainers|staff|crew|support \w+)\b",
    r"\b(?:i'm|i am|im|as|i was) (?:the|a|an|their|its|your|one of the) (?:[\w-]+ ){0,2}?(?:founder|co-?founder|ceo|cto|creator|maker|maintainer|community manager|product manager|employee|staff member|insider)\b",
    r"\b(?:founder|co-?founder|maker|creator|employee|staff|staff member|team member|community manager|product manager|support team|support|support agent|one of the (?:\w+ )?(?:devs|developers|makers|founders|engineers|designers)|insider|company rep|official rep)(?: \w+)? here\b(?!'s| is)",
    r"\b(?:speaking|talking|writing|posting|here|biased|commenting)(?: \w+)? (?:as (?:an |a |the |one of the )?(?:employee|insider|staff|someone who works|person who works|maker|makers|dev|engineer)|on behalf of (?:the|our))",
    r"\bi(?:'m| am)? (?:(?:help(?:ed)?|helping) )?(?:built|build|made|make|building|designed|wrote|develop|created) (?:this|it|the (?:app|product|feature|thing|tool|site|game))\b[^?]{0,40}(?:[.!,:;)-]|$)",
    r"\b(?:my (?:employer|company|team|colleagues|coworkers|co-workers|teammates|workplace)|my day job) (?:\w+ )?(?:make|makes|build|builds|built|made|owns|runs|run|sells|develops|designed|shipped|is the one|here)\b",
    r"\bsomeone who works (?:there|here|on (?:it|this))\b|\bi'm an employee\b|\bemployed (?:there|here)\b|\bthey pay my (?:salary|wages|bills)\b",
]


@lru_cache(maxsize=64)
def _patterns(company: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]]:
    forms = _company_forms(company)
    lower = [*_NO_COMPANY, *(_near_company(forms) if forms else _ANY_COMPANY)]
    cased = [] if forms else _ANY_COMPANY_CASED
    return tuple(map(re.compile, lower)), tuple(map(re.compile, cased))


def discloses(reading: Reading) -> bool:
    """Whether the text says that its author works for us. Past, denied and other people's jobs do not count."""
    company = tuple(reading.candidate.company)
    lower, cased = _patterns(company)
    for patterns, text in ((lower, reading.lower), (cased, reading.folded)):
        for pattern in patterns:
            if any(_is_own(reading, match) for match in pattern.finditer(text)):
                return True
    return False


def _is_own(reading: Reading, match: re.Match[str]) -> bool:
    if reading.is_quoted(match.span()):
        return False
    before = re.split(r"[.!?;:\n,]", reading.lower[max(0, match.start() - 24) : match.start()])[-1]
    return not _ELSEWHERE.search(before) and not _ELSEWHERE.search(match[0].lower())


def _build(options: DisclosureOptions, _lists: Mapping[str, tuple[str, ...]]) -> Check:
    accepted = phrase_pattern(options.accept) if options.accept else None

    def check(reading: Reading) -> Iterator[Hit]:
        if accepted and accepted.search(reading.lower):
            return
        if reading.candidate.identity == "brand":
            if stranger := _STRANGER.search(reading.lower):
                yield Hit(stranger.span(), "An account of the company must not speak as if it were a customer.")
        elif not discloses(reading):
            name = reading.candidate.company[0] if reading.candidate.company else "…"
            yield Hit(fix=f"Say who you are in the text, for example “I work at {name}”.")

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (
        Kind(
            "disclosure", DisclosureOptions, _build, "an employee says in the text that they work for us", absence=True
        ),
    )
