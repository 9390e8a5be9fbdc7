"""The one module that knows what the admin's look is made of (django-unfold).

All other admin code imports from here, so that a change of the look, or of
django-unfold's names, ends here. To the type checker the classes are Django's
own, which django-unfold extends.

Non-dialog actions of django-unfold are GET links: what changes state is a POST
form or an action with a dialog.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin import widgets as admin_widgets
from unfold import decorators as unfold_decorators
from unfold import widgets as unfold_widgets
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    MultipleChoicesDropdownFilter,
    RadioFilter,
    RelatedDropdownFilter,
    TextFilter,
)
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, AuthenticationForm, UserChangeForm, UserCreationForm

from apps.common.look_blocks import (
    NOTHING,
    Tone,
    badge,
    code_block,
    empty,
    kv_table,
    link,
    pretty,
    tone_of,
    when,
)
from apps.common.look_filters import RangeDateFilter, RangeDateTimeFilter

__all__ = [
    "NOTHING",
    "ActionVariant",
    "AdminPasswordChangeForm",
    "AdminSite",
    "AuthenticationForm",
    "AutocompleteSelectFilter",
    "BooleanRadioFilter",
    "CheckboxInput",
    "ChoicesDropdownFilter",
    "CodeTextarea",
    "DropdownFilter",
    "EmailInput",
    "ModelAdmin",
    "MultipleChoicesDropdownFilter",
    "NumberInput",
    "PasswordInput",
    "RadioFilter",
    "RadioSelect",
    "RangeDateFilter",
    "RangeDateTimeFilter",
    "RelatedDropdownFilter",
    "Select",
    "SelectMultiple",
    "StackedInline",
    "SwitchInput",
    "TabularInline",
    "TextFilter",
    "TextInput",
    "Textarea",
    "Tone",
    "URLInput",
    "UserChangeForm",
    "UserCreationForm",
    "action",
    "badge",
    "code_block",
    "display",
    "empty",
    "kv_table",
    "link",
    "pretty",
    "tone_of",
    "when",
]

if TYPE_CHECKING:
    AdminSite = admin.AdminSite
    BaseModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    StackedInline = admin.StackedInline[Any, Any]
    TextInput = admin_widgets.AdminTextInputWidget
    EmailInput = admin_widgets.AdminEmailInputWidget
    URLInput = admin_widgets.AdminURLFieldWidget
    NumberInput = admin_widgets.AdminIntegerFieldWidget
    Textarea = admin_widgets.AdminTextareaWidget
    Select = forms.Select
    SelectMultiple = forms.SelectMultiple
    RadioSelect = admin_widgets.AdminRadioSelect
    CheckboxInput = forms.CheckboxInput
    SwitchInput = forms.CheckboxInput
    BasePasswordInput = forms.PasswordInput
else:
    from unfold.admin import ModelAdmin as BaseModelAdmin
    from unfold.admin import StackedInline, TabularInline
    from unfold.sites import UnfoldAdminSite as AdminSite

    TextInput = unfold_widgets.UnfoldAdminTextInputWidget
    EmailInput = unfold_widgets.UnfoldAdminEmailInputWidget
    URLInput = unfold_widgets.UnfoldAdminURLInputWidget
    NumberInput = unfold_widgets.UnfoldAdminIntegerFieldWidget
    Textarea = unfold_widgets.UnfoldAdminTextareaWidget
    Select = unfold_widgets.UnfoldAdminSelectWidget
    SelectMultiple = unfold_widgets.UnfoldAdminSelectMultipleWidget
    RadioSelect = unfold_widgets.UnfoldAdminRadioSelectWidget
    CheckboxInput = unfold_widgets.UnfoldBooleanWidget
    SwitchInput = unfold_widgets.UnfoldBooleanSwitchWidget
    BasePasswordInput = unfold_widgets.UnfoldAdminPasswordWidget


class ModelAdmin(BaseModelAdmin):
    """The base of every admin page: the look, cheap counts, no action bar unless one is named.

    The attributes without a value here are django-unfold's; its documentation
    tells their form.
    """

    actions_list: Sequence[Any]
    actions_row: Sequence[Any]
    actions_detail: Sequence[Any]
    actions_submit_line: Sequence[Any]
    change_form_before_template: str | None
    change_form_after_template: str | None
    change_form_outer_before_template: str | None
    change_form_outer_after_template: str | None
    list_before_template: str | None
    list_after_template: str | None
    list_filter_submit: bool = True  # Filters with a text or a range need the button.
    list_filter_sheet: bool = False
    list_fullwidth: bool = True
    warn_unsaved_form: bool = False
    compressed_fields: bool = True
    show_full_result_count = False
    list_per_page = 50


class CodeTextarea(Textarea):
    """A text area in a fixed-width face for templates and JSON, without the browser's spelling."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        given = dict(attrs or {})
        defaults = {"rows": 3, "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}
        classes = f"td-mono font-mono {given.pop('class', '')}".strip()
        super().__init__(attrs={**defaults, **given, "class": classes})


class PasswordInput(BasePasswordInput):
    """An input for a secret that is never filled in again and not offered to the browser's keeper."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(attrs={"autocomplete": "new-password", "spellcheck": "false", **(attrs or {})})


def display[F: Callable[..., Any]](
    *,
    description: str | None = None,
    ordering: Any = None,
    boolean: bool | None = None,
    empty_value: str | None = None,
    header: bool | None = None,
) -> Callable[[F], F]:
    """Declare a column of a list or a read-only field, as Django's decorator does.

    With `header` the method returns two lines, the second in small print.
    """
    decorate: Callable[[F], F] = unfold_decorators.display(
        description=description,
        ordering=ordering,
        boolean=boolean,
        empty_value=empty_value,
        header=header,
    )
    return decorate


def action(
    *,
    description: str,
    permissions: Iterable[str] | None = None,
    url_path: str | None = None,
    icon: str | None = None,
    variant: ActionVariant | None = None,
    dialog: Mapping[str, Any] | None = None,
    attrs: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare an action of a list, a row or a page.

    `permissions` name the `has_<name>_permission` methods that must allow it.
    With a `dialog` (`title`, `description`, `form_class`, `form_submit_text`)
    it asks first and acts on POST; without one it is a GET link and must change
    nothing.
    """
    decorate: Callable[[Callable[..., Any]], Callable[..., Any]] = unfold_decorators.action(
        description=description,
        permissions=permissions,
        url_path=url_path,
        icon=icon,
        variant=variant or ActionVariant.DEFAULT,
        dialog=dialog,
        attrs=dict(attrs or {}),
    )
    return decorate
