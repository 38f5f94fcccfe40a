/** What runs without a file: this machine, and a graph memory where the environment names its file. */
export function builtInConfig(hasMemoryFile: boolean): string {
  const memorySource = hasMemoryFile ? '    agent: { kind: mcp-memory, path: "${MEMORY_FILE_PATH}" }\n' : "";
  const memoryCollections = hasMemoryFile
    ? `    memory: { source: agent, type: agent-memory, interval: 5s, retain: 720 }
    graph: { source: agent, type: graph, interval: 2s, retain: 1800 }
`
    : "";
  return `file_format: "1.0"
collector:
  sources:
    here: { kind: host }
${memorySource}  collections:
    analytics: { source: here, type: system, interval: 1s, retain: 3600 }
${memoryCollections}`;
}
