"""Errors of services, as doors show them."""

from apps.common.errors import Conflict, NotAllowed, ServiceError, ValidationFailed


def test_each_kind_has_a_code_of_its_own_and_may_be_given_another():
    kinds = [ServiceError, ValidationFailed, Conflict, NotAllowed]

    assert len({kind("x").code for kind in kinds}) == len(kinds)
    assert Conflict("x", code="stale_draft").code == "stale_draft"
    assert all(isinstance(kind("x"), ServiceError) for kind in kinds)


def test_the_body_of_an_error_names_what_is_known_and_leaves_out_the_rest():
    error = ValidationFailed("Wrong.", remedy="Mend it.", field="email", details=[{"message": "a"}])

    assert error.as_dict() == {
        "code": "invalid",
        "message": "Wrong.",
        "details": [{"message": "a"}],
        "remedy": "Mend it.",
        "field": "email",
    }
    assert NotAllowed("Not yours.").as_dict() == {
        "code": "not_allowed",
        "message": "Not yours.",
        "details": [],
    }


def test_as_a_line_it_says_what_failed_and_what_to_do():
    assert Conflict("In use.", remedy="Unpublish first.").as_text() == "In use. Unpublish first."
    assert str(Conflict("In use.", remedy="Unpublish first.")) == "In use."
