"""A worker without TorchServe around it: run by `python -S -I`, so that nothing but the folders
named in the task can be imported, and no editable install helps.

stdin: {"first", "last": folders before and after the standard library, "folder": of the unpacked
archive, "model", "handler", "batch": [{"headers": {name: text}, "fields": {name: base64}}]}.
The last line of stdout: {"answers": [{"status", "content_type", "body"}], "ours": {module: file},
"modules": all top-level names}.
"""

import base64
import json
import sys
from pathlib import Path

task = json.load(sys.stdin)
sys.path[:] = [*task["first"], *sys.path, *task["last"]]

import ts  # noqa: E402
from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl  # noqa: E402
from ts.model_loader import ModelLoaderFactory  # noqa: E402
from ts.service import Service  # noqa: E402

metrics = MetricsCacheYamlImpl(str(Path(ts.__file__).parent / "configs" / "metrics.yaml"))
metrics.initialize_cache()
metrics.model_name = task["model"]
service = ModelLoaderFactory.get_model_loader().load(
    task["model"], task["folder"], task["handler"], None, 8, None, True, metrics
)

batch = [
    {
        "requestId": f"request-{index}".encode(),
        "headers": [
            {"name": name.encode(), "value": text.encode()}
            for name, text in item["headers"].items()
        ],
        "parameters": [
            {"name": name, "contentType": "", "value": base64.b64decode(content)}
            for name, content in item["fields"].items()
        ],
    }
    for index, item in enumerate(task["batch"])
]
context = service.context
context.request_processor, rows, context.request_ids = Service.retrieve_data_for_inference(batch)
bodies = service._entry_point(rows, context)

answers = [
    {
        "status": context.get_response_status(index)[0],
        "content_type": context.get_response_content_type(index),
        "body": json.loads(body),
    }
    for index, body in enumerate(bodies)
]
ours = {
    name: module.__file__
    for name, module in sys.modules.items()
    if name.partition(".")[0] in task["packages"]
}
modules = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"answers": answers, "ours": ours, "modules": modules}))
