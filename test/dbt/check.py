"""check.py SOURCES CATALOG: a sources.yml by the rules of dbt, and against the catalog that it describes.

RULES says for sources what dbt-labs/dbt-jsonschema (Apache License 2.0) says in schemas/latest/dbt_yml_files-latest.json: which
keys there may be, and of which types. The text is written anew.
"""
import json
import re
import sys

import yaml

try:
    import jinja2
except ImportError:
    jinja2 = None

QUOTING = {"database": bool, "identifier": bool, "schema": bool}
TEST = {"relationships": {"to!": str, "field!": str, "name": str, "where": str, "config": dict}, "unique": dict,
        "not_null": dict, "accepted_values": {"values!": [str], "quote": bool, "name": str, "where": str, "config": dict}}
COLUMN = {"name!": str, "description": str, "constraints": list, "data_tests": [(str, TEST)], "data_type": str, "meta": dict,
          "policy_tags": [str], "quote": bool, "tags": list, "tests": [(str, TEST)]}
TABLE = {"name!": str, "description": str, "columns": [COLUMN], "external": dict, "freshness": dict, "identifier": str,
         "loaded_at_field": str, "loader": str, "meta": dict, "quoting": QUOTING, "tags": list, "tests": [(str, TEST)]}
SOURCE = {"name!": str, "description": str, "config": dict, "data_tests": [(str, TEST)], "database": str, "freshness": dict,
          "loaded_at_field": str, "loader": str, "meta": dict, "overrides": str, "quoting": QUOTING, "schema": str,
          "tables": [TABLE], "tags": list, "tests": [(str, TEST)]}
RULES = {"version": int, "sources": [SOURCE]}

failed = False


def check(name, wrong):
    global failed
    print(("not ok " if wrong else "ok ") + name)
    for line in wrong[:5]:
        print("  " + str(line))
    failed = failed or bool(wrong)


def breaks(value, rule, where="file"):
    """What of a value is against a rule: a type, a list of a rule, a choice, or a dict of keys, of which those with ! must be."""
    if isinstance(rule, tuple):
        problems = [breaks(value, r, where) for r in rule]
        return [] if any(not p for p in problems) else problems[-1]
    if isinstance(rule, list):
        if not isinstance(value, list):
            return [where + " is no list"]
        return [p for i, v in enumerate(value) for p in breaks(v, rule[0], f"{where}[{i}]")]
    if isinstance(rule, dict):
        if not isinstance(value, dict):
            return [where + " is no mapping"]
        keys = {k.rstrip("!"): r for k, r in rule.items()}
        return ([f"{where} has no {k[:-1]}" for k in rule if k.endswith("!") and k[:-1] not in value]
                + [f"{where}.{k} is unknown" for k in value if k not in keys]
                + [p for k, v in value.items() if k in keys for p in breaks(v, keys[k], f"{where}.{k}")])
    return [] if isinstance(value, rule) else [f"{where} is {value!r}"]


def rendered(text):
    """As dbt renders it: by Jinja where that is there, else what stands for its opening brackets is put back."""
    if text is None:
        return None
    if jinja2:
        return jinja2.Environment(keep_trailing_newline=True).from_string(text).render()
    escaped = r"\{\{ '(\{[{%#])' \}\}"
    assert not re.search(r"\{[{%#]", re.sub(escaped, " ", text)), text
    return re.sub(escaped, r"\1", text)


text = open(sys.argv[1], encoding="utf-8", newline="").read()
# Jinja makes one kind of line end of all.
catalog = json.loads(open(sys.argv[2], encoding="utf-8").read().replace(r"\r", r"\n" if jinja2 else r"\r"))
sources = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
check("sources of dbt keep its rules", breaks(sources, RULES) + ([] if sources["version"] == 2 else ["version"]))
check("the rules can say no", [] if breaks({"version": 2, "sources": [{"name": "a", "tables": [
    {"name": "b", "columns": [{"title": "c"}]}]}]}, RULES) and breaks({"sources": [{"name": 1}]}, RULES) else ["they do not"])

told = {}
for source in sources["sources"]:
    for table in source["tables"]:
        for column in table["columns"]:
            tests = column.get("data_tests", [])
            related = []
            for t in tests:
                if isinstance(t, dict):
                    to = re.fullmatch(r"source\('(.*)', '(.*)'\)", t["relationships"]["to"])
                    if jinja2:
                        parts = []
                        jinja2.Environment().from_string("{{ " + t["relationships"]["to"] + " }}").render(
                            source=lambda *names: parts.extend(names))
                    else:
                        parts = [re.sub(r"\\(.)", r"\1", p) for p in to.groups()]
                    assert parts[0] == rendered(source["name"]), parts
                    related.append([parts[1] if re.fullmatch("[a-z_]+", parts[1]) else '"%s"' % parts[1].replace('"', '""'),
                                    rendered(t["relationships"]["field"])])
            name = rendered(column["name"])
            # A name that needs quotes in SQL is quoted: words of SQL too, of which this knows none.
            assert column.get("quote") or re.fullmatch(r"[a-z_][a-z0-9_]*", name), name
            told[(rendered(source["name"]), rendered(table["name"]), name)] = [
                column["data_type"], rendered(column.get("description")), rendered(table.get("description")),
                rendered(source.get("description")), "not_null" in tests, "unique" in tests, sorted(related) or None]
wanted = {tuple(row[:3]): row[3:] for row in catalog}
check(f"{len(told)} columns are those of the catalog", sorted(set(told) ^ set(wanted)))
# A column of the book that has no comment is described by its name; one of the lender's own is not.
check("columns of the book are described", [k for k in told if k[:2] in (("book_d", "account"), ("book_d", "decision"))
                                            and not told[k][1]])
described = [k for k in told if k in wanted and told[k][1] and wanted[k][1] is None]
check("names describe columns of the book only", [k for k in described if k[0] != "book_d" or not re.fullmatch("[a-z_]+", k[1])
                                                  or k[1] in ("child", "part", "chars", "true")])
for k in described:
    told[k][1] = None
check("types, descriptions and tests are those of the catalog",
      [(k, told[k], wanted[k]) for k in told if k in wanted and told[k] != wanted[k]])
check("tests there are", [] if sum(v[4] for v in told.values()) > 100 and sum(bool(v[6]) for v in told.values()) > 10 else ["few"])
# YAML 1.1 and 1.2: printable characters only, and no line ends but those of the file.
check("nothing that is not printable", re.findall("[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|"
                                                  "[\u2028\u2029]", text))
sys.exit(failed)
