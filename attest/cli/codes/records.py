"""Codes about what a person says of a training: attest.yaml and the options that override it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDS: Final[Mapping[str, tuple[str, str, int]]] = {
    "bad-record": (
        "the training record cannot be used",
        "correct it at the line that the message names; attest record check FILE tries it again",
        2,
    ),
    "record-not-yaml": (
        "the training record is not YAML",
        "correct it at the line that the message names; indentation and missing quotes are the usual reasons",
        2,
    ),
    "record-not-strict": (
        "the training record uses something that two readers could read in two ways: an anchor, a tag, yes or no",
        'write it out, and put words such as "yes" in quotes',
        2,
    ),
    "record-duplicate-key": (
        "a key stands twice in the training record, and readers differ in which one they take",
        "delete one of the two",
        2,
    ),
    "record-too-large": (
        "the training record is larger or deeper than records are",
        "keep it below 1 MiB; long texts belong into a file of the model",
        2,
    ),
    "record-unreadable": (
        "the training record cannot be read",
        "check its path and who may read it",
        2,
    ),
    "record-unknown-key": (
        "the training record, or a variable that begins with ATTEST_RECORD_, says something that has no meaning",
        "correct the name: the hint has the nearest one; attest record init FOLDER writes a record with all of them",
        2,
    ),
    "record-missing-key": (
        "the training record lacks something that has to be there",
        "add the key that the line `expected` names",
        2,
    ),
    "record-wrong-type": (
        "the training record has a text where a list belongs, or the like",
        "write it as the line `expected` says; numbers with a point stand in quotes",
        2,
    ),
    "record-bad-value": (
        "a value in the training record cannot stand there",
        "write it as the line `expected` says",
        2,
    ),
    "record-duplicate-name": (
        "two inputs in the training record have one name, or a name that means something else",
        "give each input a name of its own",
        2,
    ),
    "record-input-without-digest": (
        "an input in the training record does not say which bytes it is",
        "add a path (hashed here), a digest, a ref, or `provenance: unknown` where nobody knows",
        2,
    ),
    "record-no-commit": (
        "the record says `commit: auto`, and there is no git repository to ask",
        "run the command inside the repository of the training code, or write the commit into the record",
        2,
    ),
    "record-exists": (
        "there is a training record already, and it is not overwritten",
        "edit it, or name another file with --to",
        2,
    ),
    "record-no-folder": (
        "a training record is begun from the folder of a model, and this is none",
        "name the folder that the training wrote: attest record init FOLDER",
        2,
    ),
    "bad-dataset": (
        "a dataset is given without a way to know its bytes",
        "write --dataset NAME=PATH, NAME=URI@sha256:HEX or NAME=unknown",
        2,
    ),
    "bad-model-input": (
        "a base model, teacher or adapter base is not named in a form that is known",
        "give a reference such as acme/base:3, URI@sha256:HEX, or unknown",
        2,
    ),
    "bad-param": (
        "a hyperparameter is not written as a name and a value",
        "write --param NAME=VALUE",
        2,
    ),
    "bad-metric": (
        "a metric is not written as a name and a decimal number",
        "write --metric NAME=NUMBER, such as auc=0.913",
        2,
    ),
    "bad-source": (
        "the source of the code is not written as a repository and a commit",
        "write --source git+https://HOST/PATH@COMMIT, or leave it out inside a git repository",
        2,
    ),
    "bad-uri": (
        "this is no address that can be written into a claim, or it holds a password",
        "write an address such as s3://BUCKET/PATH or https://HOST/PATH, without user name and password",
        2,
    ),
    "duplicate-name": (
        "one name stands for two things",
        "give each its own name; for inputs of a training write NAME=… in front",
        2,
    ),
    "duplicate-input": (
        "two things that the model was made from have one name, so that nothing could tell them apart",
        "give each input a name of its own",
        2,
    ),
    "input-not-found": (
        "a file or folder that the model was made from is not there",
        "correct the path, or write unknown where nobody has the data any more",
        2,
    ),
    "input-unreadable": (
        "a file or folder that the model was made from cannot be read",
        "check who may read it, or state its digest instead of its path",
        2,
    ),
    "ancestor-tampered": (
        "the base model or teacher that was named has evidence that contradicts itself",
        "do not build on it; attest verify REF shows what is wrong with it",
        3,
    ),
    "claims-not-stored": (
        "these very files were pushed before with other statements about them, which stay the ones that count",
        "nothing has to be done, unless what was said first is wrong: then push other files, such as a corrected card",
        0,
    ),
}
