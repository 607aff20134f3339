"""Finds ways to reach a person in a text: mail addresses, phone numbers, postal addresses. The company's own are not private."""

import re
from collections.abc import Iterator
from typing import Final

import phonenumbers

from guidelines.reading import Reading, Span

_MAIL: Final = re.compile(
    r"(?<![\w.+-])([a-z0-9_][\w.+-]{0,63})\s?(?:@|[\[({]\s?at\s?[\])}]|\s(?:at)\s(?=[\w-]+\s(?:dot)\s))\s?"
    r"([a-z0-9-]{1,63}(?:(?:\.|\s?[\[({]\s?dot\s?[\])}]\s?|\sdot\s)[a-z0-9-]{2,63}){1,4})"
)
_DOT: Final = re.compile(r"\s?[\[({]?\s?\bdot\b\s?[\])}]?\s?")
_FREE_MAIL: Final = frozenset(
    [
        "gmail",
        "googlemail",
        "yahoo",
        "ymail",
        "hotmail",
        "outlook",
        "live",
        "icloud",
        "me",
        "aol",
        "proton",
        "protonmail",
        "gmx",
        "web",
        "mail",
        "msn",
        "comcast",
        "btinternet",
        "verizon",
        "att",
        "sky",
        "fastmail",
        "zoho",
        "yandex",
        "qq",
        "163",
        "t-online",
        "orange",
        "free",
        "laposte",
        "libero",
    ]
)
_ROLE: Final = re.compile(
    r"(?:customer[._-]?)?(?:support|help|helpdesk|care|service|services|info|hello|hi|hey|contact|contactus|sales|press|media|privacy|gdpr|dpo|"
    r"security|abuse|legal|billing|payments?|accounts?|invoices?|orders?|returns?|refunds?|warranty|shipping|delivery|feedback|team|jobs|careers|"
    r"talent|hr|office|admin|webmaster|community|social|partners?|partnerships|bugs?|beta|api|dev|developers?|newsletter|marketing|events?|"
    r"bookings?|reservations|reception|enquiries|inquiries|ask|talk|complaints|safety|accessibility|trust|status|ideas|product|research|cs|cx|ops|"
    r"repairs?|parts|claims|members?|membership|subscriptions?|wholesale|stores?|shop|service-?desk|no-?reply|donotreply|data|compliance|escalations?|"
    r"concierge|guests?|stay|tickets?|success|onboarding|education|schools?|nonprofits?|volunteers?|donations?)(?:[._+-]?(?:team|desk|us|uk|eu|de|fr|ca|au|emea|apac|global|"
    r"help|support|team|online|dept|center|centre|request|requests|care|line))?"
)
_PLACEHOLDER: Final = re.compile(
    r"(?:your|my|first|firstname|last|user|some|any)?[._-]?(?:you|your|name|user|username|email|someone|somebody|address|lastname|surname|me|xxx+|x)"
)
_THEIRS: Final = re.compile(
    r"\b(?:your|his|her|their|the customer'?s?|the user'?s?|this (?:person|user|guy|customer|buyer)'?s?|(?:the )?(?:buyer|seller|driver|tenant|guest|patient|client|subscriber|account holder|owner)'?s?)\s+"
    r"(?:\w+\s+){0,2}?(?:e-?mail|mail|address|inbox|account|phone|number|mobile|cell|contact|home|landline|line|place|house|flat|order|delivery|shipping|billing|details)\b"
    r"|\bon (?:file|record|your account)\b|\byou (?:gave|sent|signed up|registered|used|provided|listed|entered|told)\b"
    r"|\b(?:call|ring|text|reach|phone|contact|dial|email|e-mail|mail|message|whatsapp|write to|emailed|e-mailed|called|wrote to|sent it to) (?:you|him|her|them|me|my)\b|\bregistered (?:to|under|with)\b"
    r"|\bmy (?:own |personal |direct |private |work |cell |mobile )?(?:e-?mail|phone|number|cell|mobile|line|inbox|address|home|whatsapp|gmail)\b"
    r"|\b(?:account|order|booking|profile|subscription|parcel|package|invoice|reservation|customer) (?:for|under|of|belongs to|with)\b|\bpersonal\b|\bprivate\b|\blives? (?:at|on|in)\b|\byou live\b"
)
_OURS: Final = re.compile(
    r"\b(?:our|us)\b|\b(?:support|help|helpline|hotline|customer (?:service|care|support)|service|sales|care|billing|returns|press|office|store|shop|switchboard|freephone|toll[- ]free|"
    r"front desk|reception|main|emergency|info|public|claims|technical|crisis|safety) ?(?:line|number|desk|team|phone|hotline|mailbox|inbox|centre|center|department)?\b|\bhelpline\b|\bhotline\b|\bvisit\b|\bheadquarters?\b|\bhq\b|\bshowroom\b|\bwarehouse\b|\bbranch\b|\blocations?\b|\bopen (?:at|from|until)\b"
)
_PHONE: Final = re.compile(r"(?<![\w.,/:#$€£-])(?:\+|00)?\(?\d(?:[ .\-/()]{0,3}\d){6,14}(?![\w%]|[.,:/-]\d)")
_PHONE_CUE: Final = re.compile(
    r"\b(?:call|ring|phone|tel|telephone|mobile|cell|text|sms|whatsapp|dial|reach|number is|fax|landline|contact|signal|telegram|voicemail)\b|☎|📞"
)
_NUMBER_CUE: Final = re.compile(
    r"\b(?:v|ver|version|firmware|build|release|serial|sku|model|part|isbn|ean|imei|order|orders|ticket|case|ref|reference|tracking|invoice|confirmation|booking|rfc|iso|article|kb|issue|bug|id|"
    r"commit|hash|port|asin|patent|batch|lot|kit|item|no|account|iban|card|population|error|code|coordinates?|fcc|din|vin|chapter|page|section|update|driver|bios)\b[^a-z]{0,6}(?:(?:number|no|id|code|is|key)\b[^a-z]{0,4}){0,2}$"
)
_PHONE_SHAPE: Final = re.compile(
    r"(?:\+|00)\d.{7,}|\(\d{2,5}\)\s?\d{3,4}[ .-]?\d{3,5}|1?[ .-]?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|0\d{2,5}[ -]\d{3,4}[ -]?\d{3,4}|0\d{3,4}[ -]\d{5,6}|0\d(?:[ .]\d\d){4}|0\d{2,4}[/-]\d{5,9}|555-\d{4}"
)
_FREEPHONE: Final = re.compile(
    r"(?:\+?1)?8(?:00|88|77|66|55|44|33)\d{7}|(?:\+44|0)(?:800|808|3\d\d|8[47]\d)\d{6,7}|(?:\+49|0)800\d{6,9}|(?:\+33|0)80\d{7}|1[38]00\d{6}"
)
_DATE_LIKE: Final = re.compile(
    r"(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}.*|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d.*|(?:19|20)\d\d\s?[-/]\s?(?:19|20)\d\d|(?:\d{1,3}\.){3}\d{1,3}(?:/\d+)?|\d+(?:\.\d+){4,}|\d{1,3}(?: \d{3}){2,}|\d{1,2}/\d{1,2}.*"
)
_STREET_KIND: Final = r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|boulevard|blvd|way|place|pl|terrace|close|crescent|cres|gardens|square|sq|parkway|pkwy|highway|hwy|circle|cir|row|walk|mews|hill|grove|trail|loop|quay|wharf)"
_ADDRESS: Final = re.compile(
    rf"(?<![\w.,$€£#/-])\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?,?\s(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\.?\s)?(?:(?:[A-Z][\w'.-]{{1,24}}|\d{{1,3}}(?:st|nd|rd|th))\s){{1,3}}(?i:{_STREET_KIND})\b(?!\w)"
    r"|(?<!\w)[A-Z][\w-]{2,24}(?:strasse|str\.|gasse|platz|allee|weg|laan|straat)\s\d{1,4}[a-z]?\b"
    r"|\b\d{1,4}(?:\s(?:bis|ter))?,?\s(?i:rue|avenue|boulevard|place|chemin|calle|via|viale|piazza)\s(?:(?:de|du|des|la|le|del|della|di)\s){0,2}[A-Z][\w'-]{2,24}"
    r"|\b(?:P\.?\s?O\.?\s?Box|PO Box)\s\d{1,6}\b"
    r"|(?<!\w)(?:Flat|Apt|Apartment|Unit|Suite)\.?\s#?\d{1,4}[A-Za-z]?,\s[^\n]{3,40}\b(?:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]{2} \d{5})\b"
    r"|\b(?:lives?|living|address is|deliver(?:ed)? to|ship(?:ped)? to|sent to|house at|home at)\s(?:at\s)?\d{1,5}\s[A-Z][\w'-]{2,24}\b"
)
_SHOP: Final = re.compile(
    r"\b(?:our|we'?re|find us|visit|head office|headquarters|hq|showroom|branch|warehouse|museum|event|venue|meetup|conference|returns? to|return address|registered office|"
    r"post it to us|mail it to us|send it (?:back )?to us|store|shop|cafe|restaurant|office|clinic|depot|pick-?up point|dealer|service centre|service center|location)\b"
)


