"""What the story of the demo is told in: plain data, nothing of the database."""

from dataclasses import dataclass, field

from ridley.assistant.demo.files import DemoFile


@dataclass(frozen=True, slots=True)
class TenantMeta:
    key: str
    name: str
    description: str
    language: str
    source_word: str


@dataclass(frozen=True, slots=True)
class Branch:
    """An office; `parent` is the key of the office above it, empty for the head office."""

    key: str
    name: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in; `sources` limits a steward to these, empty is all."""

    email: str
    first_name: str
    last_name: str
    role: str
    branch: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    key: str
    name: str
    associated_vertical: str
    home_url: str
    support_email: str


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    title: str
    type: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A kind of record. `comparable` are the text fields by which two records can be told to mean the same thing."""

    key: str
    name: str
    fields: tuple[Field, ...]
    key_fields: tuple[str, ...]
    comparable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A dataset as one source sends it, or the master, which has no source. `columns` maps headers to fields."""

    dataset: str
    source: str | None
    name: str
    columns: dict[str, str]
    feed: str
    files: tuple[DemoFile, ...]
    description: str = ""
    grouping_field: str = ""
    four_eyes: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    tenant: TenantMeta
    branches: tuple[Branch, ...]
    people: tuple[Person, ...]
    sources: tuple[Source, ...]
    datasets: tuple[Dataset, ...]
    tables: tuple[Table, ...] = field(repr=False)
