"""The request for which a row was read: what leads from the row to the lines of the logs.

No index: a row is found by its id, which the log line of its request tells.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rows that were there before keep none."""
    present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("ocr_result")}
    if "request_id" not in present:
        op.add_column("ocr_result", sa.Column("request_id", sa.String(64), nullable=True))
