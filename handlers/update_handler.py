"""Model `ocr_info_update`: stores what people correct. See ocr_handler for its shape."""


class UpdateHandler:
    """Corrections in, JSON texts out; one bad item never touches its neighbours."""

    def initialize(self, context):
        """Check the archive and open the store; raises when this version cannot serve."""
        from handlers import worker

        with worker.starting(context) as self._worker:
            from db.engine import open_engine
            from db.store import Store

            self._store = Store(open_engine(self._worker.settings.resolved_database_url))

    def handle(self, data, context):
        """One JSON text for each correction of the batch, with its own status."""
        from handlers import exchange
        from pipeline.answer import correction_body
        from pipeline.review import correct

        with self._worker.busy(), exchange.timed() as elapsed_ms:
            calls = exchange.calls(data, context)
            corrections = [exchange.correction(call) for call in calls if not call.describe]
            outcomes = [correct(self._store, correction) for correction in corrections]
            rows = iter(outcomes)
            replies = [
                exchange.reply(context, call, self._worker.description(), dict)
                if call.describe
                else exchange.reply(
                    context,
                    call,
                    next(rows),
                    lambda row, c=call: correction_body(row, c.id, elapsed_ms()),
                )
                for call in calls
            ]
            self._worker.metrics.corrected(corrections, outcomes, elapsed_ms() / 1000)
            return replies
