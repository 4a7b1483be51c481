/**
 * A flame graph as one SVG element whose widths are percentages: it fits any page. Zoom and search are a script's (flame-script.ts); the picture is there
 * without it.
 *
 * @module
 */
import { type HierarchyNode, type HierarchyRectangularNode, hierarchy, partition } from "d3-hierarchy";
import { frameOf } from "./folded.ts";
import type { FlamePlot, Stack } from "./model.ts";
import { escapeText } from "./text.ts";

/** Height of a function's box in CSS pixels. */
const ROW = 19;
/** Of all samples: what is narrower is not drawn, for it would be less than a pixel. */
const LEAST_SHARE = 0.0005;
/** Of all samples: what is narrower has no room for a word. */
const LEAST_NAMED_SHARE = 0.012;

interface Call {
  readonly text: string;
  /** Samples in this function, with what it calls. */
  count: number;
  readonly calls: Map<string, Call>;
}

function callTree(stacks: readonly Stack[]): Call {
  const root: Call = { text: "all samples", count: 0, calls: new Map() };
  for (const { frames, count } of stacks) {
    let call = root;
    call.count += count;
    for (const text of frames) {
      let next = call.calls.get(text);
      if (next === undefined) {
        next = { text, count: 0, calls: new Map() };
        call.calls.set(text, next);
      }
      next.count += count;
      call = next;
    }
  }
  return root;
}

/** A box: left edge and width as shares of the whole, depth from the root's 0. */
export interface Box {
  readonly text: string;
  readonly count: number;
  readonly left: number;
  readonly width: number;
  readonly depth: number;
}

/** Boxes that are wide enough to be seen, and how many are not. Callers lie beneath what they call, siblings in the order of their names. */
export function layOut(stacks: readonly Stack[]): { boxes: Box[]; hidden: number; depth: number } {
  const tree = hierarchy(callTree(stacks), (call) => [...call.calls.values()]).sort((a, b) =>
    compareNames(a, b),
  ) as HierarchyNode<Call>;
  // partition() wants the sum of the leaves; a function's own samples are a part of it that has no box.
  tree.eachAfter((node) => {
    (node as { value?: number }).value = node.data.count;
  });
  const root = partition<Call>().size([1, 1])(tree as HierarchyNode<Call>);
  const boxes: Box[] = [];
  let hidden = 0;
  let depth = 0;
  root.each((node: HierarchyRectangularNode<Call>) => {
    const width = node.x1 - node.x0;
    if (width < LEAST_SHARE) {
      hidden++;
      return;
    }
    depth = Math.max(depth, node.depth);
    boxes.push({ text: node.data.text, count: node.data.count, left: node.x0, width, depth: node.depth });
  });
  return { boxes, hidden, depth };
}

function compareNames(a: HierarchyNode<Call>, b: HierarchyNode<Call>): number {
  return a.data.text < b.data.text ? -1 : a.data.text > b.data.text ? 1 : 0;
}

const percent = (share: number) => `${Number((share * 100).toFixed(4))}%`;

/** "handle (main.ts:12): 17 samples, 4.5 %" */
function label(name: string, count: number, all: number): string {
  return `${name}: ${count.toLocaleString("en-US")} ${count === 1 ? "sample" : "samples"}, ${((100 * count) / all).toFixed(2)} %`;
}

let unique = 0;

export function drawFlame(plot: FlamePlot, title: string): string {
  const { boxes, hidden, depth } = layOut(plot.stacks);
  const all = boxes[0]?.count ?? 0;
  const height = (depth + 1) * ROW;
  const id = `flame-${++unique}`;
  const drawn = boxes.map(({ text, count, left, width, depth: level }) => {
    const { name, kind } = level === 0 ? { name: text, kind: "unnamed" } : frameOf(text);
    const words = width < LEAST_NAMED_SHARE ? "" : `<text x="4" y="13">${escapeText(name)}</text>`;
    return (
      `<svg class="box ${kind}" x="${percent(left)}" y="${height - (level + 1) * ROW}" width="${percent(width)}" height="${ROW}" ` +
      `data-left="${left.toPrecision(9)}" data-width="${width.toPrecision(9)}" data-name="${escapeText(name)}">` +
      `<title>${escapeText(label(name, count, all))}</title><rect width="100%" height="${ROW - 1}"/>${words}</svg>`
    );
  });
  const left_ =
    hidden === 0 ? "" : ` ${hidden} calls that are narrower than ${LEAST_SHARE * 100} % are not drawn.`;
  return (
    `<svg class="flame" role="img" aria-labelledby="${id}-title ${id}-description" width="100%" height="${height}">` +
    `<title id="${id}-title">${escapeText(title)}</title>` +
    `<desc id="${id}-description">A flame graph of ${all} samples, callers beneath what they call. The table that follows names the functions with the most samples.${left_}</desc>` +
    `${drawn.join("")}</svg>`
  );
}
