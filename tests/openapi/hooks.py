"""How schemathesis writes the bodies that are not JSON."""

import json

import pyarrow
import schemathesis


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
