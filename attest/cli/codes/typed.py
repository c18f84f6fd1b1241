"""Codes about what was typed: references, options, keys, settings; and the last resorts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPED: Final[Mapping[str, tuple[str, str, int]]] = {
    "usage": (
        "the command line does not say what is meant, or says two things at once",
        "read the line `expected`, or the command's own help: attest help push, attest help verify …",
        2,
    ),
    "bad-path": (
        "a path, on the command line or in a document, that no file here can have",
        "correct it where it is written; in YAML and JSON \\0 and \\ud800 are characters that file names cannot hold",
        2,
    ),
    "internal": (
        "a fault in attest itself, not in what you typed",
        "report it with the file that the hint names; ATTEST_DEBUG=1 shows where it happened",
        5,
    ),
    "system-error": (
        "the operating system refused something, such as opening a file",
        "the message holds the file and the system's own words; check that it exists and who may use it",
        2,
    ),
    "interrupted": (
        "the command was stopped with Ctrl-C",
        "run the same command again: what was already moved is not moved twice",
        130,
    ),
    "declined": (
        "the question was answered with no, and nothing was changed",
        "run the command again when it is what you want; for a push, --exclude leaves files out",
        130,
    ),
    "not-confirmed": (
        "what cannot be undone, or makes count again what is refused, needs a yes, and nobody was there to say it",
        "look at what it is, then run it again with --yes",
        2,
    ),
    "reason-missing": (
        "rejecting, revoking and deleting, and taking such a thing back, need a reason that others understand later",
        "give one with -m, or at a terminal when you are asked",
        2,
    ),
    "time-zone-missing": (
        "a time without a zone, or a day alone, has more than one reading",
        "write it as one of the lines of the hint: Z is UTC",
        2,
    ),
    "bad-reference": (
        "this is no name of a model or version",
        "write NAME:VERSION, NAME@sha256:HEX or HOST/NAME:VERSION; attest help references shows all forms",
        2,
    ),
    "name-reserved": (
        "this name, tag or label has a meaning of its own, such as latest or v3, and cannot be used",
        "choose another name or label, or push without one and get the next number",
        2,
    ),
    "name-unknown": (
        "there is no model or version of this name in the store that was asked",
        "attest ls lists the models of this machine, attest ls NAME the versions of one",
        2,
    ),
    "alias-unknown": (
        "the model has no such alias",
        "name a version instead of an alias: attest ls NAME lists them",
        2,
    ),
    "version-missing": (
        "the reference names a model that has versions, and not which of them",
        "add one of the versions that the line `found` lists, as in NAME:3",
        2,
    ),
    "version-exists": (
        "this version holds other content, and a version never changes what it holds",
        "push without a version and get the next number, or choose another label",
        2,
    ),
    "version-out-of-order": (
        "numbers are given in order, and this is not the next one",
        "push without a version: the number is chosen for you",
        2,
    ),
    "reference-disagrees": (
        "the reference names a version and a digest, and they are not the same thing",
        "find out which of the two you were meant to get; attest show NAME:VERSION prints the digest that is there",
        2,
    ),
    "code-unknown": (
        "there is no error code of this name",
        "attest explain lists all of them",
        2,
    ),
    "topic-unknown": (
        "there is no help on this topic",
        "attest help lists commands and topics",
        2,
    ),
    "file-exists": (
        "the file to be written is there already and is not replaced",
        "name another file with --out, or move the old one away",
        2,
    ),
    "cannot-read": (
        "a file that is needed cannot be read",
        "check that it exists and that you may read it: ls -l FILE",
        2,
    ),
    "no-signing-key": (
        "there is no key to sign with",
        "make one with attest keygen, or name one with --key FILE or ATTEST_KEY",
        2,
    ),
    "no-trust": (
        "nothing says whom to trust, and a key is never trusted just because it lies there",
        "add --key PUBLIC_KEY for one signer, or --policy FILE for a team",
        2,
    ),
    "bad-key": (
        "the file holds no key that can be used here",
        "attest keygen makes one; attest key show FILE says what a file holds",
        2,
    ),
    "key-not-found": (
        "there is no key at this place",
        "check the path, variable or URI, or make a key with attest keygen",
        2,
    ),
    "key-exists": (
        "there is a key at this place, and a key is never overwritten",
        "attest keygen --out FOLDER writes another pair elsewhere",
        2,
    ),
    "key-uri-unknown": (
        "this says of no key where it is",
        "write the path of a key file, or a URI in one of the forms that attest help keys shows",
        2,
    ),
    "private-key-given": (
        "this is a private key, and a public one belongs here",
        "give the file that ends in .pub; keep the private one to yourself",
        2,
    ),
    "public-key-given": (
        "this is a public key, and only the private half can sign",
        "give the private key, which usually has the same name without .pub",
        2,
    ),
    "cosign-private-key": (
        "this is a private key in cosign's own encrypted form, which only cosign opens",
        "make a key with attest keygen; cosign verifies what it signs",
        2,
    ),
    "wrong-passphrase": (
        "the passphrase does not open the key",
        "try again; where it comes from a file or ATTEST_PASSPHRASE, check that it is the one of this key",
        2,
    ),
    "passphrase-missing": (
        "the key is encrypted, or its token wants a PIN, and none was given",
        "run it on a terminal, or give --passphrase-file FILE or ATTEST_PASSPHRASE",
        2,
    ),
    "passphrase-mismatch": (
        "the passphrase and its repetition differ",
        "run the command again and type the same passphrase twice",
        2,
    ),
    "passphrase-file": (
        "the file that should hold the passphrase cannot be read",
        "check its path and who may read it",
        2,
    ),
    "key-not-encrypted": (
        "the private key was written without a passphrase, so whoever reads the file can sign as you",
        "keep the file to yourself, or make a key with a passphrase",
        0,
    ),
    "key-readable-by-others": (
        "other users of this machine can read the private key",
        "chmod 600 FILE",
        0,
    ),
    "key-algorithm": (
        "some verifiers do not understand keys of this kind",
        "attest keygen makes a P-256 key, which all of them understand",
        0,
    ),
    "no-home": (
        "there is no home folder in which keys and models could be kept",
        "set ATTEST_HOME to a folder of your own",
        2,
    ),
    "bad-config": (
        "a configuration file cannot be read or holds something that a setting cannot be",
        "correct the file that the message names; attest info shows which files and values are in force",
        2,
    ),
    "config-unknown-key": (
        "a configuration file holds a setting that does not exist",
        "correct the name: the hint has the nearest one, attest help environment lists them",
        2,
    ),
    "setting-locked": (
        "this machine's administrator has fixed the setting, and it cannot be given otherwise",
        "leave the option out, or ask for a change of /etc/attest/config.toml",
        2,
    ),
    "command-not-found": (
        "the model was verified, and the command to run on it does not exist",
        "check the command after -- and the PATH",
        127,
    ),
    "command-not-executable": (
        "the model was verified, and the command to run on it cannot be run",
        "check who may execute it, and that it is a program of this machine's kind",
        126,
    ),
    "exec-unverified-input": (
        "the command would load something besides the verified files, by an argument or a variable",
        "leave that argument or variable out, or verify that model too: --model NAME=REF, and {NAME} in its place",
        2,
    ),
}
