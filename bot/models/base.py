"""What all records share: names of constraints, types of columns, enums stored by value."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Enum, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Json = dict[str, Any]
"""A JSON object; what is in it is checked where it enters."""


class Record(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """The base of all records."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[Mapping[Any, Any]] = {
        str: Text(),
        int: BigInteger(),
        datetime: TIMESTAMP(timezone=True),
        Json: JSONB(),
        list[str]: JSONB(),
        list[Json]: JSONB(),
    }


def stored(kind: type[StrEnum], name: str) -> Enum:
    """Return a column type that holds the enum's values as text, with a check constraint called `name`."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )
