from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attest.claims import mlbom
from attest.claims.mlbom import check_meaning, check_schema, read
from attest.claims.mlbom_merge import Merged, in_spec, merge
from attest.claims.training import Build, Input, Operation, Role, Standing, Training
from attest.errors import MalformedEvidence
from tests.claims.bom_samples import FILES, OMS_ROOT, SERIAL, TIMESTAMP, component, digest, document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest_registry.digest import Digest

BOTH = ("1.6", "1.7")


def bom_of(name: str, *above: str, role: Role = Role.BASE_MODEL, spec: str = "1.6") -> dict[str, Any]:
    """The BOM of a model that was made from others."""
    inputs = tuple(
        Input(role=role, name=each, standing=Standing.ADMITTED, digest=digest(each), uri=f"attest:acme/{each}")
        for each in above
    )
    statement = mlbom.build(
        Training(build=Build(builder="urn:example:builder"), operation=Operation.FINE_TUNE, inputs=inputs),
        FILES,
        model=f"acme/{name}",
        manifest_digest=digest(name),
        oms_root=OMS_ROOT,
        timestamp=TIMESTAMP,
        serial=SERIAL,
        spec=spec,
    )
    return copy.deepcopy(dict(statement.predicate))


def merged(name: str, boms: Mapping[str, dict[str, Any]], *, spec: str = "1.6") -> Merged:
    others: dict[Digest, Mapping[str, Any]] = {digest(other): bom for other, bom in boms.items() if other != name}
    before = copy.deepcopy(boms)
    found = merge(boms[name], digest=digest(name), ancestors=others, spec=spec)
    assert before == boms, "what was signed is not written to"
    return found


def sound(found: Merged) -> dict[str, Any]:
    check_schema(found.document)
    check_meaning(found.document)
    read(found.document)
    return found.document


def edges(bom: dict[str, Any]) -> dict[str, list[str]]:
    return {entry["ref"]: entry.get("dependsOn", []) for entry in bom["dependencies"]}


def models(bom: dict[str, Any]) -> list[str]:
    return [part["name"] for part in bom["components"] if part["type"] == "machine-learning-model"]


def ref(name: str) -> str:
    return f"{digest(name)}/model"


@pytest.mark.parametrize("spec", BOTH)
def test_a_chain_is_one_component_each(spec: str) -> None:
    boms = {"c": bom_of("c", "b"), "b": bom_of("b", "a"), "a": bom_of("a")}
    found = sound(merged("c", boms, spec=spec))
    assert found["specVersion"] == spec
    assert models(found) == ["acme/b", "acme/a"]
    assert ref("b") in edges(found)["model"]
    assert ref("a") in edges(found)[ref("b")]
    assert "input:b" not in str(found)


def test_files_of_an_ancestor_stand_inside_it() -> None:
    found = sound(merged("b", {"b": bom_of("b", "a"), "a": bom_of("a")}))
    inside = {part["name"] for part in component(found, ref("a"))["components"]}
    assert {file.path for file in FILES.files} <= inside
    assert len(read(found).files) == len(FILES.files)


def test_what_the_descendant_says_of_an_ancestor_stays_in_its_pedigree() -> None:
    before = bom_of("b", "a", role=Role.TEACHER_MODEL)
    found = sound(merged("b", {"b": before, "a": bom_of("a")}))
    assert read(found).inputs == read(before).inputs
    (entry,) = found["metadata"]["component"]["pedigree"]["ancestors"]
    assert {"attest:lineage:relation", "attest:standing"} <= {item["name"] for item in entry["properties"]}


def test_a_diamond_has_each_ancestor_once() -> None:
    boms = {"d": bom_of("d", "b", "c"), "b": bom_of("b", "a"), "c": bom_of("c", "a"), "a": bom_of("a")}
    found = sound(merged("d", boms))
    assert models(found) == ["acme/b", "acme/c", "acme/a"]
    assert edges(found)[ref("b")].count(ref("a")) == edges(found)[ref("c")].count(ref("a")) == 1


def test_a_circle_ends_at_the_model() -> None:
    found = sound(merged("b", {"b": bom_of("b", "a"), "a": bom_of("a", "b")}))
    assert models(found) == ["acme/a"]
    assert "model" in edges(found)[ref("a")]
    assert ref("a") in edges(found)["model"]


def test_an_ancestor_that_is_not_there_stays_as_stated() -> None:
    found = sound(merged("c", {"c": bom_of("c", "b", "x"), "b": bom_of("b")}))
    assert models(found) == ["x", "acme/b"]
    assert "input:x" in edges(found)["model"]


def test_one_model_in_two_roles_is_one_ancestor() -> None:
    bom = bom_of("b", "a")
    twin = copy.deepcopy(component(bom, "input:a")) | {"bom-ref": "input:again", "name": "again"}
    bom["components"].append(twin)
    next(entry for entry in bom["dependencies"] if entry["ref"] == "model")["dependsOn"].append("input:again")
    found = sound(merged("b", {"b": bom, "a": bom_of("a")}))
    assert models(found) == ["acme/a"]
    assert {item.name for item in read(found).inputs} == {"a", "again"}


def test_the_same_documents_give_the_same_bytes_and_others_another_number() -> None:
    boms = {"c": bom_of("c", "b"), "b": bom_of("b")}
    assert merged("c", boms).document == merged("c", copy.deepcopy(boms)).document
    alone = merged("c", {"c": boms["c"]}).document
    assert alone["serialNumber"] != merged("c", boms).document["serialNumber"] != SERIAL


