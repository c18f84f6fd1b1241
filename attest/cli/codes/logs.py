"""Codes about a model's log: what may happen in it, and what is wrong with one that does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LOGS: Final[Mapping[str, tuple[str, str, int]]] = {
    "event-refused": (
        "a model's log does not allow this act",
        "read what the message expects; attest help registry has the table of acts and roles",
        1,
    ),
    "event-parts": (
        "an event has parts that do not belong to what it does, or lacks those that do",
        "write events with attest; one that was signed by hand has to have exactly the parts of docs/formats.md",
        1,
    ),
    "bad-alias": (
        "this cannot be the name of an alias",
        "use small letters, digits and . _ -; latest, v and digits, attest-… and sha256-… are reserved",
        1,
    ),
    "bad-label": (
        "this cannot be the label of a version",
        "use letters, digits and . _ -, with something besides digits; what begins like attest- is reserved",
        2,
    ),
    "log-limit": (
        "a model's log holds no more of these",
        "for roles and policies: withdraw some that nobody uses; for versions and revocations: begin another model",
        1,
    ),
    "model-deleted": (
        "the model was deleted: its log is closed, and its name is never used again",
        "push under another name",
        1,
    ),
    "log-beginning": (
        "a log does not begin as logs do: with version 1, and with its signer as admin",
        "push the first version with attest",
        1,
    ),
    "role-missing": (
        "whoever signs has no role for this in the model's log",
        "ask one of the model's admins (attest role ls NAME) for the role: attest role grant NAME ROLE IDENTITY",
        1,
    ),
    "version-unregistered": (
        "the model's log knows no such version, or another one under that number",
        "push it (which registers it), or see attest ls NAME",
        1,
    ),
    "label-taken": (
        "the label belongs to another version of the model, and labels in a log do not move",
        "choose another label",
        1,
    ),
    "version-revoked": (
        "the version was revoked by an admin of its model, and is not used again",
        "use another version; attest history NAME says why it was revoked",
        1,
    ),
    "gate-policy": (
        "the gate that let a version pass is not the one that is bound to the alias",
        "promote again: the policy that is bound now is read anew",
        1,
    ),
    "gate-against": (
        "the gate compared with another version than the one that held the alias",
        "promote again",
        1,
    ),
    "alias-unchanged": (
        "the alias points at this version already",
        "nothing is to be done",
        1,
    ),
    "alias-limit": (
        "the model has as many aliases as a log can hold",
        "demote some that nobody uses",
        1,
    ),
    "alias-in-use": (
        "an alias points at the version, or at one of the model's versions",
        "demote the alias first",
        1,
    ),
    "stage-unknown": (
        "the version is not in that stage",
        "see attest show NAME:VERSION",
        1,
    ),
    "rollback-target": (
        "the alias never pointed at that version, so that nothing rolls back to it",
        "promote it through its gate instead",
        1,
    ),
    "last-admin": (
        "nobody would be left who may give roles",
        "name at least one admin of everything",
        1,
    ),
    "log-invalid": (
        "the model's log contradicts itself or its rules",
        "do not load by its aliases; ask who keeps the store, and compare with another copy of the log",
        3,
    ),
    "log-malformed": (
        "what is tagged as the model's log is none",
        "do not load by its aliases; ask who keeps the store",
        3,
    ),
    "log-signature": (
        "an event of the model's log is not signed by whom it names",
        "do not load by its aliases: somebody changed or forged it",
        3,
    ),
    "log-key-missing": (
        "the public key of somebody who signed an event is not beside the log, or is none",
        "attest log verify NAME --key PUBLIC_KEY for each key that you know; ask who keeps the store",
        3,
    ),
    "log-transplant": (
        "an event belongs to another model, another environment, or another log",
        "do not load by its aliases: a log was put in the place of another one",
        3,
    ),
    "log-gap": (
        "an event or a segment of the model's log is missing, or does not go on from the one before",
        "ask who keeps the store whether something was deleted; nothing after the gap can be believed",
        3,
    ),
    "log-fork": (
        "two events of one number were signed",
        "the model's admins look at both with attest log show NAME, and end it: attest log resolve-fork NAME",
        3,
    ),
    "log-rollback": (
        "the store shows an older log than the one that was seen here",
        "ask who keeps the store; a backup that was put back, or an attack, look alike",
        3,
    ),
    "log-time": (
        "an event is older than the one before it, or from the future",
        "look at the clocks of who signed it; if they are right, somebody backdates",
        3,
    ),
    "log-role": (
        "somebody signed an event without the role for it, and a store took it",
        "do not load by its aliases; the store lets people in who have no role",
        3,
    ),
    "log-transition": (
        "an event of the model's log does something that may not follow there",
        "do not load by its aliases; somebody signed it by hand or with another program",
        3,
    ),
    "log-state": (
        "an event changes more than it says",
        "do not load by its aliases; somebody signed it by hand or with another program",
        3,
    ),
    "log-conflict": (
        "somebody else changed the model at the same time and was first",
        "look at what they did (attest history NAME), then run the command again if it is still right",
        2,
    ),
    "log-memory": (
        "what this machine remembers of logs cannot be read or written",
        "make the state folder ($ATTEST_STATE) writable; a memory that is lost makes the next use a first use",
        2,
    ),
    "gate-denied": (
        "the gate of the alias or stage does not let the version pass",
        "the failed rules say what is missing; the alias stays where it was",
        1,
    ),
    "gate-evidence-missing": (
        "a claim that a gate saw when it let a version pass is not in the store any more",
        "put an exported copy back with attest evidence attach; else ask who keeps the store",
        1,
    ),
    "log-gate": (
        "a gate that an event calls passed does not let the version pass when it is asked again",
        "do not use the version: whoever promoted it wrote the outcome himself; attest history NAME says who",
        3,
    ),
    "evidence-withheld": (
        "a claim that was recorded in the model's log is not in the store: it may be a rejection that is held back",
        "ask who keeps the store for it, or put an exported copy back with attest evidence attach",
        1,
    ),
    "version-retagged": (
        "the store has another version under a number or label than was registered in the model's log",
        "do not use it; the registered one is to be had by its digest: attest history NAME --json shows it",
        3,
    ),
    "role-unknown": (
        "nobody of that name has that role in the model's log",
        "attest role ls NAME lists who has which role",
        2,
    ),
    "catalogue-not-shared": (
        "the model is in a registry that others reach, and the catalogue, by which writers take turns, is a file here",
        "set ATTEST_CATALOGUE to a database that all writers use, or single_writer = true where you are the only one",
        2,
    ),
    "log-admin": (
        "somebody began the model's log, or is its admin, whom you did not name",
        "name every admin, with --key for each or in a policy, or find out who this is: attest role ls NAME",
        1,
    ),
    "catalogue-differs": (
        "the catalogue says something else than the model's log",
        "make it again from the store: attest catalogue rebuild; find out who writes to it",
        1,
    ),
    "fork-stands": (
        "an event that is to be abandoned is in the store, whose branch stands",
        "name the events of the other branch; attest log resolve-fork NAME shows both",
        2,
    ),
    "fork-unknown": (
        "none of the events that are to be abandoned is of a branch that was seen here",
        "name one that attest log resolve-fork NAME shows, or all that somebody else is told of by log-fork",
        2,
    ),
    "key-unknown": (
        "nobody has put the public key of this fingerprint beside the model's log, so nobody could check what it signs",
        "give the public key itself: attest role grant NAME ROLE PUBLIC_KEY_FILE",
        2,
    ),
    "bad-evaluation": (
        "this says nothing that could be signed as an evaluation",
        "the line `expected` shows the short form; docs/formats.md has the long one",
        2,
    ),
    "evaluation-command": (
        "the command that evaluates could not be started, or failed; nothing was recorded",
        "run it by itself; it has to print the evaluation as JSON, and to end with 0",
        2,
    ),
}
