import type { MapLink, MapType, MemoryMap } from "./memory-map.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** A circle, and where its label stands. */
export interface Circle extends Place {
  readonly type: MapType;
  readonly radius: number;
  readonly label: Place & { readonly anchor: "start" | "middle" | "end" };
}

/** A line from one circle to another, or from a circle to itself. */
export interface Curve {
  readonly link: MapLink;
  /** Path data of the line. */
  readonly path: string;
  /** Path data of its arrow head. */
  readonly head: string;
  readonly width: number;
  readonly middle: Place;
}

export interface MapLayout {
  readonly circles: readonly Circle[];
  readonly curves: readonly Curve[];
}

const MIN_RADIUS = 6;
const MAX_RADIUS = { wide: 34, narrow: 24 };
const MIN_WIDTH = 1.25;
const MAX_WIDTH = 9;
/** Room for labels beside and above the circles. */
const SIDE = { wide: 132, narrow: 78 };
const ABOVE = 33;
/** Pictures below this width have shorter labels. */
export const NARROW = 560;

/**
 * The order of types around the map: the largest first, then always the one that has the most edges with those placed last. It depends on
 * the data alone, so that the same graph always looks the same.
 */
export function orderOf({ types, links }: Pick<MemoryMap, "types" | "links">): readonly string[] {
  const between = (a: string, b: string): number =>
    links.filter(({ from, to }) => (from === a && to === b) || (from === b && to === a)).reduce((sum, { count }) => sum + count, 0);
  const left = types.map(({ name }) => name);
  const order: string[] = left.splice(0, 1);
  while (left.length > 0) {
    const [last = "", before = ""] = [order.at(-1), order.at(-2)];
    const strength = left.map((name) => 2 * between(last, name) + between(before, name));
    order.push(...left.splice(strength.indexOf(Math.max(...strength)), 1));
  }
  return order;
}

/** Places the types on an ellipse in this order; areas of circles and widths of lines grow with their counts. */
export function layoutOf({ types, links }: MemoryMap, order: readonly string[], size: Size): MapLayout {
  const circles = circlesOf(types, order, size);
  const byName = new Map(circles.map((circle) => [circle.type.name, circle]));
  const most = Math.max(1, ...links.map(({ count }) => count));
  const center = { x: size.width / 2, y: size.height / 2 };
  const curves = links.flatMap((link): readonly Curve[] => {
    const [from, to] = [byName.get(link.from), byName.get(link.to)];
    if (!from || !to) return [];
    const width = MIN_WIDTH + (MAX_WIDTH - MIN_WIDTH) * Math.sqrt(link.count / most);
    return [{ link, width, ...(from === to ? loop(from, center, width) : curve(from, to, center, width)) }];
  });
  // Thin lines are drawn last, so that none is hidden.
  return { circles, curves: curves.toSorted((a, b) => b.width - a.width) };
}

function circlesOf(types: readonly MapType[], order: readonly string[], { width, height }: Size): readonly Circle[] {
  const largest = Math.max(1, ...types.map(({ count }) => count));
  const kind = width < NARROW ? "narrow" : "wide";
  const maxRadius = MAX_RADIUS[kind];
  const [rx, ry] = [width / 2 - SIDE[kind] - maxRadius / 2, height / 2 - ABOVE - maxRadius];
  return types.map((type) => {
    const angle = (2 * Math.PI * Math.max(0, order.indexOf(type.name))) / types.length - Math.PI / 2;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [x, y] = types.length === 1 ? [width / 2, height / 2] : [width / 2 + rx * cos, height / 2 + ry * sin];
    const radius = MIN_RADIUS + (maxRadius - MIN_RADIUS) * Math.sqrt(type.count / largest);
    const isSide = Math.abs(cos) > 0.35;
    const anchor = !isSide ? "middle" : cos > 0 ? "start" : "end";
    const label = isSide
      ? { x: x + Math.sign(cos) * (radius + 6), y: y + 4 + sin * 8, anchor }
      : { x, y: sin < 0 ? y - radius - 18 : y + radius + 15, anchor };
    return {
      type,
      x: round(x),
      y: round(y),
      radius: round(radius),
      label: { x: round(label.x), y: round(label.y), anchor },
    };
  });
}

/** A line that bends to the centre; the two directions between a pair bend differently. */
function curve(from: Circle, to: Circle, center: Place, width: number): Pick<Curve, "path" | "head" | "middle"> {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const [nx, ny] = [-dy / length, dx / length];
  const mid = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const control = { x: mid.x + (center.x - mid.x) * 0.3 + nx * 16, y: mid.y + (center.y - mid.y) * 0.3 + ny * 16 };
  const arrow = 4 + width;
  const start = towards(from, control, from.radius + 1);
  const tip = towards(to, control, to.radius + 2);
  const end = towards(to, control, to.radius + 2 + arrow);
  const middle = { x: round((start.x + 2 * control.x + end.x) / 4), y: round((start.y + 2 * control.y + end.y) / 4) };
  return { path: `M${at(start)}Q${at(control)} ${at(end)}`, head: headOf(end, tip, arrow * 0.6), middle };
}

/** A loop on the side that looks away from the centre, beside the label. */
function loop({ x, y, radius, label }: Circle, center: Place, width: number): Pick<Curve, "path" | "head" | "middle"> {
  const outwards = Math.atan2(y - center.y, x - center.x);
  const angle = outwards + (label.anchor === "middle" ? 0.95 : label.anchor === "start" ? -0.9 : 0.9);
  const on = (turn: number, distance: number): Place => ({
    x: x + distance * Math.cos(angle + turn),
    y: y + distance * Math.sin(angle + turn),
  });
  const [start, end] = [on(-0.5, radius + 1), on(0.5, radius + 4 + width)];
  const far = radius + 22 + width;
  return {
    path: `M${at(start)}C${at(on(-0.55, far))} ${at(on(0.55, far))} ${at(end)}`,
    head: headOf(end, on(0.5, radius + 1), (4 + width) * 0.6),
    middle: on(0, radius + 16),
  };
}

const towards = (from: Place, to: Place, distance: number): Place => {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return { x: from.x + ((to.x - from.x) / length) * distance, y: from.y + ((to.y - from.y) / length) * distance };
};

function headOf(base: Place, tip: Place, half: number): string {
  const length = Math.hypot(tip.x - base.x, tip.y - base.y) || 1;
  const [nx, ny] = [(-(tip.y - base.y) / length) * half, ((tip.x - base.x) / length) * half];
  return `M${at({ x: base.x + nx, y: base.y + ny })}L${at(tip)}L${at({ x: base.x - nx, y: base.y - ny })}Z`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const at = ({ x, y }: Place): string => `${round(x)} ${round(y)}`;
