import type uPlot from "uplot";
import type { ChartData } from "../chart-data.ts";
import { formatValue, type Unit } from "../format.ts";
import { SHAPE } from "../../health/status.ts";
import type { Colors } from "../theme.ts";
import type { ThresholdReport, Status } from "../../client/api.ts";

/** What a chart draws besides its lines. */
export interface Marks {
  readonly data: ChartData;
  readonly transitions: readonly MarkedTransition[];
  readonly thresholds: readonly ThresholdReport[];
  readonly unit: Unit;
  readonly colors: Colors;
}

const HATCH_STEP = 6;
const FAILURE_HEIGHT = 4;

/** Draws gaps, hatched, behind the lines. */
export function drawBehind(u: uPlot, { data, colors }: Marks): void {
  within(u, (ctx, scale) => {
    for (const { fromMs, toMs } of data.gaps) {
      const [left, right] = [u.valToPos(fromMs / 1_000, "x", true), u.valToPos(toMs / 1_000, "x", true)];
      hatch(ctx, left, u.bbox.top, Math.max(right - left, scale), u.bbox.height, { step: HATCH_STEP * scale, color: colors.hatch });
    }
  });
}

/** Draws thresholds, failed ticks and status changes in front of the lines. */
export function drawInFront(u: uPlot, marks: Marks): void {
  within(u, (ctx, scale) => {
    if (marks.data.constant !== undefined) drawConstant(u, ctx, scale, marks.data.constant, marks);
    for (const threshold of marks.thresholds) drawThreshold(u, ctx, scale, threshold, marks);
    ctx.fillStyle = marks.colors.status["critical"] as string;
    const bottom = u.bbox.top + u.bbox.height;
    for (const time of marks.data.failures)
      ctx.fillRect(u.valToPos(time, "x", true) - scale / 2, bottom - FAILURE_HEIGHT * scale, Math.max(1, scale), FAILURE_HEIGHT * scale);
    for (const transition of marks.transitions) drawTransition(u, ctx, scale, transition, marks.colors);
  });
}

/** Draws inside the plotting area only; `scale` is the number of device pixels per CSS pixel. */
function within(u: uPlot, draw: (ctx: CanvasRenderingContext2D, scale: number) => void): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx, devicePixelRatio);
  ctx.restore();
}

function drawThreshold(u: uPlot, ctx: CanvasRenderingContext2D, scale: number, threshold: ThresholdReport, { colors, unit }: Marks): void {
  const { above, below, status } = threshold;
  const bound = (above ?? below) as number;
  const y = u.valToPos(bound, "y", true);
  if (y < u.bbox.top - scale || y > u.bbox.top + u.bbox.height + scale) return;
  ctx.strokeStyle = ctx.fillStyle = colors.status[status] as string;
  ctx.lineWidth = scale;
  ctx.setLineDash([5 * scale, 4 * scale]);
  line(ctx, u.bbox.left, y, u.bbox.left + u.bbox.width, y);
  ctx.setLineDash([]);
  ctx.font = `${10 * scale}px system-ui, sans-serif`;
  ctx.textAlign = "right";
  const isBelowLine = y - u.bbox.top < 14 * scale;
  ctx.textBaseline = isBelowLine ? "top" : "bottom";
  const text = `${status} ${above === undefined ? "below" : "above"} ${formatValue(bound, unit, { isExact: true })}`;
  const [x, base] = [u.bbox.left + u.bbox.width - 3 * scale, y + (isBelowLine ? 2 : -2) * scale];
  // An outline keeps it readable where a line crosses it.
  ctx.strokeStyle = colors.surface;
  ctx.lineWidth = 3 * scale;
  ctx.strokeText(text, x, base);
  ctx.fillText(text, x, base);
}

/** Labels a line that stays at one value. */
function drawConstant(u: uPlot, ctx: CanvasRenderingContext2D, scale: number, value: number, { colors, unit }: Marks): void {
  const y = u.valToPos(value, "y", true);
  ctx.font = `${11 * scale}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  const isBelowLine = y - u.bbox.top < 16 * scale;
  ctx.textBaseline = isBelowLine ? "top" : "bottom";
  ctx.strokeStyle = colors.surface;
  ctx.fillStyle = colors.faint;
  ctx.lineWidth = 3 * scale;
  const text = `constant at ${formatValue(value, unit)}`;
  const [x, base] = [u.bbox.left + 4 * scale, y + (isBelowLine ? 3 : -3) * scale];
  ctx.strokeText(text, x, base);
  ctx.fillText(text, x, base);
}

function drawTransition(u: uPlot, ctx: CanvasRenderingContext2D, scale: number, { timeMs, to }: MarkedTransition, colors: Colors): void {
  const x = u.valToPos(timeMs / 1_000, "x", true);
  ctx.strokeStyle = ctx.fillStyle = colors.status[to] as string;
  ctx.lineWidth = scale;
  ctx.globalAlpha = 0.6;
  line(ctx, x, u.bbox.top, x, u.bbox.top + u.bbox.height);
  ctx.globalAlpha = 1;
  ctx.save();
  ctx.translate(x - 5 * scale, u.bbox.top);
  ctx.scale((10 * scale) / 16, (10 * scale) / 16);
  ctx.fill(pathOf(to), "evenodd");
  ctx.restore();
}

const pathOf = (status: Status): Path2D => new Path2D(SHAPE[status]);

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

function hatch(
  ctx: CanvasRenderingContext2D,
  left: number,
  top: number,
  width: number,
  height: number,
  { step, color }: { readonly step: number; readonly color: string },
): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.strokeStyle = color;
  ctx.lineWidth = step / 5;
  // The lines start at fixed positions, so that they do not move while the gap grows.
  for (let x = Math.floor((left - height) / step) * step; x < left + width; x += step) line(ctx, x, top + height, x + height, top);
  ctx.restore();
}

/** A change of status, as charts mark it. */
export interface MarkedTransition {
  readonly timeMs: number;
  readonly to: Status;
}
