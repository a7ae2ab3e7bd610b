"""How schemathesis writes the bodies that are not JSON, and what it expects of bulk writes."""

import json

import pyarrow
import schemathesis
from schemathesis.specs.openapi.checks import negative_data_rejection


@schemathesis.serializer("application/x-ndjson")
def ndjson(ctx, value):
    """One line."""
    return (json.dumps(value) + "\n").encode()


@schemathesis.serializer("application/vnd.apache.arrow.stream")
def arrow(ctx, value):
    """An Arrow stream of one column: as good a wrong one as any."""
    table = pyarrow.table({"user": ["u"], "item": [str(value)[:20]]})
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


@schemathesis.check
def bad_entries_are_rejected(ctx, response, case):
    """A bulk write with a good entry is answered with 200: what is bad in it must be among the `rejected`. This stands in the place of the check that
    schemathesis.toml turns off for these operations."""
    if ctx.config.negative_data_rejection.enabled:
        return
    if not (response.status_code == 200 and response.json()["rejected"]):
        negative_data_rejection(ctx, response, case)
