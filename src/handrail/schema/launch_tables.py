"""Tables of launches: which rows of which upload have been launched, so that none is launched twice."""

from handrail.schema.columns import moment, tenant_table, text, within

bulk_rows = tenant_table(
    "bulk_rows",
    ("template_id", "batch", "row_key"),
    text("template_id"),
    text("batch"),
    text("row_key"),
    text("process_id"),
    moment("created_at", null=False),
    within("templates", "template_id"),
)
