"""Workspaces and members: the services, and their pages by role."""

import itertools

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from apps.common.errors import Conflict, NotAllowed, ValidationFailed
from apps.workspaces import services
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry, Membership, Workspace
from apps.workspaces.roles import ROLE_TABLE, Permission, Role
from tests.factories import MembershipFactory, UserFactory, WorkspaceFactory
from tests.personas import MEMBERS

MEMBERSHIPS = "/admin/workspaces/membership/"
WORKSPACES = "/admin/workspaces/workspace/"
MANAGERS = ("owner", "admin_member")


def member(user):
    return Membership.objects.get(user=user)


def test_creating_a_workspace_makes_its_first_owner_and_says_so(superuser):
    workspace = services.create_workspace(actor=Actor.of(superuser), name="  New   one ", owner=superuser)

    assert workspace.name == "New one"
    assert member(superuser).role == Role.OWNER
    verbs = AuditEntry.objects.filter(workspace=workspace).values_list("verb", flat=True)
    assert set(verbs) == {"workspace.created", "member.added"}


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x00b"])
def test_a_workspace_needs_a_name(db, name):
    with pytest.raises(ValidationFailed):
        services.create_workspace(actor=Actor.system("test"), name=name)


def test_members_cannot_create_workspaces(owner):
    with pytest.raises(NotAllowed):
        services.create_workspace(actor=Actor.of(owner), name="Mine")


def test_an_admin_adds_members_but_no_owner(workspace, admin_member):
    actor = Actor.of(admin_member)
    services.add_member(workspace, actor=actor, user=UserFactory(), role=Role.EDITOR)

    with pytest.raises(NotAllowed):
        services.add_member(workspace, actor=actor, user=UserFactory(), role=Role.OWNER)


def test_a_person_is_a_member_once(workspace, owner, viewer):
    with pytest.raises(Conflict, match="already a member"):
        services.add_member(workspace, actor=Actor.of(owner), user=viewer, role=Role.ADMIN)


def test_the_last_owner_cannot_go_or_step_down(workspace, owner):
    with pytest.raises(Conflict, match="last owner"):
        services.remove_member(member(owner), actor=Actor.of(owner))
    with pytest.raises(Conflict, match="last owner"):
        services.change_role(member(owner), actor=Actor.of(owner), role=Role.VIEWER)

    assert member(owner).role == Role.OWNER


def test_with_a_second_owner_the_first_can_go(workspace, owner):
    MembershipFactory(workspace=workspace, role=Role.OWNER)

    services.remove_member(member(owner), actor=Actor.of(owner))

    assert not Membership.objects.filter(user=owner).exists()
    assert AuditEntry.objects.get().before == {"role": "owner"}


