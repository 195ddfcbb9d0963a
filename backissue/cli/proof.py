"""`verify`, `checkpoint` and `prove`: that nothing in the archive was altered, for whoever wants to know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.proof.check import keys_of, told
from archive.proof.keys import key_in
from archive.proof.note import Checkpoint, ProofError, Verifier, checked, signed, verifier_of
from archive.proof.proofs import Holds, check, consistency, inclusion
from archive.store import Store
from backissue.app import App, UsageError, now, why
from backissue.cli.base import complete_files, json_option, pass_app
from backissue.output import emit, plural, table
from backissue.progress import progress
from config.errors import BackissueError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_KEY = "A verifier key of who signed, or a file that holds them; may be given again. Else the archive's own."


class UnprovedError(BackissueError):
    """A key, checkpoint or proof is none, or does not hold."""


@click.command()
@click.option("--since", type=click.Path(path_type=Path), metavar="FILE", help="A checkpoint that was kept elsewhere.")
@click.option("--key", "keys_named", metavar="KEY", multiple=True, help=_KEY)
@json_option
@pass_app
def verify(app: App, since: Path | None, keys_named: tuple[str, ...], as_json: bool) -> None:
    """Prove that nothing stored was altered.

    Every stored row and body is read, its place in the log computed anew, and the whole compared with the checkpoints
    that were signed. The first row that was altered, removed or inserted is named, with exit code 1. It only reads, and
    may run beside the service. Whoever could write the archive's file could write its log anew, too: only a checkpoint
    that was kept elsewhere (--since) proves that nobody did.

    \b
    Example:
      backissue verify --since checkpoint-2026-01.txt
    """
    from archive.store.verify import rows_of_log
    from archive.store.verify import verify as verified

    path = app.settings.archive_path
    with _proving():
        keys = _keys(app, keys_named)
        former = _former(since, keys)
        with progress("Verifying", rows_of_log(path), quiet=as_json) as advance:
            found = verified(path, since=former, keys=keys, advance=lambda: advance(""))
    if as_json:
        facts = {"leaves": found.leaves, "root": found.root, "checkpoints": found.checkpoints, "fault": found.fault}
        emit({"verified": found.fault is None, **facts})
    elif found.fault is None:
        click.echo(
            f"Nothing was altered: {plural(found.leaves, 'leaf', 'leaves')},"
            f" {plural(found.checkpoints, 'checkpoint')} {'hold' if found.checkpoints != 1 else 'holds'}"
        )
        if not keys and found.checkpoints:
            click.echo("No key is at hand, so no signature was looked at; --key names one")
    if found.fault:
        if not as_json:
            error = BackissueError(str(path), str(found.fault), "see docs/proof.md, 'When verify finds something'")
            click.echo(f"Error: {error}", err=True)
        click.get_current_context().exit(1)


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path), shell_complete=complete_files)
@click.option(
    "--key", "only_key", is_flag=True, help="Only print the key that checks what is signed; former ones follow."
)
@click.option("--list", "listed", is_flag=True, help="Only list what was signed.")
@json_option
@pass_app
def checkpoint(app: App, file: Path | None, only_key: bool, listed: bool, as_json: bool) -> None:
    """Sign how the archive is now.

    What is printed, or written to FILE, stands for all that the archive holds (a signed note, C2SP tlog-checkpoint).
    Keep it elsewhere: 'backissue verify --since' proves later that all of it is still there. The key that signs is made
    at the first time; the public key that checks it goes to whoever is to check.

    \b
    Example:
      backissue checkpoint /mnt/elsewhere/checkpoint-2026-01.txt
      backissue checkpoint --key > backissue.vkey
    """
    time = now()
    with app.store(create=False) as store, _proving():
        if listed:
            _list(store, as_json)
            return
        key = _own_key(app)
        public = verifier_of(key, store.origin())
        if only_key:
            _say_keys(public, _former_keys(store, public), as_json)
            return
        head = store.head()
        note = signed(head, key)
        store.keep_signed(note, public, time)
    if file:
        _write(file, note.encode())
    if as_json:
        emit(
            {"origin": head.origin, "size": head.size, "root": head.root, "at": time, "note": note, "key": str(public)}
        )
    elif file:
        click.echo(f"Signed {plural(head.size, 'leaf', 'leaves')} in {file}. Its key: {public}")
    else:
        click.echo(note, nl=False)


@click.command()
@click.argument("entry", required=False)
@click.option(
    "--version", "number", type=click.IntRange(1), help="Of which version of the entry; else the current one."
)
@click.option("--document", type=click.IntRange(1), metavar="N", help="Prove a document instead, by its number.")
@click.option(
    "--consistency",
    "former",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Prove that the log goes on from a former checkpoint.",
)
@click.option(
    "--check", "proof", type=click.Path(path_type=Path), metavar="FILE", help="Check a proof; no archive is needed."
)
@click.option("--key", "keys_named", metavar="KEY", multiple=True, help=_KEY)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the proof goes, else standard output.",
)
@click.option(
    "--body",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where what is proved goes; with --check, what is to be compared.",
)
@json_option
@pass_app
def prove(
    app: App,
    entry: str | None,
    number: int | None,
    document: int | None,
    former: Path | None,
    proof: Path | None,
    keys_named: tuple[str, ...],
    output: Path | None,
    body: Path | None,
    as_json: bool,
) -> None:
    """Prove that an entry or document was stored.

    The proof says what was stored and when, and leads from there to the last checkpoint. Whoever has the public key can
    check it without the archive: with --check, or 'python -m archive.proof.check', which needs nothing else.

    \b
    Example:
      backissue prove 12 -o entry-12.tlog-proof --body entry-12.json
      backissue prove --consistency checkpoint-2026-01.txt -o grown.proof
      backissue prove --check entry-12.tlog-proof --key backissue.vkey --body entry-12.json
    """
    if [entry is not None, document is not None, former is not None, proof is not None].count(True) != 1:
        raise UsageError("prove", "needs one thing to prove or check", "name an entry, or give one of its options")
    with _proving():
        if proof:
            _check(app, proof, keys_named, body, as_json)
            return
        with app.store(create=False) as store:
            text, stored = _proof(app, store, entry, number, document, former, keys_named)
    if body and stored is not None:
        _write(body, stored)
    if output:
        _write(output, text.encode())
    if as_json:
        emit({"proof": text})
    elif not output:
        click.echo(text, nl=False)


def _proof(
    app: App,
    store: Store,
    entry: str | None,
    number: int | None,
    document: int | None,
    former: Path | None,
    keys_named: Sequence[str],
) -> tuple[str, bytes | None]:
    """The proof's text, and the bytes of what it is about."""
    notes = store.signed()
    if not notes:
        raise UsageError("the archive", "was never signed", "run 'backissue checkpoint' first")
    note, size = notes[-1].note, notes[-1].size
    if former:
        text = _read(former)
        old = _signed_by(text, _keys(app, keys_named))
        if old.origin != store.origin():
            raise UsageError(str(former), f"is of another log, {old.origin}", "name a checkpoint of this archive")
        if not 0 < old.size <= size:
            raise UsageError(str(former), "is newer than the archive's last checkpoint", "run 'backissue checkpoint'")
        return consistency(store.goes_on(old.size, size), text, note), None
    if document is not None:
        included = store.included("document", document, size)
    else:
        record = store.find_entry(str(entry))
        if record is None:
            raise UsageError(str(entry), "is no entry of this archive", "'backissue list --entries' shows them")
        included = store.included("version", store.version_of(record.id, number), size)
    return inclusion(included.index, included.leaf, included.path, note), included.body


