"""What strangers' connectors may build on besides the contract: one exchange over HTTP, reading, text, listening."""

from connectors._conversation import parents_first, rooted
from connectors._line import Answer, checked_address, checked_secret
from connectors._listening import ListenOnly
from connectors._reading import Json, Unreadable, id_of, is_mapping, list_of, member, optional_time, text_in, time_of
from connectors._text import clean, one_line, plain, same, web_address
from connectors._wire import Request, Wire, said_in

__all__ = [
    "Answer",
    "Json",
    "ListenOnly",
    "Request",
    "Unreadable",
    "Wire",
    "checked_address",
    "checked_secret",
    "clean",
    "id_of",
    "is_mapping",
    "list_of",
    "member",
    "one_line",
    "optional_time",
    "parents_first",
    "plain",
    "rooted",
    "said_in",
    "same",
    "text_in",
    "time_of",
    "web_address",
]
