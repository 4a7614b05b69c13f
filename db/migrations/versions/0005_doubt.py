"""What later rules say of a row that answers otherwise: written by `fundocr replay`, for people.

No index: such rows stand at the head of the queue.
"""

import sqlalchemy as sa
from alembic import op

from db.column_types import JsonText

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rows that were there before are doubted by nothing."""
    present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("ocr_result")}
    if "doubt" not in present:
        op.add_column("ocr_result", sa.Column("doubt", JsonText, nullable=True))
