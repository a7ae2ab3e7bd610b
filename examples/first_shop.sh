#!/usr/bin/env bash
# From three small files to lists: import, train, serve, ask.
# Usage: examples/first_shop.sh [PATH TO THE guanxi BINARY]
set -euo pipefail
guanxi=$(realpath "$(command -v "${1:-guanxi}")") || { echo "no guanxi: give the path of the binary" >&2; exit 1; }
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

# The files of a tea shop. Columns may be named otherwise: see `guanxi import --help` on --map.
cat > friends.csv <<'CSV'
from,kind,to
li,friend,wang
li,friend,zhao
chen,friend,wang
CSV
cat > catalogue.ndjson <<'NDJSON'
{"id": "jasmine-tea", "name": "Jasmine tea", "category": "tea/green", "price": 38, "currency": "CNY"}
{"id": "oolong", "name": "Oolong", "category": "tea/oolong", "price": 65, "currency": "CNY"}
{"id": "puer", "name": "Pu'er", "category": "tea/dark", "price": 120, "currency": "CNY"}
{"id": "gaiwan", "name": "Gaiwan", "category": "ware", "price": 88, "currency": "CNY"}
NDJSON
cat > orders.csv <<'CSV'
user,item,type,ts
wang,jasmine-tea,purchase,2026-01-05T10:00:00Z
zhao,jasmine-tea,purchase,2026-01-06T10:00:00Z
wang,gaiwan,purchase,2026-01-07T10:00:00Z
zhao,oolong,purchase,2026-01-08T10:00:00Z
chen,puer,purchase,2026-01-09T10:00:00Z
li,oolong,view,2026-01-10T10:00:00Z
CSV

"$guanxi" import --data shop --interactions orders.csv --relations friends.csv --items catalogue.ndjson
"$guanxi" train --data shop

# Port 0 takes any free port; the server prints the one it took.
"$guanxi" serve --data shop --listen 127.0.0.1:0 > serve.log &
server=$!
until url=$(grep -o 'http://[^ ]*' serve.log); do sleep 0.1; done

echo "What li's friends bought:"
curl -fsS "$url/v1/recommend/friends-also-bought?user=li&limit=3&explain=true&fields=name,price"
echo
echo "What goes with jasmine tea:"
curl -fsS "$url/v1/recommend/also-bought?item=jasmine-tea&limit=3&fields=name"
echo
