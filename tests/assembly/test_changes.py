"""Changes between two assemblies, said with their reasons."""

from __future__ import annotations

from typing import Any

from tests.assembly.test_assembly import assembly

from modelwright.assembly import Assembly, Request, Resource, changes
from modelwright.assembly.value import SecretRef, Slot


def store(name: str = "lake", *, retention: str = "30d", **fields: Any) -> Resource:
    return Resource(
        name, "test:Bucket", {"retention": retention, "tags": {"a": 1}}, owner=name, holds_data=True, **fields
    )


def serving(fraction: float) -> Assembly:
    body = {"config": {"capture": {"fraction": fraction}, "version": Slot("version")}}
    return assembly(requests=(Request("delay-api/serve", "serve", "Op", body, "delay-api"),))


def test_nothing_changes_between_equal_assemblies() -> None:
    assert changes(assembly(store()), assembly(store())) == ()


def test_without_a_former_everything_is_created() -> None:
    (change,) = changes(None, assembly(store()))
    assert (change.kind, change.name, change.reasons) == ("create", "lake", ("test:Bucket",))


def test_a_changed_property_says_its_path_and_both_values() -> None:
    (change,) = changes(assembly(store()), assembly(store(retention="60d")))
    assert str(change) == "update lake: inputs.retention: 30d → 60d"


def test_a_property_that_cannot_change_in_place_replaces_and_marks_data() -> None:
    new = store(retention="60d", replace_on=("retention",))
    (change,) = changes(assembly(store()), assembly(new))
    assert (change.kind, change.holds_data) == ("replace", True)


def test_another_type_replaces() -> None:
    (change,) = changes(
        assembly(store()), assembly(Resource("lake", "test:Table", {"retention": "30d", "tags": {"a": 1}}))
    )
    assert change.kind == "replace"
    assert "type: test:Bucket → test:Table" in change.reasons


def test_deleting_what_holds_data_is_marked_and_goes_in_reverse() -> None:
    old = assembly(store("a"), store("b", depends_on=("a",)))
    assert [(c.kind, c.name, c.holds_data) for c in changes(old, assembly())] == [
        ("delete", "b", True),
        ("delete", "a", True),
    ]


def test_a_renamed_resource_is_no_replacement() -> None:
    (change,) = changes(assembly(store("lake")), assembly(store("pond", renamed_from=("lake",))))
    assert (change.kind, change.name, change.reasons) == ("update", "pond", ("renamed from lake",))


def test_a_new_resource_may_take_the_name_that_another_gave_up() -> None:
    found = changes(assembly(store("lake")), assembly(store("pond", renamed_from=("lake",)), store("lake")))
    assert [(change.kind, change.name) for change in found] == [("update", "pond"), ("create", "lake")]


def test_a_rename_that_was_applied_before_changes_nothing() -> None:
    same = assembly(store("pond", renamed_from=("lake",)))
    assert changes(same, same) == ()


def test_a_changed_serving_configuration_means_a_new_release() -> None:
    (change,) = changes(serving(0.2), serving(0.5))
    assert change.subject == "request"
    assert change.reasons == (
        "serving configuration of delay-api changes: a new release of the same version",
        "body.config.capture.fraction: 0.2 → 0.5",
    )


def test_a_changed_declaration_that_reaches_no_provider_is_seen_all_the_same() -> None:
    old, new = (
        assembly(desired={"models": {"kind": "model_registry", "gate": value, "config": value}})
        for value in (0.65, 0.7)
    )
    (change,) = changes(old, new)
    assert (change.subject, change.reasons) == ("declaration", ("gate: 0.65 → 0.7",))


def test_a_changed_secret_shows_names_only() -> None:
    old, new = (assembly(Resource("hook", "test:Hook", {"url": SecretRef(name)})) for name in ("one", "two"))
    (change,) = changes(old, new)
    assert change.reasons == ("inputs.url.$secret: one → two",)


def test_true_and_one_are_not_the_same() -> None:
    old, new = (assembly(Resource("a", "test:A", {"n": value})) for value in (1, True))
    assert changes(old, new)[0].reasons == ("inputs.n: 1 → true",)
