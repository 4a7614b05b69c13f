"""Model `ocr_handler`: recognises pictures, a batch at a time.

TorchServe loads this file by its name from the unpacked archive and wants exactly one class in it.
Our packages are imported inside the methods, because TorchServe reports any ImportError at the top
of a handler as a missing `ts.torch_handler`.
"""


class OcrHandler:
    """Requests in, JSON texts out; one bad item never touches its neighbours."""

    def initialize(self, context):
        """Check the archive, load and warm the model; raises when this version cannot serve."""
        from handlers import worker
        from pipeline.memory import give_memory_back

        give_memory_back()
        with worker.starting(context) as self._worker:
            from pipeline.factory import open_pipeline
            from pipeline.timings import BatchTimings

            self._meters = BatchTimings()
            self._pipeline = open_pipeline(
                self._worker.settings, models=self._worker.folder / "model", meters=self._meters
            )
            self._meters.take()  # of the pictures that it was warmed up with
        worker.keep_out_of_garbage_collection()

    def handle(self, data, context):
        """One JSON text for each request of the batch, with its own status."""
        from handlers import exchange
        from pipeline.answer import answer_body
        from pipeline.work import work_of

        with self._worker.busy(), exchange.timed() as elapsed_ms:
            calls = exchange.calls(data, context)
            asked = [call for call in calls if not call.describe]
            requests = [exchange.recognise_request(call) for call in asked]
            outcomes = self._pipeline.run(requests)
            for call, outcome in zip(asked, outcomes, strict=True):
                exchange.tell_work(context, call, work_of(outcome))
            answers = iter(outcomes)
            replies = [
                exchange.reply(context, call, self._worker.description(), dict)
                if call.describe
                else exchange.reply(
                    context,
                    call,
                    next(answers),
                    lambda a, c=call: answer_body(a, c.id, elapsed_ms()),
                )
                for call in calls
            ]
            self._worker.metrics.recognised(requests, outcomes, self._meters.take())
            return replies
