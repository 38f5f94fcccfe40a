import type { GraphInput } from "../../src/topology/index.ts";
import { graph, type Edge } from "./graphs.ts";

/** Parses rows of a node and its neighbours of higher number: `0-1.2` is two edges. */
function parsed(nodeCount: number, rows: string): GraphInput {
  const edges = rows
    .trim()
    .split(/\s+/)
    .flatMap((row): readonly Edge[] => {
      const [from = "", to = ""] = row.split("-");
      return to.split(".").map((each) => [Number(from), Number(each)]);
    });
  return graph(nodeCount, edges);
}

/** Zachary's karate club: friendships of 34 members ("An Information Flow Model for Conflict and Fission in Small Groups", 1977). */
export const KARATE = parsed(
  34,
  `
    0-1.2.3.4.5.6.7.8.10.11.12.13.17.19.21.31 1-2.3.7.13.17.19.21.30 2-3.7.8.9.13.27.28.32 3-7.12.13 4-6.10 5-6.10.16 6-16
    8-30.32.33 9-33 13-33 14-32.33 15-32.33 18-32.33 19-33 20-32.33 22-32.33 23-25.27.29.32.33 24-25.27.31 25-31 26-29.33 27-33
    28-31.33 29-32.33 30-32.33 31-32.33 32-33
  `,
);

/** Marriages of 15 Florentine families, without the unconnected Pucci (Padgett and Ansell, "Robust Action and the Rise of the Medici", 1993). */
export const FLORENTINE = parsed(
  15,
  `
    0-8 1-5.6.8 2-4.8 3-6.10.13 4-10.13 6-7.14 8-11.12.14 9-12 10-13 11-13.14
  `,
);

/** Characters of Les Miserables that appear in one chapter (Knuth, "The Stanford GraphBase", 1993), in alphabetical order. */
export const LES_MISERABLES = parsed(
  77,
  `
    0-25.58.70 1-9.15.25.31.37.39.58.59.70.73 2-6.17.21.24.30.31.35.40.46.49.55.67 3-8.10.12.16.27.39.42.73 4-34.49
    5-23.26.27.29.44.71.76 6-17.21.24.30.31.35.40.46.49.55.67.73 7-70 8-10.12.16.42.73 9-15.25.31.37.59.70 10-12.16.42.73 11-62
    12-16.42.73 13-14.31 14-31 15-24.25.37.39.58.59.70.73 16-42.73 17-21.24.30.31.35.40.46.49.67
    18-34.39.45.49.51.58.70.71.72.73.75 19-62 20-62 21-24.25.30.31.35.40.46.49.55.67 22-62 23-26.27.29.44.71.76
    24-30.31.35.39.40.46.49.55.67.73 25-37.46.49.58.59.70 26-27.29.44.71.76 27-29.39.44.48.58.65.69.70.71.73.76 28-36.39.60.73
    29-44.71.76 30-31.35.40.46.49.67 31-35.37.39.40.46.49.53.55.59.67.70.73 32-62 33-73 34-45.47.49.51.73 35-40.55.67
    37-39.58.59.70.73 38-73 39-58.59.69.70.72.73.74.75 40-46.49.55.67 41-53 42-73 43-73 44-71.76 45-49.51 46-49.61 47-58 48-73
    49-51.66.70.71.73 50-56.62.73 51-52.57.73 54-73 56-62.73 57-66 58-70.73 59-70.73 60-73 62-63.64.73 65-69 66-70 68-73 69-73
    70-73 71-76 72-73 73-74.75
  `,
);