def _nearest(reading: Reading, at: int, ours: re.Pattern[str], theirs: re.Pattern[str]) -> str:
    """Say whose it is by the last cue before it in its sentence: `ours`, `theirs` or nothing."""
    before = reading.before(at, 90)
    last_ours = max((match.end() for match in ours.finditer(before)), default=-1)
    last_theirs = max((match.end() for match in theirs.finditer(before)), default=-1)
    if last_ours == last_theirs:
        return ""
    return "ours" if last_ours > last_theirs else "theirs"


def _company_keys(reading: Reading) -> list[str]:
    return [key for name in reading.candidate.company if len(key := re.sub(r"\W", "", name.lower())) >= 3]


def find_mail(reading: Reading) -> Iterator[Span]:
    """Find mail addresses that are not public mailboxes, plain or written out with “at” and “dot”."""
    for match in _MAIL.finditer(reading.lower):
        local, domain = match[1].strip("."), _DOT.sub(".", match[2])
        if not _is_public_mailbox(reading, match.start(), local, domain):
            yield match.span()


def _is_public_mailbox(reading: Reading, at: int, local: str, domain: str) -> bool:
    if _PLACEHOLDER.fullmatch(local):
        return True
    labels = domain.split(".")
    if any(key in domain.replace("-", "") for key in _company_keys(reading)):
        return _nearest(reading, at, _OURS, _THEIRS) != "theirs" or bool(_ROLE.fullmatch(local))
    if set(labels[:-1]) & _FREE_MAIL:
        return False
    return bool(_ROLE.fullmatch(local)) and _nearest(reading, at, _OURS, _THEIRS) != "theirs"