def _check(app: App, proof: Path, keys_named: Sequence[str], body: Path | None, as_json: bool) -> None:
    text = _read(proof)
    data = _bytes(body) if body else None
    keys = _keys(app, keys_named)
    if not keys:
        raise UsageError(str(proof), "needs the key of who signed it", "name it with --key")
    holds: Holds = check(text, keys, data)
    if as_json:
        size, root = holds.checkpoint.size, holds.checkpoint.root
        emit(
            {
                "holds": True,
                "origin": holds.checkpoint.origin,
                "size": size,
                "root": root,
                "index": holds.index,
                "leaf": holds.leaf,
                "former": holds.former.size if holds.former else None,
            }
        )
        return
    for line in told(holds, body is not None):
        click.echo(line)


def _say_keys(public: Verifier, former: list[Verifier], as_json: bool) -> None:
    if as_json:
        emit({"key": str(public), "former": [str(key) for key in former]})
    else:
        click.echo("\n".join(map(str, [public, *former])))


def _list(store: Store, as_json: bool) -> None:
    notes = store.signed()
    if as_json:
        emit({"checkpoints": notes})
    elif notes:
        table(
            ("signed (UTC)", "leaves", "root"),
            [(one.at, one.size, one.note.split("\n")[2]) for one in notes],
            right=(1,),
        )
    else:
        click.echo("Nothing was signed yet")


def _keys(app: App, named: Sequence[str]) -> list[Verifier]:
    """The keys that were named, else the archive's own with the former ones, if there is one."""
    found = []
    for text in named:
        try:
            found += keys_of(text)
        except OSError as error:
            raise UsageError(text, why(error), "give a verifier key, or the file of one") from error
    if named:
        return found
    if not app.settings.key_path.exists():
        return []
    with app.store(create=False) as store:
        own = verifier_of(_own_key(app), store.origin())
        return [own, *_former_keys(store, own)]


def _former_keys(store: Store, own: Verifier) -> list[Verifier]:
    """The keys that signed before this one did, the newest first."""
    return [key for key in store.keys()[::-1] if key.name == own.name and key != own]


def _own_key(app: App) -> Ed25519PrivateKey:
    path = app.settings.key_path
    try:
        return key_in(path)
    except OSError as error:
        raise UsageError(str(path), why(error), "see to its rights, or set storage.key") from error


def _former(since: Path | None, keys: list[Verifier]) -> Checkpoint | None:
    if since is None:
        return None
    if not keys:
        raise UsageError(str(since), "needs the key of who signed it", "name it with --key")
    return _signed_by(_read(since), keys)


def _signed_by(note: str, keys: list[Verifier]) -> Checkpoint:
    if not keys:
        raise UsageError("the checkpoint", "needs the key of who signed it", "name it with --key")
    return checked(note, *keys)


def _read(path: Path) -> str:
    try:
        return _bytes(path).decode()
    except UnicodeDecodeError as error:
        raise UnprovedError(str(path), "is no text", "give the file as it was written") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(str(path), why(error), "name the file that was written") from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(str(path), why(error), "name a file that you may write") from error


@contextmanager
def _proving() -> Iterator[None]:
    """Tells what a proof lacks as all errors are told."""
    try:
        yield
    except ProofError as error:
        raise UnprovedError(*error.args) from error
