# Trying the API from a shell. In the project's directory, after `make run` in another terminal:
#
#     . docs/guides/shell.sh
#
# BASE, ORG and TOKEN are those of the demo; set them before to use another server. They are exported.
# `api PATH [curl options]` calls the organization's API, `pick '.data[0].id'` takes a value out of JSON like `jq -r`.

_python=.venv/bin/python
[ -x "$_python" ] || _python=python3

pick() {
    "$_python" -c '
import json, re, sys
value = json.load(sys.stdin)
for name in re.findall(r"[^.\[\]]+", sys.argv[1]):
    value = value[int(name)] if isinstance(value, list) else value[name]
print(value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False))
' "${1:-.}"
}

BASE=${BASE:-$(pick .base_url <data/demo.json)}
ORG=${ORG:-$(pick .organization_id <data/demo.json)}
TOKEN=${TOKEN:-$(pick .access_token <data/demo.json)}
export BASE ORG TOKEN

api() {
    _path=$1
    shift
    curl --silent --show-error --fail-with-body "$BASE/organizations/$ORG/$_path" \
        --header "Authorization: Bearer $TOKEN" \
        --header "X-Tallyfy-Client: docs" \
        --header "Content-Type: application/json" \
        "$@"
}
