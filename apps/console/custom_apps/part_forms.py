"""What the forms of an own app ask of one action and of one trigger."""

from apps.console.custom_apps.choices import BODIES, EFFECTS, FOUND_TYPES, METHODS, SEMANTICS, TYPES
from apps.console.custom_apps.controls import Control, Group, Rows

KEY_HELP = "Made from the name where it is empty. It can't be changed once it is in use."


def field_columns(*, path: str) -> tuple[Control, ...]:
    """Return the columns of outputs and of a trigger's fields; `path` says where the path leads."""
    return (
        Control("label", "Label", required=True, placeholder="Order id"),
        Control("path", "Path", required=True, placeholder="data.order.id", help=path),
        Control("type", "Type", "select", choices=FOUND_TYPES),
        Control("example", "Example", reads="example", placeholder="ord_123"),
        Control("semantic", "Means", "select", choices=SEMANTICS),
        Control("key", "Key", placeholder="order_id", help="Its name in templates; made from the label."),
        Control("help_text", "Help"),
    )


ACTION = (
    Group(
        "About the action",
        (
            Control("name", "Name", required=True, placeholder="Create order"),
            Control("key", "Key", placeholder="create-order", help=KEY_HELP),
            Control("description", "Description", "area"),
            Control("effect", "What it does there", "select", choices=EFFECTS),
            Control(
                "danger",
                "What is at stake",
                "area",
                help="A sentence that people must confirm before they publish. Needed for what deletes.",
            ),
            Control(
                "key_header",
                "Header for our idempotency key",
                placeholder="Idempotency-Key",
                help="Only where the app drops a call that carries the same key again for at least a day. "
                "Without it, a creating call whose outcome is uncertain is never repeated: a person decides.",
            ),
        ),
    ),
    Group(
        "What it takes",
        (
            Rows(
                "inputs",
                "Inputs",
                (
                    Control("label", "Label", required=True, placeholder="E-mail"),
                    Control("type", "Type", "select", choices=TYPES),
                    Control("required", "Required", "check", reads="bool"),
                    Control("example", "Example", reads="example", placeholder="jane@example.com"),
                    Control("semantic", "Means", "select", choices=SEMANTICS),
                    Control(
                        "key", "Key", placeholder="email", help="Its name in templates; made from the label."
                    ),
                    Control("help_text", "Help", required=True),
                    Control(
                        "choices",
                        "Choices",
                        "area",
                        reads="choices",
                        placeholder="small = Small",
                        wide=True,
                        shown_for="row.type=choice",
                    ),
                ),
                help="Each becomes a field of the step. In the call below it is {{ inputs.key }}",
                add="Add an input",
            ),
        ),
    ),
    Group(
        "The call",
        (
            Control("method", "Method", "select", choices=METHODS),
            Control(
                "path",
                "Path",
                "code",
                required=True,
                placeholder="/customers/{{ inputs.customer_id }}/orders",
                help="After the base address. A template fills one part, encoded whole.",
            ),
            Rows(
                "query",
                "Query parameters",
                (
                    Control("name", "Name"),
                    Control("template", "Value", "code", placeholder="{{ inputs.limit }}"),
                ),
                help="One without a value is left out.",
                add="Add a parameter",
            ),
            Rows(
                "headers",
                "Headers",
                (Control("name", "Name"), Control("template", "Value", "code")),
                help="Besides those that sign the request.",
                add="Add a header",
            ),
            Control("body_kind", "Body", "select", choices=BODIES),
            Control(
                "body",
                "JSON body",
                "code",
                reads="json",
                placeholder='{"email": "{{ inputs.email }}", "items": [{"sku": "{{ inputs.sku }}"}]}',
                help="JSON whose texts may be templates. A text that is one template alone keeps its type; "
                "one without a value leaves its name out.",
                shown_for="body_kind=json",
                wide=True,
            ),
            Rows(
                "form",
                "Form fields",
                (Control("name", "Name"), Control("template", "Value", "code")),
                add="Add a form field",
                shown_for="body_kind=form",
            ),
        ),
    ),
    Group(
        "What it gives",
        (
            Rows(
                "outputs",
                "Outputs",
                field_columns(path="Into the JSON answer."),
                help="Later steps use them. Every action also gives the HTTP status.",
                add="Add an output",
            ),
            Control("provider_id", "Output with the new thing's id", placeholder="order_id"),
            Control(
                "success",
                "Statuses that count as done",
                reads="numbers",
                placeholder="200, 201",
                help="Empty counts every 2xx. A 404 here makes “gone already” count as deleted.",
            ),
        ),
    ),
)

TRIGGER = (
    Group(
        "About the trigger",
        (
            Control("name", "Name", required=True, placeholder="Order paid"),
            Control("key", "Key", placeholder="order-paid", help=KEY_HELP),
            Control("description", "Description", "area"),
            Control(
                "event_types",
                "Event types",
                "area",
                required=True,
                reads="lines",
                placeholder="order.paid",
                help="As the app writes them, one on each line.",
            ),
        ),
    ),
    Group(
        "Its events",
        (
            Control(
                "sample",
                "Sample payload",
                "code",
                required=True,
                reads="json",
                help="One delivery's whole body, as the app sends it. Take real people's data out of it.",
                wide=True,
            ),
            Rows(
                "fields",
                "Fields",
                field_columns(path="Into the payload."),
                help="What steps use of an event: {{ trigger.key }}",
                add="Add a field",
            ),
        ),
    ),
)
