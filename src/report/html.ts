/**
 * A report as one HTML page that needs nothing else: no network, no font, no image, and no JavaScript but a flame graph's zoom and search.
 *
 * @module
 */
import { colourRules, seriesColour, seriesDash, seriesSymbol } from "./colours.ts";
import { drawFlame } from "./flame.ts";
import { flameScript, flameScriptHash } from "./flame-script.ts";
import { type FlameSummary, type FrameKind, summarize } from "./folded.ts";
import { drawLines } from "./lines.ts";
import type { FlamePlot, LinePlot, Plot, RatioPlot, Report, Section, Table } from "./model.ts";
import { drawRatios, isBetter } from "./ratios.ts";
import { escapeText, showNumber } from "./text.ts";

/** Rows of the table beneath a flame graph. */
const FUNCTIONS_SHOWN = 30;

const rules = `${colourRules}
*{box-sizing:border-box}
body{margin:0;padding:1.5rem 1rem 3rem;background:var(--background);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
main{margin:0 auto;max-width:52rem}
main.broad{max-width:90rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .75rem}
h2{font-size:1.2rem;line-height:1.3;margin:2.5rem 0 .5rem}
h1,h2,p,dd,li,caption,tbody th{overflow-wrap:anywhere}
p{margin:.5rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:1rem 0;padding:.75rem 1rem;background:var(--panel);font-size:.875rem}
dt{color:var(--quiet)}
dd{margin:0}
figure{margin:1rem 0}
svg.plot{display:block;max-width:100%;height:auto;font-family:system-ui,sans-serif}
svg.narrow{display:none}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:0 0 .5rem;padding:0;font-size:.875rem}
.legend li{display:flex;align-items:center;gap:.5rem}
.legend svg{flex:none}
.scroll{overflow-x:auto;margin:.5rem 0}
@media (min-width:60rem){.scroll{width:max-content;min-width:100%;max-width:calc(100vw - 4rem);margin-left:50%;transform:translateX(-50%)}}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--quiet);padding-bottom:.25rem}
th,td{padding:.2rem .75rem .2rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
th{font-weight:600;text-align:left}
td,th+th{text-align:right}
td.text,th.text{text-align:left}
td{white-space:nowrap}
thead th{vertical-align:bottom}
tbody th{font-weight:400;min-width:min(13rem,35vw);max-width:28rem}
.skipped{color:var(--quiet);border-left:3px solid var(--rule);padding-left:.75rem}
svg.flame{display:block;font:11px/1 ui-monospace,monospace}
svg.flame text{fill:var(--flame-text)}
svg.box{cursor:pointer;overflow:hidden}
.box rect{stroke:var(--background);stroke-width:.5}
.box:hover>rect{stroke:var(--text);stroke-width:1}
.javascript rect{fill:var(--flame-javascript)}
.frame-code rect{fill:var(--flame-frame-code)}
.kernel rect{fill:var(--flame-kernel)}
.c rect{fill:var(--flame-c)}
.unnamed rect{fill:var(--flame-unnamed)}
.found rect{fill:var(--flame-found)}
.controls{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1rem;margin:.5rem 0;font-size:.875rem}
.controls[hidden]{display:none}
input,button{font:inherit;padding:.2rem .6rem;color:var(--text);background:var(--panel);border:1px solid var(--quiet);border-radius:.25rem}
button:disabled{color:var(--quiet);border-color:var(--rule)}
@media (max-width:50rem){svg.wide{display:none}svg.narrow{display:block}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.35rem}}
@media print{.controls{display:none}}`;

const kinds: Readonly<Record<FrameKind, string>> = {
  javascript: "JavaScript (interpreter)",
  "frame-code": "frame code",
  kernel: "kernel C",
  c: "C of Mirage and of the process",
  unnamed: "no name",
};

function key(content: string, name: string, kind = ""): string {
  return `<li><svg class="key ${kind}" width="34" height="14" viewBox="-17 -7 34 14" aria-hidden="true">${content}</svg><span>${escapeText(name)}</span></li>`;
}

const legend = (keys: readonly string[]) => `<ul class="legend">${keys.join("")}</ul>`;

function lineLegend(plot: LinePlot): string {
  if (plot.series.length < 2) return "";
  return legend(
    plot.series.map(({ name }, index) => {
      const dash = seriesDash(index);
      const dashes = dash.length === 0 ? "" : ` stroke-dasharray="${dash.join(" ")}"`;
      const line = `<path d="M-17,0H17" stroke="${seriesColour(index)}" stroke-width="2"${dashes}/>`;
      return key(
        `${line}<path d="${seriesSymbol(index)}" transform="scale(4)" fill="${seriesColour(index)}"/>`,
        name,
      );
    }),
  );
}

function ratioLegend(plot: RatioPlot): string {
  const bar = (index: number) =>
    `<rect x="-17" y="-6" width="34" height="12" style="fill:${seriesColour(index)}"/>`;
  const spread = '<path d="M-14,-3V3M-14,0H14M14,-3V3" stroke="var(--text)" stroke-width="1.5" fill="none"/>';
  return legend([
    ...(plot.rows.some(isBetter) ? [key(bar(0), "as good or better")] : []),
    ...(plot.rows.every(isBetter) ? [] : [key(bar(1), "worse")]),
    ...(plot.spread === undefined ? [] : [key(spread, plot.spread)]),
  ]);
}

function flameLegend(summary: FlameSummary): string {
  return legend(
    (Object.keys(kinds) as FrameKind[])
      .filter((kind) => summary.functions.some((one) => one.kind === kind))
      .map((kind) => key('<rect x="-17" y="-6" width="34" height="12"/>', kinds[kind], kind)),
  );
}

