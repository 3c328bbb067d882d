"""Fetches models, and only when asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from limner.models.completing import complete
from limner.models.entry import Entry, Source
from limner.models.failure import ModelFailure, Reason
from limner.models.fetching import Rim, fetch, persist
from limner.models.hub import Hub
from limner.models.hub_settings import HubSettings
from limner.models.library import Library
from limner.models.persistence import Patience
from limner.models.pinning import Listing, to_plan
from limner.models.plan import Plan, outdated
from limner.models.progress import Meter, Progress
from limner.models.shelf import PARTIAL_SUFFIX, Shelf
from limner.models.space import check_room, disk_refusals


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a download ended well."""

    plan: Plan
    notes: tuple[str, ...] = ()  # sentences for who asked
    was_there: bool = False


def pull(
    entry: Entry,
    shelf: Shelf,
    settings: HubSettings,
    tell: Callable[[Progress], None],
    patience: Patience | None = None,
    *,
    is_accepted: bool,
) -> Outcome:
    """Has the model of `entry` lie on `shelf`, and goes on with what was fetched before.

    `tell` is called at every change. Raises ModelFailure; what was fetched then stays, for the next time.
    """
    check_licence(entry, is_accepted=is_accepted)
    if shelf.has(entry.name):
        return _already_there(entry, shelf)
    settings.check_online()
    with disk_refusals(shelf.root), shelf.held(entry.name):
        if shelf.has(entry.name):
            return _already_there(entry, shelf)
        return _pull(entry, shelf, settings, tell, patience or Patience())


def check_licence(entry: Entry, *, is_accepted: bool) -> None:
    """Raises ModelFailure for a model that must not be fetched, or not without accepting its licence."""
    if entry.is_built_in:
        raise ModelFailure(Reason.BUILT_IN, f"{entry.name} is built in; there is nothing to download.")
    if is_accepted or (entry.commercial_use and not entry.opt_in):
        return
    use = "" if entry.commercial_use else ", which allows no commercial use"
    where = f" ({entry.license_url})" if entry.license_url else ""
    raise ModelFailure(
        Reason.LICENCE,
        f"{entry.name} is under {entry.license}{use}; read it{where}, and if you accept it, say so with "
        '--accept-licence, or "accept_licence": true over REST.',
    )


def pull_into(
    library: Library,
    entry: Entry,
    settings: HubSettings,
    tell: Callable[[Progress], None],
    patience: Patience | None = None,
    *,
    is_accepted: bool,
) -> Outcome:
    """Does as `pull`, and puts the model where its bases' services look for it."""
    outcome = pull(entry, library.shelf_of(entry), settings, tell, patience, is_accepted=is_accepted)
    with disk_refusals(library.shelf_of(entry).root):
        complete(library.shelf_of(entry).finished(entry.name))
    return replace(outcome, notes=outcome.notes + library.attach(entry))


def _already_there(entry: Entry, shelf: Shelf) -> Outcome:
    manifest = shelf.read_manifest(entry.name)
    if manifest is None:
        text = f"{shelf.finished(entry.name)} is there already, though it was not downloaded by Limner."
        return Outcome(Plan(entry.name, ()), (text,), was_there=True)
    notes = [
        f"{entry.name} is there already, at revision {commit} of {source.repository}; the catalogue names "
        f"{source.revision}. `limner models remove {entry.name}` makes room for that one."
        for source in entry.sources
        if source.is_pinned and (commit := manifest.commit_of(source.repository)) != source.revision
    ]
    return Outcome(manifest, tuple(notes) or (f"{entry.name} is there already.",), was_there=True)


def _pull(
    entry: Entry,
    shelf: Shelf,
    settings: HubSettings,
    tell: Callable[[Progress], None],
    patience: Patience,
) -> Outcome:
    hub = Hub(settings, patience)
    rim = Rim(hub, patience, lambda: None)
    begun = shelf.read_plan(entry.name)
    plan, notes = _plan(entry, begun, rim)
    if begun is None:
        shelf.discard(entry.name)  # Nobody knows what it would be.
    else:
        _discard_outdated(begun, plan, shelf)
    check_room(shelf.root, plan.total_bytes - shelf.fetched_bytes(entry.name))
    shelf.write_plan(plan)
    meter = Meter(entry.name, plan.total_bytes, len(plan.pieces))
    rim = replace(rim, tell=lambda: tell(meter.progress(rim.clock())))
    for piece in plan.pieces:
        fetch(piece, shelf.files(entry.name), meter, rim)
    shelf.finish(plan)
    return Outcome(plan, notes)


def _plan(entry: Entry, begun: Plan | None, rim: Rim) -> tuple[Plan, tuple[str, ...]]:
    """Returns what to fetch now, and what to say about revisions that have moved since it was begun."""
    commits = [begun.commit_of(source.repository) if begun else "" for source in entry.sources]
    pairs = list(zip(entry.sources, commits, strict=True))
    notes = [_notice_move(entry.name, source, commit, rim) for source, commit in pairs]
    # What a branch was when it was begun is what it stays, or the files would not fit together.
    sources = [source if source.is_pinned or not at else replace(source, revision=at) for source, at in pairs]
    plan = to_plan(replace(entry, sources=tuple(sources)), [_list(source, rim) for source in sources])
    return plan, tuple(filter(None, notes))


def _notice_move(name: str, source: Source, commit: str, rim: Rim) -> str:
    if not commit or source.is_pinned or (now := _list(source, rim).commit) == commit:
        return ""
    return (
        f"Revision {source.revision} of {source.repository} moved from {commit} to {now} since this download "
        f"began, and it stays with {commit}; to have the newer one, `limner models remove {name}` and pull "
        "again."
    )


def _list(source: Source, rim: Rim) -> Listing:
    return persist(rim, lambda: rim.hub.list_files(source.repository, source.revision))


def _discard_outdated(begun: Plan, now: Plan, shelf: Shelf) -> None:
    """Removes what an earlier attempt has fetched of files that are no longer wanted as they were."""
    for path in outdated(begun, now):
        file = shelf.files(now.name) / path
        file.unlink(missing_ok=True)
        file.with_name(file.name + PARTIAL_SUFFIX).unlink(missing_ok=True)
