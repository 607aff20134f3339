"""What people can be told by services, gathered from their source: whole sentences, and all words of a refusal."""

import ast
import builtins
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from guidelines.pack import default

ROOT = Path(__file__).parent.parent

ROOMS = (
    "bot/*.py",
    "bot/models/*.py",
    "bot/slack/*.py",
    "bot/throttle/*.py",
    "bot/packs/*.py",
    "bot/audit/reviewing.py",
    "guidelines/facts.py",
    "guidelines/run.py",
    "guidelines/claims/*.py",
    "guidelines/checks/*.py",
    "guidelines/throttle/*.py",
    "guidelines/suspicious.py",
    "connectors/[a-z]*.py",
)
IN_ENGLISH: Mapping[str, str] = {
    "bot/__main__.py": "printed by the command",
    "bot/app.py": "printed when the bot starts",
    "bot/database.py": "printed when the bot starts",
    "bot/settings.py": "printed when the bot starts",
    "bot/vault.py": "printed when the bot starts",
    "bot/doctor.py": "printed by `chorus doctor`",
    "bot/recordkeeping.py": "told to those who keep the record, with the words of the verifier",
    "bot/fact_reading.py": "about a file of facts, shown on the console",
    "bot/factbook.py": "about a file of facts, shown on the console",
    "bot/packs/versions.py": "about a file of guidelines, shown on the console",
    "bot/people.py": "printed by `chorus people`",
    "bot/wording.py": "drafts, which stand in the language of the post",
    "bot/writer.py": "asked of a model",
    "bot/cleaning.py": "written to the log",
    "bot/slack/manifest.py": "shown by Slack, which knows one language of it",
    "bot/slack/sockets.py": "shown by the health page",
    "bot/throttle/limit_files.py": "about a file of limits, printed by the command",
    "guidelines/claims/examples.py": "about a file of facts, printed by the command",
    "guidelines/claims/fields.py": "about a file of facts, printed by the command and shown on the console",
    "guidelines/claims/corrections.py": "drafts, which stand in the language of the fact",
    "guidelines/throttle/terms.py": "about a limit written as a mapping, printed by the command",
}
"""Modules that nobody in Slack hears of, each with where its words go instead."""

FRAGMENTS = ("bot/showing.py", "bot/triage.py", "guidelines/suspicious.py")
"""Modules whose words are put into sentences elsewhere: there, whatever has several words is said to people."""

_ALLOWS = "can_reply"
"""Of a connector only this is shown as it says it: why a person, or nobody, answers there."""

_DRAFT = "{company}"
_BLANK = re.compile(r"\{[a-z_]*\}")
_SENTENCE = re.compile(r"[A-Z“@{ ].*[.?!]\s*|.*[a-z})]\.\s*", re.DOTALL)
_NOT_SAID = ("log.", "logger.", "re.compile", "regex.compile", "_pattern", "text", "select", "name.startswith")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A template: its fixed parts, between which there are blanks, and where it stands."""

    parts: tuple[str, ...]
    where: str

    def filled(self) -> tuple[str, tuple[str, ...]]:
        """Return it with something in its blanks that no catalogue knows; whole sentences where sentences go."""
        text, values = self.parts[0], []
        for number, part in enumerate(self.parts[1:], 1):
            is_sentence = re.fullmatch(r"|.*[.!?:]\s", text, re.DOTALL) and (
                not part.strip() or re.match(r" [A-Z(]", part)
            )
            value = f"Qx{number}z." if is_sentence else f"Qx{number}z"
            values.append(value)
            text += value + part
        return text, tuple(values)


def spoken() -> Iterator[Spoken]:
    """Return everything that is said."""
    for room in ROOMS:
        for path in sorted(ROOT.glob(room)):
            name = str(path.relative_to(ROOT))
            if name not in IN_ENGLISH:
                yield from of_module(path, name)
    for rule in default().rules:
        for text in (rule.title, rule.why, rule.fix):
            if text:
                yield Spoken((text,), f"the default pack, {rule.id}")


def of_module(path: Path, name: str) -> Iterator[Spoken]:
    """Return what one module says."""
    tree: ast.AST = ast.parse(path.read_text(encoding="utf-8"))
    if name.startswith("connectors/"):
        allowing = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) and each.name == _ALLOWS]
        tree = ast.Module([*allowing], [])
    silent, raised = _silent(tree), _raised(tree)
    for node in ast.walk(tree):
        if id(node) in silent or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        parts = _parts(node)
        text = "{}".join(parts)
        if not _is_prose(parts) or (isinstance(node, ast.Constant) and _DRAFT in str(node.value)):
            continue
        if id(node) in raised or name in FRAGMENTS or _SENTENCE.fullmatch(text):
            yield Spoken(parts, f"{name}:{node.lineno}")


def _parts(node: ast.Constant | ast.JoinedStr) -> tuple[str, ...]:
    if isinstance(node, ast.Constant):
        return tuple(_BLANK.split(node.value)) if isinstance(node.value, str) else ("",)
    parts = [""]
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts[-1] += str(value.value)
        else:
            parts.append("")
    return tuple(parts)


def _is_prose(parts: tuple[str, ...]) -> bool:
    letters = sum(char.isalpha() for part in parts for char in part)
    return letters > 5 and " " in "{}".join(parts).strip()


def _silent(tree: ast.AST) -> set[int]:
    """Docstrings, annotations, what is logged, matched or asked of the database, and the pieces of longer strings."""
    return {id(each) for node in ast.walk(tree) for each in _silent_in(node)}


def _silent_in(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Expr(value=ast.Constant() as said) | ast.Subscript(slice=said):
            yield said
        case ast.JoinedStr():
            yield from (each for each in ast.walk(node) if each is not node)
        case ast.Dict(keys=keys):
            yield from (key for key in keys if key is not None)
        case ast.Call(func=called) if ast.unparse(called).startswith(_NOT_SAID):
            yield from ast.walk(node)
        case ast.arg(annotation=ast.expr() as form) | ast.AnnAssign(annotation=form):
            yield from ast.walk(form)
        case ast.FunctionDef(returns=ast.expr() as form):
            yield from ast.walk(form)


def _raised(tree: ast.AST) -> set[int]:
    """Everything inside of a `raise`, but for mistakes of the program itself."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            kind = ast.unparse(node.exc.func)
            if not hasattr(builtins, kind):
                found |= {id(each) for each in ast.walk(node.exc)}
    return found
