"""What is chosen from in the forms of an own app: value and words."""

TYPES = (
    ("text", "Text"),
    ("long_text", "Long text"),
    ("email", "E-mail"),
    ("url", "Address"),
    ("integer", "Whole number"),
    ("number", "Number"),
    ("boolean", "Yes or no"),
    ("time", "Time"),
    ("choice", "Choice"),
    ("object", "Object"),
    ("list", "List"),
    ("any", "Anything"),
)
FOUND_TYPES = tuple(each for each in TYPES if each[0] != "choice")
SEMANTICS = (
    ("", "Nothing in particular"),
    ("email", "E-mail"),
    ("person_id", "Id of a person"),
    ("first_name", "First name"),
    ("last_name", "Last name"),
    ("full_name", "Full name"),
    ("phone", "Phone"),
    ("amount", "Amount in minor units"),
    ("currency", "Currency"),
    ("time", "Time"),
    ("created_at", "Time of creation"),
    ("plan", "Plan"),
    ("status", "Status"),
    ("url", "Address"),
    ("description", "Description"),
    ("customer", "Id of a customer"),
    ("subscription", "Id of a subscription"),
    ("invoice", "Id of an invoice"),
    ("charge", "Id of a charge"),
    ("event_name", "Name of an event"),
    ("event_data", "Data of an event"),
)
SIGNING = (
    ("none", "Not at all"),
    ("bearer", "Bearer token (Authorization: Bearer …)"),
    ("basic", "HTTP Basic (user and password)"),
    ("header", "A header of its own"),
    ("query", "A query parameter"),
)
METHODS = tuple((method, method) for method in ("POST", "GET", "PUT", "PATCH", "DELETE"))
EFFECTS = (
    ("create", "Creates something, each time anew"),
    ("upsert", "Sets something: the same call again changes nothing more"),
    ("read", "Reads only"),
    ("delete", "Deletes something"),
)
BODIES = (("none", "None"), ("json", "JSON"), ("form", "Form fields"))
VERIFICATIONS = (
    ("hmac", "Signature: a digest of the body in a header (HMAC)"),
    ("shared_secret", "Shared secret: the secret itself in a header"),
    ("none", "No verification: anybody who knows the address can send events"),
)
ALGORITHMS = (("sha256", "SHA-256"), ("sha1", "SHA-1"), ("sha512", "SHA-512"))
ENCODINGS = (("hex", "Hexadecimal"), ("base64", "Base64"))
TYPE_PLACES = (
    ("path", "In the body, at this path"),
    ("header", "In this header"),
    ("fixed", "Always this text"),
)
ID_PLACES = (
    ("path", "In the body, at this path"),
    ("header", "In this header"),
    ("digest", "Nowhere: the same body is the same event"),
)