def find_phone(reading: Reading) -> Iterator[Span]:
    """Find phone numbers of people: by shape, by a word such as “call” before them, or by a country's numbering plan."""
    for match in _PHONE.finditer(reading.folded):
        start, end = match.start(), match.start() + len(match[0].rstrip(" .-/("))
        text = reading.folded[start:end]
        if _looks_like_phone(reading, start, text) and not _is_public_number(reading, start, text):
            yield start, end


def _looks_like_phone(reading: Reading, start: int, text: str) -> bool:
    before = reading.before(start, 40)
    if _DATE_LIKE.fullmatch(text) or _NUMBER_CUE.search(before):
        return False
    if _PHONE_SHAPE.fullmatch(text):
        return True
    if len(set(re.sub(r"\D", "", text))) < 3:
        return False
    return bool(_PHONE_CUE.search(before)) or (_has_separators(text) and _in_a_numbering_plan(text))


def _has_separators(text: str) -> bool:
    return len(re.findall(r"[ .()-]", text)) >= 2


def _in_a_numbering_plan(text: str) -> bool:
    return any(phonenumbers.PhoneNumberMatcher(text, region).has_next() for region in ("US", "GB", "DE", "FR", "AU"))


def _is_public_number(reading: Reading, start: int, text: str) -> bool:
    digits = re.sub(r"[^\d+]", "", text)
    if _FREEPHONE.fullmatch(digits):
        return _nearest(reading, start, _OURS, _THEIRS) != "theirs"
    return _nearest(reading, start, _OURS, _THEIRS) == "ours"


def find_address(reading: Reading) -> Iterator[Span]:
    """Find postal addresses that do not read as a shop, an office or a return address of ours."""
    for match in _ADDRESS.finditer(reading.folded):
        if _nearest(reading, match.start(), _SHOP, _THEIRS) != "ours":
            yield match.span()