def test_an_admin_cannot_touch_an_owner(workspace, owner, admin_member):
    with pytest.raises(NotAllowed):
        services.change_role(member(owner), actor=Actor.of(admin_member), role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        services.remove_member(member(owner), actor=Actor.of(admin_member))


def test_a_change_that_fails_leaves_no_audit_entry(workspace, owner):
    with pytest.raises(Conflict):
        services.remove_member(member(owner), actor=Actor.of(owner))

    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("persona", MEMBERS)
def test_only_managers_add_members(persona, persona_client, workspace):
    UserFactory(username="newcomer")

    response = persona_client(persona).post(f"{MEMBERSHIPS}add/", {"person": "newcomer", "role": "viewer"})

    assert response.status_code == (302 if persona in MANAGERS else 403)
    assert Membership.objects.filter(user__username="newcomer").exists() == (persona in MANAGERS)


def test_a_member_is_found_by_e_mail_too(owner_client, workspace):
    UserFactory(username="newcomer", email="New.Comer@example.com")

    owner_client.post(f"{MEMBERSHIPS}add/", {"person": "new.comer@example.com", "role": "admin"})

    assert Membership.objects.get(user__username="newcomer").workspace == workspace


def test_nobody_can_leaf_through_the_users(owner_client, stranger):
    content = owner_client.get(f"{MEMBERSHIPS}add/").content.decode()
    refused = owner_client.post(f"{MEMBERSHIPS}add/", {"person": "steve", "role": "viewer"}).content.decode()

    assert "steve-stranger" not in content + refused
    assert "Nobody here has exactly this username" in refused


def test_a_foreign_workspace_in_the_form_is_ignored(owner_client, workspace, other_workspace):
    UserFactory(username="newcomer")

    owner_client.post(
        f"{MEMBERSHIPS}add/", {"person": "newcomer", "role": "viewer", "workspace": other_workspace.pk}
    )

    assert Membership.objects.get(user__username="newcomer").workspace == workspace


def test_an_admin_is_not_offered_the_owners_role(admin_member_client, owner_client):
    assert 'value="owner"' not in admin_member_client.get(f"{MEMBERSHIPS}add/").content.decode()
    assert 'value="owner"' in owner_client.get(f"{MEMBERSHIPS}add/").content.decode()


def test_an_admin_cannot_post_the_owners_role(admin_member_client, workspace):
    UserFactory(username="newcomer")

    admin_member_client.post(f"{MEMBERSHIPS}add/", {"person": "newcomer", "role": "owner"})

    assert not Membership.objects.filter(user__username="newcomer").exists()


@pytest.mark.parametrize("persona", MEMBERS)
def test_only_managers_change_and_remove_members(persona, persona_client, workspace):
    target, client = MembershipFactory(workspace=workspace, role=Role.VIEWER), persona_client(persona)

    client.post(f"{MEMBERSHIPS}{target.pk}/change/", {"role": "editor"})
    assert Membership.objects.get(pk=target.pk).role == ("editor" if persona in MANAGERS else "viewer")

    client.post(f"{MEMBERSHIPS}{target.pk}/delete/", {"post": "yes"})
    assert Membership.objects.filter(pk=target.pk).exists() == (persona not in MANAGERS)


def test_removing_the_last_owner_in_the_admin_says_why_not(owner, owner_client):
    response = owner_client.post(f"{MEMBERSHIPS}{member(owner).pk}/delete/", {"post": "yes"}, follow=True)

    assert "is the last owner" in response.content.decode()
    assert member(owner).role == Role.OWNER


@pytest.mark.parametrize("persona", MEMBERS)
def test_only_owners_rename_the_workspace(persona, persona_client, workspace):
    fields = {"name": "Renamed", "keep_runs_days": 7}
    persona_client(persona).post(f"{WORKSPACES}{workspace.pk}/change/", fields)

    assert Workspace.objects.get(pk=workspace.pk).name == ("Renamed" if persona == "owner" else "Acme")


def test_only_superusers_make_workspaces(owner_client, superuser_client):
    assert owner_client.get(f"{WORKSPACES}add/").status_code == 403

    superuser_client.post(f"{WORKSPACES}add/", {"name": "Fresh", "keep_runs_days": 90})

    assert Workspace.objects.filter(name="Fresh").exists()


def test_switching_needs_membership(owner, owner_client, workspace, other_workspace):
    refused = owner_client.post(f"{WORKSPACES}switch/", {"workspace": other_workspace.code})
    assert refused.status_code == 404

    MembershipFactory(workspace=other_workspace, user=owner)
    owner_client.post(f"{WORKSPACES}switch/", {"workspace": other_workspace.code})
    content = owner_client.get(f"{WORKSPACES}switch/").content.decode()
    assert 'aria-current="true">Elsewhere' in content


def test_a_get_does_not_switch(owner, owner_client, workspace, other_workspace):
    MembershipFactory(workspace=other_workspace, user=owner)

    owner_client.get(f"{WORKSPACES}switch/?workspace={other_workspace.code}")

    assert 'aria-current="true">Acme' in owner_client.get(f"{WORKSPACES}switch/").content.decode()


def test_a_workspace_that_one_has_left_is_no_longer_current(owner, owner_client, workspace, other_workspace):
    elsewhere = MembershipFactory(workspace=other_workspace, user=owner)
    owner_client.post(f"{WORKSPACES}switch/", {"workspace": other_workspace.code})

    elsewhere.delete()

    assert "Elsewhere" not in owner_client.get(WORKSPACES).content.decode()


@pytest.mark.parametrize("persona", MEMBERS)
def test_users_are_for_superusers(persona, persona_client, superuser_client, owner):
    client = persona_client(persona)

    for address in ("/admin/auth/user/", "/admin/auth/user/add/", f"/admin/auth/user/{owner.pk}/change/"):
        assert client.get(address).status_code == 403
        assert superuser_client.get(address).status_code == 200
    assert client.post(f"/admin/auth/user/{owner.pk}/password/", {}).status_code == 403


def test_a_superuser_makes_a_user_who_can_sign_in(superuser_client, client):
    password = "a long and winding password"
    superuser_client.post(
        "/admin/auth/user/add/",
        {
            "username": "newcomer",
            "email": "newcomer@example.com",
            "password1": password,
            "password2": password,
            "usable_password": "true",
            "is_staff": "on",
        },
    )

    assert User.objects.get(username="newcomer").is_staff
    assert client.login(username="newcomer", password=password)


def post_account(client, user, *ticked):
    """Save the page of a user with these boxes ticked."""
    fields = {"username": user.username, "email": user.email, "first_name": "", "last_name": ""}
    address = f"/admin/auth/user/{user.pk}/change/"
    return client.post(address, {**fields, **dict.fromkeys(ticked, "on")}, follow=True)


def test_nobody_deletes_a_user(superuser_client, owner):
    response = superuser_client.post(f"/admin/auth/user/{owner.pk}/delete/", {"post": "yes"})
    superuser_client.post("/admin/auth/user/", {"action": "delete_selected", "_selected_action": owner.pk})

    assert response.status_code == 403
    assert User.objects.filter(pk=owner.pk).exists()
    page = superuser_client.get(f"/admin/auth/user/{owner.pk}/change/").content.decode()
    assert "to close one, take “Active” away" in page


@pytest.mark.parametrize("ticked", [("is_staff",), ("is_active",)])
def test_the_last_owner_who_can_sign_in_keeps_their_access(superuser_client, owner, workspace, ticked):
    MembershipFactory(workspace=workspace, role=Role.OWNER, user__is_active=False)

    response = post_account(superuser_client, owner, *ticked)

    assert "is the last owner of “Acme” who can sign in" in response.content.decode()
    owner.refresh_from_db()
    assert (owner.is_active, owner.is_staff) == (True, True)
    assert not AuditEntry.objects.exists()


def test_a_change_of_access_is_told_in_every_workspace_of_the_person(
    superuser_client, superuser, viewer, workspace, other_workspace
):
    MembershipFactory(workspace=other_workspace, user=viewer)
    WorkspaceFactory()

    post_account(superuser_client, viewer, "is_staff")

    entries = AuditEntry.objects.order_by("workspace")
    assert {entry.workspace for entry in entries} == {workspace, other_workspace}
    for entry in entries:
        assert (entry.verb, entry.actor) == ("account.access_changed", superuser)
        assert (entry.before, entry.after) == ({"is_active": True}, {"is_active": False})
    assert not LogEntry.objects.exists()


def test_a_change_of_name_alone_is_no_change_of_access(superuser_client, viewer):
    viewer.email = "victor@example.com"

    post_account(superuser_client, viewer, "is_staff", "is_active")

    assert User.objects.get(pk=viewer.pk).email == "victor@example.com"
    assert not AuditEntry.objects.exists()


def test_only_operators_change_accounts(owner, viewer):
    viewer.is_superuser = True

    with pytest.raises(NotAllowed):
        services.save_account(viewer, actor=Actor.of(owner))


@pytest.mark.parametrize("lacking", ["is_staff", "is_active"])
def test_somebody_who_cannot_sign_in_is_not_added(workspace, owner, lacking):
    newcomer = UserFactory(**{lacking: False})

    with pytest.raises(Conflict, match="can't sign in") as raised:
        services.add_member(workspace, actor=Actor.of(owner), user=newcomer, role=Role.EDITOR)

    assert "Staff status" in raised.value.remedy
    assert not Membership.objects.filter(user=newcomer).exists()


@pytest.mark.parametrize("persona", MEMBERS)
def test_the_trail_is_for_those_whose_role_may_see_it(persona, persona_client, workspace):
    services.rename_workspace(workspace, actor=Actor.system("test"), name="Renamed")
    entry, client = AuditEntry.objects.get(), persona_client(persona)
    expected = 200 if persona in MANAGERS else 403

    for address in (
        "/admin/workspaces/auditentry/",
        f"/admin/workspaces/auditentry/{entry.pk}/change/",
        f"{WORKSPACES}{workspace.pk}/history/",
    ):
        assert client.get(address).status_code == expected, address


def test_the_trail_is_searched_and_shows_before_and_after(owner_client, workspace):
    services.rename_workspace(workspace, actor=Actor.system("the test"), name="Renamed")
    entry = AuditEntry.objects.get()

    listed = owner_client.get("/admin/workspaces/auditentry/?q=workspace+renamed").content.decode()
    assert listed.count("Workspace renamed") >= 2  # The row and the filter.
    shown = owner_client.get(f"/admin/workspaces/auditentry/{entry.pk}/change/").content.decode()
    assert "Acme" in shown
    assert "Workspace renamed" in shown
    history = owner_client.get(f"{WORKSPACES}{workspace.pk}/history/").content.decode()
    assert "the test" in history
    assert "Workspace renamed" in history
    assert "workspace.renamed" not in listed.replace("what=workspace.renamed", "").replace(
        'value="workspace.renamed"', ""
    )


def test_nobody_changes_the_trail(superuser_client, workspace):
    services.rename_workspace(workspace, actor=Actor.system("test"), name="Renamed")
    entry = AuditEntry.objects.get()

    assert superuser_client.get("/admin/workspaces/auditentry/add/").status_code == 403
    address = f"/admin/workspaces/auditentry/{entry.pk}"
    assert superuser_client.post(f"{address}/change/", {"verb": "x"}).status_code == 403
    assert superuser_client.post(f"{address}/delete/", {"post": "yes"}).status_code == 403


def test_each_role_may_all_that_the_lower_ones_may():
    order = [Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.OWNER]

    for lower, higher in itertools.pairwise(order):
        assert ROLE_TABLE[lower] < ROLE_TABLE[higher]
    assert ROLE_TABLE[Role.OWNER] == set(Permission)


def test_every_page_names_the_current_workspace_and_leads_to_the_others(viewer_client):
    content = viewer_client.get(WORKSPACES).content.decode()

    assert "Acme" in content
    assert f'href="{WORKSPACES}switch/"' in content
