"""App Home: my open work, what I may do, what came of my replies; and for those who look after it, the whole."""

from collections.abc import Iterable

from bot.desk import Desk, LimitView, SaidView, SourceView, Tally, WorkView
from bot.models import Employee, SourceState, Stop, Urgency
from bot.permissions import Act, may
from bot.slack import accounts, amending, asking, reviewing, saturated
from bot.slack.blocks import (
    Confirm,
    Json,
    Option,
    actions,
    button,
    context,
    divider,
    header,
    page_button,
    section,
    select,
)
from bot.slack.text import Markup, date, link, one_line
from bot.slack.words import Words

_LONGEST_LINE = 180
_LONGEST_LIST = 2800
_MOST_LIMITS = 25


def home(desk: Desk, person: Employee, words: Words) -> Json:
    """Return a person's Home."""
    blocks = [
        *stops_in_force(desk.stops, person, words),
        *_frozen(desk.frozen, words),
        *asking.listed(desk.questions, words),
        *amending.listed(desk.own_errors, words),
        context(tally_line(desk.tally, words)),
        *_work(desk.work, person, words),
        *_said("home.replies", "home.no_replies", desk.said, words),
        *_standing(person, words),
        *(accounts.shown(desk.accounts, desk.console, words) if may(person, Act.CONNECT) else ()),
        *_sources(desk.sources, person, words),
        *_limits(desk.limits, person, words),
        *(saturated.drawn(desk.saturation, words) if desk.saturation else ()),
        *_switch(person, words),
        *(reviewing.queue(desk.to_review, desk.reviews, words) if may(person, Act.REVIEW) else ()),
    ]
    return {"type": "home", "callback_id": "home", "blocks": blocks[:100]}


def tally_line(tally: Tally, words: Words) -> str:
    """Return the whole in numbers."""
    line = words(
        "home.tally",
        open=tally.open,
        waiting=tally.waiting,
        posted=tally.posted,
        dismissed=tally.dismissed,
    )
    doubt = words.count("home.in_doubt", tally.in_doubt) if tally.in_doubt else ""
    trouble = words.count("home.trouble", tally.sources_in_trouble) if tally.sources_in_trouble else ""
    return " ".join(part for part in (line, doubt, trouble) if part)


def stops_in_force(stops: Iterable[Stop], person: Employee, words: Words) -> list[Json]:
    """Return each stop with its reason, and the way to lift it for those who may."""
    blocks: list[Json] = []
    for stop in stops:
        ask = Confirm(words("stop.lift_title"), words("stop.lift_text"), words("stop.lift_yes"), words("cancel"))
        lift = button("stop.lift", words("button.lift"), str(stop.id), confirm=ask)
        blocks.append(section(stop_line(stop, words), accessory=lift if may(person, Act.STOP) else None))
    return blocks


def stop_line(stop: Stop, words: Words) -> Markup:
    """Return what a stop stops, why, since when."""
    what = words(f"stop.scope_{stop.scope.value}", subject=stop.subject)
    until = words.markup("stop.until", when=date(stop.until)) if stop.until else ""
    passing = words.markup("stop.passing", allowed=one_line(", ".join(stop.allowed), 200)) if stop.allowed else ""
    line = words.markup(
        "stop.line", what=what, reason=one_line(stop.reason, 300), since=date(stop.thrown_at), until=until
    )
    return Markup(f"{line} {passing}".rstrip())


def work_line(work: WorkView, words: Words) -> Markup:
    """Return a conversation on one line."""
    line = words.markup(
        "home.work_line",
        kind=words(f"kind.{work.kind.value}"),
        who=one_line(work.author, 60) or words("post.nobody"),
        when=date(work.created_at),
        text=one_line(work.text, _LONGEST_LINE) or words("post.empty"),
    )
    urgent = words.markup("card.urgent") if work.urgency is Urgency.HIGH else ""
    mine = words.markup("home.mine") if work.is_mine else ""
    return Markup(line + urgent + mine)


def source_line(source: SourceView, words: Words) -> Markup:
    """Return how a source fares."""
    read = date(source.read_at) if source.read_at else words("home.never")
    return words.markup(
        f"home.source_{source.state.value}",
        name=one_line(source.name, 80),
        platform=source.platform,
        when=read,
        detail=one_line(words.said(source.detail), 200),
    )


