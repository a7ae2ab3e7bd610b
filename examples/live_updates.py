#!/usr/bin/env python3
"""Sends purchases to a running guanxi and shows how a friend's list changes with each of them.

Usage: examples/live_updates.py [URL], by default http://localhost:4826. Needs Python 3 and nothing else.
"""

import json
import sys
import urllib.request

URL = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:4826"


def call(method, path, body=None):
    """Sends one request and returns the JSON of its answer; an error status raises."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"} if data else {}
    request = urllib.request.Request(URL + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def show_list(user):
    """Prints what the user's friends bought, each item with its reason."""
    path = f"/v1/recommend/friends-also-bought?user={user}&explain=true&limit=5"
    for item in call("GET", path)["items"]:
        counts = [r["count"] for r in item["reasons"] if r["kind"] == "friends_bought"]
        why = f"{counts[0]} friends bought it" if counts else "fills up the list"
        print(f"  {item['id']}: {why}")


# Li has two friends. A PUT that is repeated changes nothing.
for friend in ("wang", "zhao"):
    call("PUT", f"/v1/relations/li/friend/{friend}")

# One purchase by one friend tells nothing: at least two friends must have bought an item.
for number, friend in enumerate(("wang", "zhao"), start=1):
    event = {"event_id": f"live-{number}", "user": friend, "item": "jasmine-tea", "type": "purchase",
             "ts": "2026-01-31T12:00:00Z"}
    call("POST", "/v1/events", event)
    print(f"{friend} bought jasmine-tea. Li's list now:")
    show_list("li")
