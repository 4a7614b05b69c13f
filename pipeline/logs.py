"""Formats log records as JSON, one object a line."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline.plain import escaped


def json_line(
    when: datetime, level: str, logger: str, message: str, fields: Mapping[str, Any]
) -> str:
    """`time` (UTC), `level`, `logger`, `message` and more, without the end of the line."""
    line = {
        "time": when.isoformat(timespec="milliseconds"),
        "level": level,
        "logger": logger,
        "message": message,
        **fields,
    }
    return escaped(json.dumps(line, ensure_ascii=False))


class JsonLine(logging.Formatter):
    """The same of a record, with what it brings as `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line without its end."""
        fields = dict(getattr(record, "fields", {}))
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        when = datetime.fromtimestamp(record.created, UTC)
        return json_line(when, record.levelname, record.name, record.getMessage(), fields)