def limit_line(limit: LimitView, words: Words) -> Markup:
    """Return a limit as its sentence."""
    key = "home.limit_fixed" if limit.is_fixed else "home.limit"
    return words.markup(key, sentence=words.said(limit.sentence), name=limit.name)


def lines(parts: Iterable[Markup]) -> Markup:
    """Return as many lines as one paragraph holds."""
    kept, used = [], 0
    for part in parts:
        used += len(part) + 1
        if used > _LONGEST_LIST:
            break
        kept.append(part)
    return Markup("\n".join(kept))


def _work(work: tuple[WorkView, ...], person: Employee, words: Words) -> list[Json]:
    blocks = [header(words("home.work"))]
    if not work:
        return [*blocks, section(words("home.no_work"))]
    for item in work:
        subject = str(item.mention_id)
        reply = (button("reply.open", words("button.reply"), subject),) if may(person, Act.REPLY) else ()
        blocks += [
            section(work_line(item, words)),
            actions(
                f"work.{subject}",
                *reply,
                button("mention.thread", words("button.thread"), subject),
                *page_button("link.post", words("card.open_post"), item.url, f"post:{subject}"),
            ),
        ]
    return blocks


def _said(title: str, nothing: str, said: tuple[SaidView, ...], words: Words) -> list[Json]:
    if not said:
        return [header(words(title)), section(words(nothing))]
    return [header(words(title)), *(section(_said_line(reply, words)) for reply in said)]


def _frozen(said: tuple[SaidView, ...], words: Words) -> list[Json]:
    if not said:
        return []
    return [section(words("home.frozen")), *(section(_said_line(reply, words)) for reply in said)]


def _said_line(reply: SaidView, words: Words) -> Markup:
    return words.markup(
        "home.said",
        state=words(f"reply_state.{reply.state.value}"),
        who=one_line(reply.approved_by, 60),
        when=date(reply.approved_at),
        text=one_line(reply.text, _LONGEST_LINE),
        detail=one_line(words.said(reply.detail), 150),
        link=link(reply.url, words("card.open_reply")) if reply.url else "",
    )


def _standing(person: Employee, words: Words) -> list[Json]:
    can = ", ".join(words(f"act.{act.name.lower()}") for act in Act if may(person, act))
    cannot = ", ".join(words(f"act.{act.name.lower()}") for act in Act if not may(person, act))
    roles = ", ".join(words(f"role.{role}") for role in person.roles) or words("role.none")
    told = [words.markup("home.roles", roles=roles), words.markup("home.can", acts=can or "–")]
    if cannot:
        told.append(words.markup("home.cannot", acts=cannot))
    return [header(words("home.standing")), section(lines(told))]


def source_row(sources: Iterable[SourceView], words: Words) -> Json:
    """Return what may be done about sources: one is added, one chosen to be changed."""
    add = button("source.new", words("button.new_source"), "new")
    named = [Option(str(each.source_id), each.name) for each in sources]
    menu = (select("source.change", named[:99], "", placeholder=words("following.choose")),) if named else ()
    return actions("sources", add, *menu)


def _sources(sources: tuple[SourceView, ...], person: Employee, words: Words) -> list[Json]:
    if not may(person, Act.EDIT_SOURCES):
        return []
    blocks: list[Json] = [header(words("home.sources"))]
    for source in sources:
        paused = source.state is SourceState.PAUSED
        key, action = ("button.resume", "source.resume") if paused else ("button.pause", "source.pause")
        toggle = button(action, words(key), str(source.source_id))
        blocks.append(section(source_line(source, words), accessory=toggle))
    return [*blocks, source_row(sources, words)]


def _limits(limits: tuple[LimitView, ...], person: Employee, words: Words) -> list[Json]:
    editor = may(person, Act.EDIT_LIMITS)
    if not limits and not editor:
        return []
    blocks: list[Json] = [header(words("home.limits"))]
    blocks += [] if limits else [section(words("command.no_limits"))]
    for limit in limits[:_MOST_LIMITS]:
        change = button("limit.change", words("button.change"), limit.name)
        blocks.append(section(limit_line(limit, words), accessory=change if editor and not limit.is_fixed else None))
    return [*blocks, actions("limits", button("limit.new", words("button.new_limit"), "new"))] if editor else blocks


def _switch(person: Employee, words: Words) -> list[Json]:
    if not may(person, Act.STOP):
        return []
    return [divider(), actions("switch", button("stop.ask", words("button.stop"), "all", style="danger"))]
