"""The faces on Plaza: initials on a colour that is always the same person's, and Harbour's lighthouse."""

import hashlib
from html import escape

from bot.demo.plaza.records import Account, Role

_LIGHTHOUSE = (
    '<rect width="48" height="48" rx="12" fill="#16395c"/><path d="M20 20h8l2 18H18z" fill="#fff"/>'
    '<path d="M19.4 26h9.2l.5 4.5H18.9z" fill="#e2574c"/><path d="M20 12h8v7h-8z" fill="#ffd479"/>'
    '<path d="M18.5 12 24 7.5 29.5 12z" fill="#fff"/><path d="M30 14l10-3v7z" fill="#ffd479" opacity=".55"/>'
    '<path d="M18 14 8 11v7z" fill="#ffd479" opacity=".55"/>'
)


def face_of(account: Account) -> str:
    """Draw an SVG: round for people of the public, square for the company and those who work there."""
    if account.username == "harbour":
        drawn = _LIGHTHOUSE
    elif account.role is Role.COMPANY:
        drawn = f'<rect width="48" height="48" rx="12" fill="#24527f"/>{_initials(account)}'
    else:
        drawn = f'<circle cx="24" cy="24" r="24" fill="hsl({_hue(account)} 38% 46%)"/>{_initials(account)}'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">{drawn}</svg>'


def _hue(account: Account) -> int:
    return int.from_bytes(hashlib.sha256(account.username.encode()).digest()[:2]) % 360


def _initials(account: Account) -> str:
    letters = escape("".join(word[0] for word in account.name.split()[:2]).upper())
    return (
        '<text x="24" y="30.5" text-anchor="middle" font-family="system-ui,sans-serif" font-size="18" '
        f'font-weight="600" fill="#fff">{letters}</text>'
    )
