import { degreeOf, type Csr } from "./csr.ts";

export interface Degrees {
  /** Nodes without neighbours. */
  readonly orphanNodes: number;
  /** Nodes with exactly one neighbour. */
  readonly leafNodes: number;
  /** Neighbours of the node that has most; 0 without nodes. */
  readonly maxDegree: number;
}

/** Counts nodes by the number of their neighbours in the simple graph. */
export function degreesOf(graph: Csr): Degrees {
  let [orphanNodes, leafNodes, maxDegree] = [0, 0, 0];
  for (let n = 0; n < graph.nodeCount; n += 1) {
    const degree = degreeOf(graph, n);
    if (degree === 0) orphanNodes += 1;
    else if (degree === 1) leafNodes += 1;
    if (degree > maxDegree) maxDegree = degree;
  }
  return { orphanNodes, leafNodes, maxDegree };
}
