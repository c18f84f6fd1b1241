from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest.claims import mlbom, provenance, provenance_reading
from attest.claims.agreement import disagreements, file_disagreements
from attest.claims.training import Input, Operation, Role, Source, Standing, Training
from attest.model.artefact import ArtefactFile
from attest_registry.oci.descriptor import Descriptor
from tests.claims.bom_samples import COMMIT, FILES, MANIFEST_DIGEST, OMS_ROOT, TRAINING, build, digest

if TYPE_CHECKING:
    from attest.claims.mlbom import MLBOM
    from attest.claims.provenance_reading import Provenance

BIG = TRAINING.inputs[1]


def built(training: Training = TRAINING) -> Provenance:
    statement = provenance.build(training, model="acme/fraud", manifest_digest=MANIFEST_DIGEST, oms_root=OMS_ROOT)
    return provenance_reading.parse(statement)


def listed(training: Training = TRAINING) -> MLBOM:
    return mlbom.parse(build(training))


def foreign(training: Training = TRAINING) -> Provenance:
    """As GitHub or Tekton would write it: another build type, no word on what was done."""
    return replace(
        built(training), build_type="https://actions.github.io/buildtypes/workflow/v1", operation=Operation.UNSPECIFIED
    )


@pytest.mark.parametrize("operation", list(Operation))
def test_claims_made_from_one_training_agree(operation: Operation) -> None:
    training = replace(TRAINING, operation=operation)
    assert disagreements(built(training), listed(training)) == ()


def test_claims_that_say_nothing_agree() -> None:
    empty = Training(build=TRAINING.build)
    assert disagreements(built(empty), listed(empty)) == ()


def test_other_operation_is_a_disagreement() -> None:
    found = disagreements(built(), listed(replace(TRAINING, operation=Operation.TRAIN)))
    assert found == ("the ML-BOM calls the operation train, the provenance distill",)


def test_other_commit_is_a_disagreement() -> None:
    found = disagreements(built(), listed(replace(TRAINING, source=Source(commit="d" * 40))))
    assert found == (f"the ML-BOM names commit {'d' * 40} as the source, the provenance commit {COMMIT}",)


def test_commit_that_only_one_names_is_a_disagreement() -> None:
    without = replace(TRAINING, source=None)
    assert disagreements(built(), listed(without)) == (
        f"the ML-BOM names no commit as the source, the provenance commit {COMMIT}",
    )
    assert len(disagreements(built(without), listed())) == 1


def test_other_digest_is_a_disagreement() -> None:
    other = replace(BIG, digest=digest("other"))
    found = disagreements(built(), listed(replace(TRAINING, inputs=(TRAINING.inputs[0], other, TRAINING.inputs[2]))))
    assert found == (
        f"the ML-BOM gives the teacher model 'big' as {digest('other')}, the provenance as {digest('big')}",
    )


def test_digest_that_one_calls_unknown_is_a_disagreement_both_ways() -> None:
    unknown = replace(BIG, standing=Standing.UNKNOWN, digest=None, uri=None)
    changed = replace(TRAINING, inputs=(TRAINING.inputs[0], unknown, TRAINING.inputs[2]))
    assert disagreements(built(), listed(changed)) == (
        f"the ML-BOM gives the teacher model 'big' as unknown, the provenance as {digest('big')}",
    )
    assert disagreements(built(changed), listed()) == (
        f"the ML-BOM gives the teacher model 'big' as {digest('big')}, the provenance as unknown",
    )


def test_input_that_only_one_names_is_a_disagreement_both_ways() -> None:
    fewer = replace(TRAINING, inputs=TRAINING.inputs[:1])
    assert disagreements(built(), listed(fewer)) == (
        "the provenance names the dataset 'legacy', the ML-BOM does not",
        "the provenance names the teacher model 'big', the ML-BOM does not",
    )
    assert disagreements(built(fewer), listed()) == (
        "the ML-BOM names the dataset 'legacy', the provenance does not",
        "the ML-BOM names the teacher model 'big', the provenance does not",
    )


def test_other_role_is_one_disagreement_and_not_two() -> None:
    changed = replace(BIG, role=Role.BASE_MODEL)
    found = disagreements(built(), listed(replace(TRAINING, inputs=(TRAINING.inputs[0], changed, TRAINING.inputs[2]))))
    assert found == ("the ML-BOM has 'big' as base model, the provenance as teacher model",)


def test_base_hidden_in_the_pedigree_is_a_disagreement() -> None:
    hidden = Input(role=Role.BASE_MODEL, name="hidden", standing=Standing.UNKNOWN)
    bom = replace(listed(), inputs=(*TRAINING.inputs, hidden))
    assert disagreements(built(), bom) == ("the ML-BOM names the base model 'hidden', the provenance does not",)


def test_other_image_is_a_disagreement() -> None:
    image = f"oci://r.example/train@{digest('image')}"
    changed = replace(TRAINING, environment=replace(TRAINING.environment, image=image))
    assert len(disagreements(built(), listed(changed))) == 1


def test_foreign_provenance_agrees_where_it_is_silent() -> None:
    silent = replace(foreign(), inputs=(), source=None, image=None)
    assert disagreements(silent, listed()) == ()


def test_foreign_provenance_contradicted_is_a_disagreement() -> None:
    other = replace(BIG, digest=digest("other"))
    changed = replace(TRAINING, source=Source(commit="d" * 40), inputs=(other,))
    assert len(disagreements(foreign(), listed(changed))) == 2


def test_bom_without_an_operation_is_not_contradicted_by_one() -> None:
    assert disagreements(built(), replace(listed(), operation=None)) == ()


def test_names_from_strangers_cannot_break_the_line() -> None:
    strange = Input(role=Role.DATASET, name="x\n\x1b[2J" + "y" * 500, standing=Standing.UNKNOWN)
    (found,) = disagreements(built(), replace(listed(), inputs=(*TRAINING.inputs, strange)))
    assert found.isprintable()
    assert len(found) < 200


def files(**changed: str) -> tuple[ArtefactFile, ...]:
    actual = {file.path: file.digest for file in FILES.files} | {path: digest(text) for path, text in changed.items()}
    return tuple(
        ArtefactFile(path=path, blob=Descriptor(media_type="application/octet-stream", digest=value, size=1))
        for path, value in actual.items()
    )


def test_files_of_the_version_and_of_the_bom_agree() -> None:
    assert file_disagreements(files(), listed()) == ()


def test_bom_without_files_says_nothing_about_them() -> None:
    assert file_disagreements(files(), replace(listed(), files=())) == ()


def test_file_that_the_bom_does_not_list_is_a_disagreement() -> None:
    assert file_disagreements(files(extra="x"), listed()) == ("the ML-BOM does not list the file 'extra'",)


def test_file_that_the_version_does_not_hold_is_a_disagreement() -> None:
    assert file_disagreements(files()[1:], listed()) == (
        "the ML-BOM lists the file 'config.json', which the version does not hold",
    )


def test_file_with_other_bytes_is_a_disagreement() -> None:
    (found,) = file_disagreements(files(**{"config.json": "other"}), listed())
    assert "'config.json'" in found
    assert str(digest("other")) in found