/** What each plot's numbers are, where the section has no table of its own. */
function tableOf(plot: Plot): Table {
  switch (plot.kind) {
    case "lines": {
      const xs = [...new Set(plot.series.flatMap(({ points }) => points.map(({ x }) => x)))].sort(
        (a, b) => a - b,
      );
      const tick = (x: number) => plot.x.ticks?.find(({ value }) => value === x)?.label ?? showNumber(x);
      return {
        head: [plot.x.title, ...plot.series.map(({ name }) => name)],
        rows: xs.map((x) => [
          tick(x),
          ...plot.series.map(({ points }) => {
            const point = points.find((one) => one.x === x);
            if (point === undefined) return "";
            const spread =
              point.low === undefined || point.high === undefined
                ? ""
                : ` (${showNumber(point.low)}–${showNumber(point.high)})`;
            return showNumber(point.y) + spread;
          }),
        ]),
      };
    }
    case "ratios":
      return {
        head: ["", plot.axis, ...(plot.spread === undefined ? [] : [plot.spread]), "better"],
        rows: plot.rows.map(({ label, ratio, low, high, better }) => [
          label,
          ratio.toFixed(2),
          ...(plot.spread === undefined ? [] : [`${low.toFixed(2)}–${high.toFixed(2)}`]),
          better,
        ]),
      };
    case "flame": {
      const { samples, functions } = summarize(plot.stacks);
      const share = (count: number) => `${((100 * count) / samples).toFixed(1)} %`;
      return {
        head: ["function", "code", "samples in it", "share", "with what it calls"],
        rows: functions
          .filter(({ self }) => self > 0)
          .slice(0, FUNCTIONS_SHOWN)
          .map(({ name, kind, self, total }) => [
            name,
            kinds[kind],
            showNumber(self),
            share(self),
            share(total),
          ]),
      };
    }
  }
}

function captionOf(plot: Plot, title: string): string {
  switch (plot.kind) {
    case "lines":
      return `${plot.y.title}, by ${plot.x.title}`;
    case "ratios":
      return plot.axis;
    case "flame":
      return `${title}: functions with the most samples`;
  }
}

function showTable(table: Table, caption: string): string {
  const isText = (cell = "") => (/^\p{L}/u.test(cell) ? ' class="text"' : "");
  const head = table.head
    .map((cell, column) => `<th scope="col"${isText(table.rows[0]?.[column])}>${escapeText(cell)}</th>`)
    .join("");
  const rows = table.rows.map((row) => {
    const [first = "", ...rest] = row.map(escapeText);
    return `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td${isText(cell)}>${cell}</td>`).join("")}</tr>`;
  });
  // A region that scrolls is reached by the keyboard.
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="${escapeText(caption)}"><table><caption>${escapeText(caption)}</caption>` +
    `<thead><tr>${head}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`
  );
}

function showFlame(plot: FlamePlot, title: string): string {
  const summary = summarize(plot.stacks);
  const named = ((100 * summary.named) / summary.samples).toFixed(1);
  return (
    `<p>${showNumber(summary.samples)} samples; the innermost function of ${named} % has a name. Callers lie beneath what they call; the wider, the more samples.</p>` +
    `${flameLegend(summary)}<figure class="flame-graph"><div class="controls" hidden><label>Search <input type="search"></label>` +
    `<button type="button" disabled>Whole graph</button><output></output></div>${drawFlame(plot, title)}</figure>`
  );
}

async function showPlot(plot: Plot, title: string): Promise<string> {
  switch (plot.kind) {
    case "lines":
      return `${lineLegend(plot)}<figure>${await drawLines(plot, title)}</figure>`;
    case "ratios":
      return `${ratioLegend(plot)}<figure>${await drawRatios(plot, title)}</figure>`;
    case "flame":
      return showFlame(plot, title);
  }
}

const paragraphs = (text: readonly string[] = []) => text.map((one) => `<p>${escapeText(one)}</p>`).join("");

async function showSection(section: Section): Promise<string> {
  const { title, text, plot, table, skipped } = section;
  const heading = `<section><h2>${escapeText(title)}</h2>${paragraphs(text)}`;
  if (skipped !== undefined) {
    return `${heading}<p class="skipped">Not measured: ${escapeText(skipped)}</p></section>`;
  }
  const drawn = plot === undefined ? "" : await showPlot(plot, title);
  const numbers = table ?? (plot === undefined ? undefined : tableOf(plot));
  const caption = table === undefined && plot !== undefined ? captionOf(plot, title) : title;
  return `${heading}${drawn}${numbers === undefined ? "" : showTable(numbers, caption)}</section>`;
}

/** The page. Fails with a RangeError on numbers that cannot be drawn. */
export async function reportHtml(report: Report): Promise<string> {
  const sections: string[] = [];
  for (const section of report.sections) sections.push(await showSection(section));
  const hasFlame = report.sections.some(({ plot }) => plot?.kind === "flame");
  const policy = `default-src 'none'; style-src 'unsafe-inline'${hasFlame ? `; script-src '${flameScriptHash}'` : ""}`;
  const environment = report.environment.map(
    ([name, value]) => `<dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd>`,
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="generator" content="mirage">
<title>${escapeText(report.title)}</title>
<style>
${rules}
</style>
</head>
<body>
<main${hasFlame ? ' class="broad"' : ""}>
<h1>${escapeText(report.title)}</h1>
${paragraphs(report.text)}
${environment.length === 0 ? "" : `<dl>${environment.join("")}</dl>`}
${sections.join("\n")}
</main>
${hasFlame ? `<script>${flameScript}</script>` : ""}
</body>
</html>
`;
}
