"""Writes to a graph with the classes of graphiti-core, as Graphiti does after its language model has answered; no model is called.

Started with a JSON object as its argument: engine ("falkordb" or "neo4j"), group, graph, where to connect, nowMs (the moment from which ages
count; default: when it is written) and bare (true: without the indexes that Graphiti creates at its start). Reads one JSON object a line, whose
"do" names a method of Writer, and prints one JSON object a line: its result, or the error.
"""

import asyncio
import json
import os
import sys
from datetime import datetime, timedelta, timezone

os.environ["GRAPHITI_TELEMETRY_ENABLED"] = "false"

from falkordb.asyncio import FalkorDB  # noqa: E402
from graphiti_core.driver.falkordb_driver import FalkorDriver  # noqa: E402
from graphiti_core.driver.neo4j_driver import Neo4jDriver  # noqa: E402
from graphiti_core.edges import CommunityEdge, EntityEdge, EpisodicEdge  # noqa: E402
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodeType, EpisodicNode  # noqa: E402
from neo4j import AsyncGraphDatabase  # noqa: E402

DIMENSIONS = 8


def embedding(number, dimensions=DIMENSIONS):
    """A vector that no other number has."""
    return [1.0 / (1 + number + place) for place in range(dimensions)]


class Writer:
    def __init__(self, driver, group, now_ms=None):
        self.driver = driver
        self.group = group
        self.now = None if now_ms is None else datetime.fromtimestamp(now_ms / 1000, timezone.utc)
        self.entity_nodes, self.episode_nodes, self.fact_edges = [], [], []
        self.is_neo4j = isinstance(driver, Neo4jDriver)
        self.made = 0

    def next(self):
        self.made += 1
        return self.made

    def past(self, seconds):
        return (self.now or datetime.now(timezone.utc)) - timedelta(seconds=seconds)

    async def indexes(self):
        await self.driver.build_indices_and_constraints()

    async def entities(self, n, labels=(), embedded=True, age=0, name=None, dimensions=DIMENSIONS):
        """Entities, each with a name of its own unless one is given; without `embedded` they have no embedding of their name."""
        for number in (self.next() for _ in range(n)):
            node = EntityNode(
                name=name or f"entity {number}",
                group_id=self.group,
                labels=list(labels),
                summary=f"summary {number}",
                created_at=self.past(age),
                name_embedding=embedding(number, dimensions) if embedded or self.is_neo4j else None,
            )
            await node.save(self.driver)
            if not embedded and self.is_neo4j:
                # graphiti-core cannot save a node without an embedding to Neo4j.
                await self.driver.execute_query("MATCH (n:Entity {uuid: $uuid}) REMOVE n.name_embedding", uuid=node.uuid)
            self.entity_nodes.append(node)

    async def episodes(self, n, mentions=1, age=0):
        """Episodes, each of which mentions the newest entities."""
        for number in (self.next() for _ in range(n)):
            node = EpisodicNode(
                name=f"episode {number}",
                group_id=self.group,
                source=EpisodeType.message,
                source_description="a test",
                content=f"user: content {number}",
                created_at=self.past(age),
                valid_at=self.past(age),
            )
            await node.save(self.driver)
            self.episode_nodes.append(node)
            for entity in self.entity_nodes[len(self.entity_nodes) - mentions :] if mentions else []:
                edge = EpisodicEdge(
                    group_id=self.group, source_node_uuid=node.uuid, target_node_uuid=entity.uuid, created_at=self.past(age)
                )
                await edge.save(self.driver)

    async def facts(self, n, age=0, text=None, between=None, embedded=True):
        """Facts, each with a text of its own unless one is given, between the entities of two numbers; default: those that follow each other."""
        if len(self.entity_nodes) < 2:
            raise ValueError("a fact connects two entities: write entities first")
        for number in (self.next() for _ in range(n)):
            first = len(self.fact_edges) % (len(self.entity_nodes) - 1)
            source, target = between or (first, first + 1)
            edge = EntityEdge(
                group_id=self.group,
                source_node_uuid=self.entity_nodes[source].uuid,
                target_node_uuid=self.entity_nodes[target].uuid,
                created_at=self.past(age),
                name="KNOWS",
                fact=text or f"fact {number}",
                fact_embedding=embedding(number) if embedded or self.is_neo4j else None,
                episodes=[episode.uuid for episode in self.episode_nodes[-1:]],
                valid_at=self.past(age),
            )
            await edge.save(self.driver)
            if not embedded and self.is_neo4j:
                await self.driver.execute_query("MATCH ()-[r:RELATES_TO {uuid: $uuid}]->() REMOVE r.fact_embedding", uuid=edge.uuid)
            self.fact_edges.append(edge)

    async def invalidate(self, n):
        """Marks the oldest facts that are valid as contradicted."""
        valid = [edge for edge in self.fact_edges if edge.expired_at is None]
        if len(valid) < n:
            raise ValueError(f"only {len(valid)} facts are valid")
        for edge in valid[:n]:
            edge.expired_at = edge.invalid_at = self.past(0)
            await edge.save(self.driver)

    async def communities(self, n, members=2):
        for number in (self.next() for _ in range(n)):
            node = CommunityNode(
                name=f"community {number}", group_id=self.group, summary="", created_at=self.past(0), name_embedding=embedding(number)
            )
            await node.save(self.driver)
            for entity in self.entity_nodes[:members]:
                edge = CommunityEdge(
                    group_id=self.group, source_node_uuid=node.uuid, target_node_uuid=entity.uuid, created_at=self.past(0)
                )
                await edge.save(self.driver)

    async def delete(self, entities=0, episodes=0, facts=0):
        """Deletes the newest. An entity takes its facts and mentions with it."""
        for held, n in ((self.fact_edges, facts), (self.episode_nodes, episodes), (self.entity_nodes, entities)):
            for _ in range(n):
                await held.pop().delete(self.driver)
        left = {node.uuid for node in self.entity_nodes}
        self.fact_edges = [edge for edge in self.fact_edges if {edge.source_node_uuid, edge.target_node_uuid} <= left]


