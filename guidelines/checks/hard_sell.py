"""Hard sell: a text that pushes to buy. Weighted groups of signs are added up; no single sign decides."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import Field, model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options, shorthand
from guidelines.checks.links import links_of
from guidelines.reading import Reading, Span


@dataclass(frozen=True, slots=True)
class Group:
    """One sign of selling: counts `weight` once, or nothing where the text denies it."""

    name: str
    weight: float
    pattern: re.Pattern[str]
    answers: bool = False


class HardSellOptions(Options):
    """`max_score`: the rule is broken above it."""

    max_score: float = Field(default=1.0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else shorthand(value, "max_score")


_OPENING: Final = r"(?:^|[.!?:;,\n\"(-]\s*|\b(?:so|and|just|then|please|go|now|or|but|to|why not|don't wait[,:]?|come|simply|today[,:]?|you (?:should|can|could|need to|have to|must|really should|might want to|gotta))\s+)(?:and |just |go |definitely |absolutely |really )?"


def _group(name: str, weight: float, *patterns: str, answers: bool = False) -> Group:
    return Group(name, weight, re.compile("|".join(patterns)), answers)


GROUPS: Final = (
    _group(
        "a push to buy",
        1.0,
        _OPENING
        + r"(?:buy|order|pre-?order|purchase|shop|subscribe|upgrade|grab|snag|claim|get yours|treat yourself|pick (?:one|yours) up|add (?:it|one) to (?:your )?(?:cart|basket)|switch (?:over )?to (?:us|our)|go (?:pro|premium|annual)|secure your|reserve your|lock in|stock up|unlock|ditch|invest in)\b(?! (?:number|no|id|history|status|confirmation|details|ref|page|was|is|has|around|path|process|it back|to (?:see|read|check|the latest|version|firmware|ios|android)|from the|log)\b)",
        _OPENING
        + r"(?:get|start|try|join|book|score|enjoy|sign up for) (?:your|yours|a|an|our|the|one|it|us|in on)\s?(?:\w+ ){0,3}?(?:free trial|trial|demo|today|now|deal|offer|plan|subscription|discount|premium|pro\b|membership|consultation|sample|waitlist|bundle|for (?:just|only))",
    ),
    _group(
        "urgency",
        1.0,
        r"\b(?:hurry|act (?:now|fast|today|quick)|last chance|final (?:hours|chance|days|call)|limited[- ](?:time|offer|stock|edition|spots|seats|availability)|while (?:supplies|stocks?) lasts?|don't (?:miss(?: out| this)?|wait|sleep on|delay|hesitate to (?:buy|order|upgrade|sign))|selling (?:out )?fast|going fast|almost (?:gone|sold out)|"
        r"before (?:it's|they're|it is|they are|we're) (?:gone|too late|sold out|all gone)|before (?:the )?(?:prices? (?:goes|go|rise)|(?:sale|offer|deal) (?:ends|expires))|only (?:\d+|a few|a handful|three|two|five) (?:\w+ )?(?:left|remaining|spots|seats)|(?:sale|offer|deal|discount|promo|price|this) (?:ends|expires|is over|won't last|is only (?:on|valid|good))|ends (?:tonight|soon|today|at midnight|this week|sunday|friday|monday)|"
        r"what are you waiting for|time is running out|clock'?s? (?:is )?ticking|today only|tonight only|this (?:week|weekend|month) only|(?:one|24|48)[- ](?:day|hours?)(?:[- ]only)?[- ]sale|now or never|won't last|no time to lose|sooner rather than later|never been (?:a better time|cheaper)|"
        r"(?:buy|order|shop|upgrade|subscribe|sign up|get (?:it|one|yours)|start|join|switch|book|grab (?:it|one|yours)|try (?:it|us|our|harbour|pro|premium)|claim|download|call|call us|visit us)\b[^.!?\n]{0,40}?\b(?:now|today|right away|tonight|asap|this instant|immediately)\b)",
    ),
    _group(
        "a discount",
        1.0,
        r"\b\d{1,2} ?% (?:off|discount|cheaper|savings?|less)|\b\d{1,2} percent off|\b(?:use|with|enter|apply|quote|type|try|grab|your|here's a|have a|take|the)\s(?:\w+ ){0,3}?code\b(?!(?: \w+){0,3} (?:error|appears?|scanner|reader|review|base|snippet|block|on the (?:back|bottom|box|label)))[: ]+[\"'a-z]*\d|"
        r"\b(?:use|with|enter|apply)\s(?:\w+ ){0,2}?code\b[: ]+[\"']?[a-z0-9]{3,}\b(?! (?:on|from|in|we|you|is|at)\b)|\b(?:promo|discount|coupon|voucher|referral|affiliate) ?(?:code|link)s?\b|\bcoupon\b|\bsave (?:up to )?(?:[$£€]\s?\d|\d+ ?%|big|a bundle|hundreds|\d+ (?:euros|dollars|pounds|bucks))|"
        r"\b(?:half|reduced|discounted|special|unbeatable|introductory|lowest|crazy|slashed|rock-bottom|best) prices?\b|\b(?:bogo|buy one,? get one|two for one|2 for 1|black friday|cyber monday|flash sale|mega sale|(?:spring|summer|winter|holiday|clearance|big|huge|massive) sale|on sale (?:now|today|this|for)|special offer|exclusive (?:offer|deal|discount|access)|(?:great|amazing|best|hot|killer|insane|sweet|incredible|special|exclusive|unbeatable) (?:deal|offer|discount)s?|deal of the|steal at|for (?:just|only) (?:[$£€]|\d)|(?:just|only) [$£€] ?\d|from (?:just|only) [$£€]? ?\d|now (?:just|only) [$£€]? ?\d|(?:\w+ )?(?:months?|weeks?) free\b|free gift|cheaper than ever)",
        answers=True,
    ),
    _group(
        "superlatives",
        1.0,
        r"\b(?:(?:the|our|simply the|hands down the) (?:very )?(?:best|greatest|finest|fastest|smartest|most (?:advanced|powerful|amazing|loved|trusted|innovative|reliable|comfortable)|#1|number one|no\.? ?1|only)\b[^.!?\n]{0,40}?\b(?:on the market|ever|in the world|on earth|in the (?:industry|business|country|game)|money can buy|you'll ever|around|out there|available|of all time|for you\b|in (?:town|its class))|best[- ]in[- ]class|"
        r"unbeatable|unmatched|unrivall?ed|second to none|game[- ]chang(?:er|ing)|life[- ]chang(?:er|ing)|revolutionary|world[- ]class|award[- ]winning|cutting[- ]edge|state[- ]of[- ]the[- ]art|next[- ]level|mind[- ]blowing|jaw[- ]dropping|must[- ]have|no[- ]brainer|#1\b|number one (?:app|brand|choice|tool)|"
        r"nothing (?:else )?(?:comes close|compares|beats)|you won't (?:find (?:\w+ )?(?:better|anything)|regret|be disappointed|look back|believe)|you'll (?:absolutely |totally |just )?(?:love (?:it|our|the|how|this)|be amazed|be blown away|never (?:go|look) back|wonder how you|thank (?:me|us|yourself))|like (?:never before|no other)|blows? (?:\w+ )?(?:out of the water|away)|"
        r"(?:everyone|everybody|thousands|millions) (?:loves?|(?:of (?:\w+ )?(?:people|customers|users|teams|companies) )?(?:trust|love|swear|are (?:switching|raving|already))|is (?:switching|talking|raving))|join (?:\d[\d,.]*k?|thousands|millions|over)|you (?:need|deserve) (?:this|it|our|the best|better)|worth every (?:penny|cent)|perfect for (?:you|everyone|anyone))",
    ),
    _group(
        "a pitch",
        1.0,
        r"\b(?:(?:tired|sick|fed up|done) (?:of|with) [^.!?\n]{2,60}\?|ready (?:to|for) [^.!?\n]{2,60}\?|looking for [^.!?\n]{2,60}\? (?:look no further|we've got|you've come|try)|look no further|say goodbye to|say hello to|why (?:settle for|not (?:upgrade|switch|treat)|waste|pay more)|never worry about|stop (?:wasting|overpaying|paying|settling|struggling)|"
        r"(?:transform|supercharge|revolutioni[sz]e|skyrocket|elevate|boost|turbocharge|level up|take) your\b[^.!?\n]{0,40}?(?:\bto the next level|\btoday|\bwith (?:our|us)|[.!])|(?:our|the) (?:\w+ ){0,2}?(?:premium|pro|plus|paid|enterprise|business|gold|ultimate|deluxe|upgraded?|higher|annual|new|flagship)(?: (?:plan|tier|version|model|subscription|package|membership|line|edition|bundle))?\b[^.!?\n]{0,30}?\b(?:would (?:fix|solve)|fixes|solves|doesn't have (?:this|that)|won't have|is perfect for|has you covered|is (?:so )?much better|will blow|is what you need|would be perfect)|"
        r"(?:we've|we have) (?:got )?(?:just )?(?:the (?:perfect|right|best|ideal) (?:thing|solution|product|plan|fit|tool|answer)|what you need)|have you (?:considered|thought about) (?:upgrading|switching|buying|our|going (?:pro|premium)|getting)|(?:should|could) (?:really |definitely |totally |just )?(?:upgrade|switch (?:over )?to (?:us|our)|buy|get our|go (?:pro|premium)|check out our|consider (?:upgrading|our))|"
        r"upgrad(?:e|ing) to (?:our|the|a)? ?(?:pro|premium|plus|paid|business|gold|enterprise|new|latest model|deluxe|ultimate|annual)|switch(?:ing)? (?:over )?to (?:us|our)\b|give (?:us|our \w+) a (?:try|go|shot|spin)|make the switch|treat yourself|best (?:decision|investment|purchase)|pays for itself|while you're (?:here|at it),? (?:why not|check|take a look|have a look)|(?:also )?check out our (?:new|latest|full|amazing|other|premium|range|line|store|shop|sale|deals?|latest|collection|products?)|we also (?:sell|offer|have|do) [^.!?\n]{3,60}(?:too|as well|!|for (?:just|only))|ask (?:me|us) about our)",
    ),
    _group(
        "a funnel",
        1.0,
        r"\b(?:link in (?:my |our |the )?(?:bio|profile)|(?:dm|message|pm|inbox|text|email|e-mail|contact|call) (?:me|us|our sales(?: team)?|sales) (?:to|for|and (?:we'll|i'll)|with)\b[^.!?\n]{0,30}?\b(?:order|buy|claim|a quote|pricing|discount|deal|offer|price|code|demo|exclusive|hook you up|special|get started|yours)|click (?:here|the link|below|on the link)|tap (?:here|the link|below)|swipe up|(?:book|schedule|request|arrange|grab) (?:a|your|an|my) (?:\w+ )?(?:demo|call|consultation|slot|tour|appointment)|"
        r"(?:talk|speak|chat|reach out) (?:to|with) (?:our |a |my )?sales|hop on a (?:quick )?(?:call|demo)|shop (?:now|here|online|the|our)|(?:sign|signing) up (?:here|now|today|at|via|for (?:free|our|a free|premium))|get started (?:now|today|here|for free|free)|order (?:here|online at|yours|now|today)|buy (?:here|it here|yours|now|online)|download (?:it )?(?:now|today|our app)|(?:start|begin|try) (?:your|a|our|the) (?:\w+ )?free (?:trial|month)|subscribe (?:here|now|today|to our)|visit our (?:store|shop|website|site|online)|head (?:over )?to our (?:store|shop|website|site)|free shipping|money[- ]back|risk[- ]free|no[- ]obligation|satisfaction guaranteed)",
        answers=True,
    ),
)
_SHOUT: Final = re.compile(
    r"!{2,}|\b(?:[A-Z]{3,}[ !]+){2,}|\b(?:FREE|NOW|SALE|HUGE|BEST|DEAL|OFF|HURRY|BUY|ONLY|TODAY|SAVE|AMAZING|LOVE|NEW|NEVER|EVER)\b|[\U0001f525\U0001f4b8\U0001f6d2\U0001f6a8\U0001f449\U0001f911\U0001f4b0\U0001f680]"
)
_DENIED: Final = re.compile(
    r"\b(?:no|not|don't|doesn't|didn't|isn't|aren't|wasn't|won't|never|without|nothing|can't|cannot|couldn't|rather than|instead of|stop(?:ped)?|expired|used to|nobody|wouldn't|shouldn't|no longer|neither|ended)\b(?! only)[^.!?;]{0,28}$"
)
_DENIED_AFTER: Final = re.compile(
    r"^[^.!?;\n]{0,30}?\b(?:ended|expired|has ended|is over|are over|was|were|isn't|doesn't|won't|didn't|no longer|not (?:needed|required|available|valid)|is not)\b"
)
_ASKED: Final = re.compile(
    r"\b(?:price|prices|pricing|cost|costs|how much|discounts?|code|coupon|voucher|deals?|sale|offers?|where (?:can|do|could) (?:i|we) (?:buy|get|order|find|sign|pre-?order)|buy|order one|subscribe|trial|demo|sign up|upgrade|cheaper|student|link|plans?|promo|black friday|recommend)\b"
)


def score(reading: Reading) -> tuple[float, list[tuple[str, Span]]]:
    """Return how much a text sells, and the signs found. Signs that answer what the mention asked weigh half."""
    asked = bool(_ASKED.search(reading.candidate.mention.lower()))
    signs: list[tuple[str, Span]] = []
    total = 0.0
    for group in GROUPS:
        if span := _first(reading, group.pattern):
            total += group.weight / 2 if asked and group.answers else group.weight
            signs.append((group.name, span))
    if total and (shout := _SHOUT.search(reading.folded)):
        total += 0.5
        signs.append(("shouting", shout.span()))
    if total and not asked and "!" in reading.folded:
        total += 0.5
    if total and not asked and links_of(reading):
        total += 0.5
    return total, signs


def _first(reading: Reading, pattern: re.Pattern[str]) -> Span | None:
    for match in pattern.finditer(reading.lower):
        if not _is_denied(reading, match.span()) and not reading.is_quoted(match.span()):
            return match.span()
    return None


def _is_denied(reading: Reading, span: Span) -> bool:
    inner = reading.lower[span[0] : span[1]]
    if re.match(r"\W*(?:don't|nothing|you won't|no[- ]|won't)", inner):
        return False
    return bool(_DENIED.search(reading.before(span[0] + 1, 50)) or _DENIED_AFTER.search(reading.after(span[1], 60)))


def _build(options: HardSellOptions, _lists: Mapping[str, tuple[str, ...]]) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        total, signs = score(reading)
        if total > options.max_score:
            names = ", ".join(dict.fromkeys(name for name, _ in signs))
            yield Hit(signs[0][1], f"Reads like an advert: {names} (score {total:g}).")

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (Kind("hard_sell", HardSellOptions, _build, "does not push to buy; a score of weighted signs"),)
