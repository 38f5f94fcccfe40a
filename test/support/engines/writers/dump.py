"""Reads whole graphs with the engine's own client, without graphiti-core.

Started with a JSON object as its argument: engine ("falkordb" or "neo4j") and where to connect. Reads one JSON object a line, with the name of
a graph, and prints one JSON object a line: all nodes and relations of the graph, or the error.
"""

import json
import sys

from falkordb import FalkorDB
from neo4j import GraphDatabase


def plain(value):
    """A time as text; what JSON has stays."""
    return value.iso_format() if hasattr(value, "iso_format") else value


def properties_of(properties):
    return {name: plain(value) for name, value in sorted(properties.items())}


class Falkor:
    def __init__(self, target):
        self.client = FalkorDB(host=target["host"], port=target["port"], password=target.get("password"))

    def rows(self, graph, query):
        return [row[0] for row in self.client.select_graph(graph).ro_query(query).result_set]

    def node(self, node):
        return {"id": str(node.id), "labels": sorted(node.labels or []), "properties": properties_of(node.properties)}

    def relation(self, edge):
        return {
            "id": str(edge.id),
            "type": edge.relation,
            "from": str(edge.src_node),
            "to": str(edge.dest_node),
            "properties": properties_of(edge.properties),
        }


class Neo:
    def __init__(self, target):
        auth = ("neo4j", target["password"]) if target.get("password") else None
        self.driver = GraphDatabase.driver(target["url"], auth=auth)

    def rows(self, _, query):
        with self.driver.session(database="neo4j") as session:
            return [row[0] for row in session.run(query)]

    def node(self, node):
        return {"id": node.element_id, "labels": sorted(node.labels), "properties": properties_of(node)}

    def relation(self, relation):
        return {
            "id": relation.element_id,
            "type": relation.type,
            "from": relation.start_node.element_id,
            "to": relation.end_node.element_id,
            "properties": properties_of(relation),
        }


def dump(client, graph):
    nodes = [client.node(node) for node in client.rows(graph, "MATCH (n) RETURN n")]
    relations = [client.relation(relation) for relation in client.rows(graph, "MATCH ()-[r]->() RETURN r")]
    return {"nodes": sorted(nodes, key=lambda each: each["id"]), "relations": sorted(relations, key=lambda each: each["id"])}


target = json.loads(sys.argv[1])
client = Falkor(target) if target["engine"] == "falkordb" else Neo(target)
while line := sys.stdin.readline():
    try:
        answer = {"result": dump(client, json.loads(line)["graph"])}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