# Counted by reading every node and relation of the group, with no index and no aggregate of the engine.
NODES = "MATCH (n) WHERE n.group_id = $group RETURN labels(n), n.name_embedding IS NULL"
RELATIONS = "MATCH ()-[r]->() WHERE r.group_id = $group RETURN type(r), r.expired_at IS NULL"


class Counter:
    """Reads with the engine's own client, without graphiti-core."""

    def __init__(self, target):
        self.target = target

    async def rows(self, query):
        target = self.target
        if target["engine"] == "falkordb":
            client = FalkorDB(host=target["host"], port=target["port"], password=target.get("password"))
            try:
                return (await client.select_graph(graph_of(target)).ro_query(query, {"group": target["group"]})).result_set
            finally:
                await client.aclose()
        async with AsyncGraphDatabase.driver(target["url"], auth=credentials(target)) as client:
            async with client.session(database="neo4j") as session:
                return await (await session.run(query, group=target["group"])).values()

    async def count(self):
        nodes, relations = await self.rows(NODES), await self.rows(RELATIONS)
        return {
            "entities": sum("Entity" in labels for labels, _ in nodes),
            "episodes": sum("Episodic" in labels for labels, _ in nodes),
            "communities": sum("Community" in labels for labels, _ in nodes),
            "withoutEmbedding": sum("Entity" in labels and missing for labels, missing in nodes),
            "facts": sum(kind == "RELATES_TO" for kind, _ in relations),
            "invalidated": sum(kind == "RELATES_TO" and not valid for kind, valid in relations),
            "mentions": sum(kind == "MENTIONS" for kind, _ in relations),
            "members": sum(kind == "HAS_MEMBER" for kind, _ in relations),
        }


def graph_of(target):
    return target.get("graph") or target["group"]


def credentials(target):
    return ("neo4j", target["password"]) if target.get("password") else None


def driver_for(target):
    if target["engine"] == "falkordb":
        return FalkorDriver(host=target["host"], port=target["port"], password=target.get("password"), database=graph_of(target))
    return Neo4jDriver(target["url"], "neo4j", target.get("password") or "", database="neo4j")


async def main():
    target = json.loads(sys.argv[1])
    # Created where an event loop runs, a driver also creates the indexes.
    driver = await asyncio.to_thread(driver_for, target) if target.get("bare") else driver_for(target)
    writer, counter = Writer(driver, target["group"], target.get("nowMs")), Counter(target)
    while line := await asyncio.to_thread(sys.stdin.readline):
        request = json.loads(line)
        name = request.pop("do")
        try:
            result = await (counter.count() if name == "count" else getattr(writer, name)(**request))
            answer = {"result": result}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    await driver.close()


asyncio.run(main())