def test_each_ancestor_says_which_document_it_is_from() -> None:
    found = merged("b", {"b": bom_of("b", "a"), "a": bom_of("a")}).document
    links = component(found, ref("a"))["externalReferences"]
    assert links == [{"type": "bom", "url": f"urn:cdx:{SERIAL.removeprefix('urn:uuid:')}/1"}]


def test_bom_refs_of_somebody_elses_choice_do_not_meet() -> None:
    bom = bom_of("b", "a")
    bom["components"].append({"type": "library", "name": "x", "version": "1", "bom-ref": ref("a")})
    found = sound(merged("b", {"b": bom, "a": bom_of("a")}))
    assert f"{ref('a')}'" in edges(found)["model"]


def test_an_ancestors_bom_that_needs_what_is_not_taken_over_is_left_out() -> None:
    above = bom_of("a")
    above["formulation"] = [{"bom-ref": "how", "components": [{"type": "data", "name": "x", "bom-ref": "x"}]}]
    above["dependencies"].append({"ref": "x"})
    check_meaning(above)
    found = merged("b", {"b": bom_of("b", "a"), "a": above})
    assert list(found.left_out) == [digest("a")]
    assert models(sound(found)) == ["a"]


def test_what_was_not_taken_over_is_named() -> None:
    above = bom_of("a") | {"annotations": []}
    found = merged("b", {"b": bom_of("b", "a"), "a": above})
    assert found.partly == {digest("a"): ("annotations",)}
    sound(found)


@pytest.mark.parametrize("spec", BOTH)
@pytest.mark.parametrize("written", BOTH)
def test_every_version_becomes_every_other(spec: str, written: str) -> None:
    bom = bom_of("a", "x", spec=written)
    changed = in_spec(bom, spec)
    check_schema(changed)
    assert changed["specVersion"] == spec
    assert read(changed).inputs == read(bom).inputs
    assert in_spec(bom, written) == bom


def test_words_of_the_newer_version_are_refused_in_the_older_one() -> None:
    bom = bom_of("a", spec="1.7")
    bom["metadata"]["distributionConstraints"] = {"tlp": "RED"}
    check_schema(bom)
    with pytest.raises(MalformedEvidence) as refused:
        check_schema(in_spec(bom, "1.6"))
    assert refused.value.code == "bom-schema"


@pytest.mark.parametrize("named", ["nowhere", "by itself"])
def test_the_word_ancestor_hides_no_base_model(named: str) -> None:
    bom = document()
    part: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": "hidden",
        "name": "hidden",
        "hashes": [{"alg": "SHA-256", "content": digest("hidden").hex}],
        "properties": [{"name": "attest:lineage:relation", "value": "ancestor"}],
    }
    if named == "by itself":
        own = {key: part[key] for key in ("type", "name", "hashes")}
        part["pedigree"] = {"ancestors": [own]}
    bom["components"].append(part)
    with pytest.raises(MalformedEvidence) as refused:
        read(bom)
    assert refused.value.code == "bom-contradiction"


def test_an_ancestor_without_a_digest_is_accounted_for_by_nothing() -> None:
    bom = document()
    bom["metadata"]["component"]["pedigree"]["ancestors"].append({"type": "machine-learning-model", "name": "other"})
    word = [{"name": "attest:lineage:relation", "value": "ancestor"}]
    bom["components"].append({"type": "machine-learning-model", "name": "hidden", "properties": word})
    with pytest.raises(MalformedEvidence) as refused:
        read(bom)
    assert refused.value.code == "bom-contradiction"


NODES = "abcdef"
GRAPHS = st.fixed_dictionaries({name: st.sets(st.sampled_from(NODES.replace(name, ""))) for name in NODES})


@settings(max_examples=25, deadline=None)
@given(graph=GRAPHS, known=st.sets(st.sampled_from(NODES[1:])), spec=st.sampled_from(BOTH))
def test_any_family_is_one_sound_document(graph: dict[str, set[str]], known: set[str], spec: str) -> None:
    """Rings included: what is known of the family stands there once, and nothing said of the model is lost."""
    boms = {name: bom_of(name, *sorted(graph[name])) for name in sorted({"a", *known})}
    reached, waiting = {"a"}, ["a"]
    while waiting:
        above = graph[waiting.pop()] & known - reached
        reached |= above
        waiting += above
    result = merged("a", boms, spec=spec)
    found = sound(result)
    assert set(result.left_out) == {digest(name) for name in known - reached}
    expected = [f"acme/{name}" for name in reached - {"a"}] + list(graph["a"] - known)
    assert sorted(models(found)) == sorted(expected)
    said = {(item.name, item.digest, item.role, item.standing, item.uri) for item in read(found).inputs}
    assert said == {(item.name, item.digest, item.role, item.standing, item.uri) for item in read(boms["a"]).inputs}
    for name in reached - {"a"}:
        above = {"model" if each == "a" else ref(each) for each in graph[name] & reached}
        assert above <= set(edges(found)[ref(name)])


def test_what_only_a_left_out_ancestor_names_is_left_out_too() -> None:
    unfit = bom_of("b", "a") | {"serialNumber": "none"}
    found = merged("c", {"c": bom_of("c", "b"), "b": unfit, "a": bom_of("a")})
    assert set(found.left_out) == {digest("b"), digest("a")}
    assert models(sound(found)) == ["b"]
