"""Codes about a model's files: on the way into a version, in a store's manifest, and on the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES: Final[Mapping[str, tuple[str, str, int]]] = {
    "bad-model": (
        "these files cannot become a version",
        "the message says which file and why; change it or leave it out with --exclude",
        2,
    ),
    "no-such-folder": (
        "there is no such folder or file",
        "check the path; a path starts with . or / or ~, or is named as typed from where you are",
        2,
    ),
    "no-files": (
        "there is no file to make a version of",
        "check the folder, and what --exclude leaves of it",
        2,
    ),
    "too-many-files": (
        "one version cannot hold this many files, since every one of them stands in its manifest",
        "pack small files into one, such as a parquet file, or leave some out with --exclude",
        2,
    ),
    "unreadable": (
        "a file of the model cannot be read",
        "make it readable for you, or leave it out with --exclude",
        2,
    ),
    "file-changed": (
        "a file changed while it was read, so that its digest would describe neither state",
        "wait until training or copying has ended, then run the same command again",
        2,
    ),
    "damaged-file": (
        "a file bears the mark of a format and breaks the rules of it",
        "write the file again with the tool that made it",
        2,
    ),
    "git-folder": (
        "the folder holds a git repository, and its whole history would be published with the model",
        "add --exclude .git",
        2,
    ),
    "secret-in-model": (
        "the folder holds a private key, password or token, which would be published for ever",
        "take it out of the folder or add the --exclude of the hint; if it was ever shared, replace it",
        2,
    ),
    "special-file": (
        "the folder holds a device, pipe or socket, which cannot be part of a model",
        "leave it out with --exclude",
        2,
    ),
    "symlink": (
        "a link leads out of the folder, or in a circle, and is not followed by itself",
        "copy the file in its place, --exclude the link, or store what links point to with --dereference",
        2,
    ),
    "unsafe-name": (
        "a file's name could lead out of a folder or look like another name on some machine",
        "rename the file; a name from somebody else's manifest is a reason to distrust that model",
        2,
    ),
    "name-collision": (
        "two names become one file on systems that do not tell upper from lower case or forms of one letter",
        "rename one of the two files, or leave it out with --exclude",
        2,
    ),
    "bad-exclude": (
        "an --exclude pattern leaves out everything or nothing that can be named",
        "name a file or a pattern such as '*.ckpt' or 'logs/*'",
        2,
    ),
    "code-bearing-file": (
        "a file can run code when it is loaded, as a pickle does, and the policy does not name it",
        "store the weights as safetensors; or, if you trust who made the file, name it with --allow-code FILE",
        1,
    ),
    "reference-outside": (
        "a file names another file or model outside of the version, which nobody signed and a loader would follow",
        "write names of files of the model into it, or a base model's name; or name the file with --allow-code FILE",
        1,
    ),
    "unlikely-file": (
        "a file looks as if it were there by accident, and would belong to the version for ever",
        "leave it out with --exclude if you do not need it",
        0,
    ),
    "not-a-model": (
        "the reference names something in the store that is not a model, such as a container image",
        "check the reference; models are pushed with attest push",
        2,
    ),
    "unsupported-layer": (
        "the model was stored by another tool as an archive, whose members no digest names one by one",
        "store it raw: modctl and KitOps have an option for it, and attest push does nothing else",
        3,
    ),
    "tampered": (
        "bytes are not the ones that were signed",
        "do not load them; fetch a fresh copy with attest pull, and find out who could have changed this one",
        3,
    ),
    "unsigned-file": (
        "the folder holds a file that nobody signed",
        "do not load the folder; remove the file if you put it there, or fetch a fresh copy with attest pull",
        3,
    ),
    "file-not-signed": (
        "a folder of verified files holds something that nobody signed",
        "do not load the folder; attest cache clear throws the copy away, and the next use fetches it anew",
        3,
    ),
    "file-missing": (
        "a signed file is not there",
        "fetch the version again with attest pull; do not load it without the file",
        3,
    ),
    "file-unreadable": (
        "a signed file is there and cannot be read, so nothing can be said about it",
        "check who may read it, or fetch a fresh copy with attest pull",
        3,
    ),
    "target-not-empty": (
        "the folder to pull into holds something else, and is left alone",
        "name a new or empty folder, or move this one away first",
        2,
    ),
    "cache-not-private": (
        "other users could change the folder of fetched models between the check and the use",
        "chmod go-w FOLDER, or name another place with ATTEST_CACHE",
        2,
    ),
}
