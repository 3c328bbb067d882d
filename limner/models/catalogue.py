"""Reads the catalogue: the models that Limner knows by name, in catalogue.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from limner.models.entry import Entry, File, Kind, Preset, Source, Weights
from limner.models.schema import EntrySchema, FamilySchema, FileSetSchema, SourceSchema

_FILE = "catalogue.toml"
_Model = TypeVar("_Model", bound=BaseModel)


class CatalogueBroken(ValueError):
    """The catalogue breaks its schema; the message says where and how."""


@cache
def read_catalogue() -> tuple[Entry, ...]:
    """Returns the entries of the catalogue that comes with the package."""
    return parse_catalogue((resources.files("limner.models") / _FILE).read_text("utf-8"))


def find_entry(name: str) -> Entry | None:
    """Returns the entry of that name, whatever its case; None when there is none."""
    return next((entry for entry in read_catalogue() if entry.name.lower() == name.lower()), None)


def parse_catalogue(text: str) -> tuple[Entry, ...]:
    """Returns the entries in `text`, each filled up from its family. Raises CatalogueBroken."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueBroken(f"The catalogue is no TOML: {error}.") from error
    families: Mapping[str, Mapping[str, Any]] = found.get("families", {})
    filesets = {name: _check(FileSetSchema, name, each) for name, each in found.get("filesets", {}).items()}
    models = cast("list[dict[str, Any]]", found.get("models", []))
    entries = tuple(_to_entry(_fill_up(each, families), filesets) for each in models)
    _check_names(entries)
    return entries


def _fill_up(each: Mapping[str, Any], families: Mapping[str, Mapping[str, Any]]) -> EntrySchema:
    name, family = str(each.get("name", "?")), str(each.get("family", ""))
    if family not in families:
        raise CatalogueBroken(f"{name} is of the unknown family {family!r}; known: {', '.join(families)}.")
    _check(FamilySchema, family, families[family])
    inherited = dict(families[family])
    if each.get("kind", Kind.CHECKPOINT) != Kind.CHECKPOINT:
        del inherited["presets"]
    return _check(EntrySchema, name, inherited | dict(each))


def _check(model: type[_Model], name: str, found: Mapping[str, Any]) -> _Model:
    try:
        return model.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in (name, *first["loc"]))
        raise CatalogueBroken(f"{where}: {first['msg']}, and it is {str(first['input'])[:80]!r}.") from error


def _to_entry(entry: EntrySchema, filesets: Mapping[str, FileSetSchema]) -> Entry:
    return Entry(
        name=entry.name,
        title=entry.title,
        family=entry.family,
        license=entry.license,
        license_url=entry.license_url,
        commercial_use=entry.commercial_use,
        opt_in=entry.opt_in,
        sources=tuple(_to_source(entry.name, source, filesets) for source in entry.sources),
        skills=frozenset(entry.skills),
        native_width_px=entry.native_px[0],
        native_height_px=entry.native_px[1],
        kind=entry.kind,
        note=entry.note,
        native_sizes_px=entry.further_native_px,
        min_side_px=entry.min_side_px,
        max_side_px=entry.max_side_px,
        size_multiple_px=entry.size_multiple_px,
        bases=entry.bases,
        slot=entry.slot,
        obstacle=entry.obstacle,
        presets=tuple(
            Preset(each.name, each.steps, each.guidance_scale, each.adapter) for each in entry.presets
        ),
        tiers=entry.tiers,
        weights=Weights(**entry.weights.model_dump()),
    )


def _to_source(name: str, source: SourceSchema, filesets: Mapping[str, FileSetSchema]) -> Source:
    for each in source.filesets:
        if each not in filesets:
            raise CatalogueBroken(f"{name} names the unknown fileset {each!r}; known: {', '.join(filesets)}.")
    sets = (*(filesets[each] for each in source.filesets), source)
    files = tuple(File(file.path, file.size_bytes, file.sha256) for each in sets for file in each.files)
    patterns = tuple(pattern for each in sets for pattern in each.patterns)
    return Source(source.repository, source.revision, files, patterns, source.folder)


def _check_names(entries: tuple[Entry, ...]) -> None:
    known: dict[str, Entry] = {}
    for entry in entries:
        if entry.name.lower() in known:
            raise CatalogueBroken(f"Two models are named {entry.name}.")
        known[entry.name.lower()] = entry
    for entry in entries:
        for other in (*entry.bases, *(preset.adapter for preset in entry.presets if preset.adapter)):
            if other.lower() not in known:
                raise CatalogueBroken(f"{entry.name} names {other}, which is no model of the catalogue.")
