/** Reports as a browser shows them: light and dark, on a screen and on a telephone, with and without scripts. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportHtml } from "../../src/report/html.ts";
import { Chromium, whyNoChromium } from "../support/chromium.ts";
import { compare, flame, HOSTILE, plots } from "./samples.ts";

/**
 * What is wrong with the page, in words; run in it. Text against what is painted behind it (WCAG 2.2, 1.4.3), lines and symbols of legends against the page
 * (1.4.11), drawings without size, labels that overlap, and what is wider than the window.
 */
const inspect = `(() => {
  const faults = [];
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const seen = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility === "visible";
  const behind = (element) => {
    const box = element.closest("svg.box");
    if (box !== null) return getComputedStyle(box.querySelector("rect")).fill;
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (channels(colour).length === 3 || channels(colour)[3] === 1) return colour;
    }
    throw new Error("no background");
  };
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === "" || element.closest("script, title, desc") !== null || !seen(element)) continue;
    const style = getComputedStyle(element);
    const colour = element instanceof SVGElement ? style.fill : style.color;
    texts++;
    const ratio = contrast(colour, behind(element));
    if (ratio < 4.5) faults.push("contrast " + ratio.toFixed(2) + ": " + walker.currentNode.data.slice(0, 40));
  }
  for (const element of document.querySelectorAll("svg.plot path[stroke], svg.plot path[fill], svg.plot rect[fill], .legend path, .legend rect")) {
    const style = getComputedStyle(element);
    const colour = [style.stroke, style.fill].find((one) => one.startsWith("rgb("));
    if (!seen(element) || colour === undefined || element.closest(".javascript, .frame-code, .kernel, .c, .unnamed") !== null) continue;
    if (contrast(colour, behind(element)) < 3) faults.push("contrast of a mark: " + colour);
  }
  const drawings = [...document.querySelectorAll("svg[role=img]")].filter(seen);
  for (const drawing of drawings) {
    const { width, height } = drawing.getBoundingClientRect();
    if (width < 200 || height < 50) faults.push("a drawing of " + width + " x " + height);
    if (drawing.querySelector("title").textContent === "" || drawing.querySelector("desc").textContent === "") faults.push("a drawing without words");
    if (drawing.matches(".flame")) continue;
    const boxes = [...drawing.querySelectorAll("text")].filter((text) => text.textContent !== "").map((text) => [text.textContent, text.getBoundingClientRect()]);
    const outer = drawing.getBoundingClientRect();
    boxes.forEach(([name, a], i) => {
      if (a.left < outer.left - 1 || a.right > outer.right + 1 || a.top < outer.top - 1 || a.bottom > outer.bottom + 1) faults.push("cut: " + name);
      for (const [other, b] of boxes.slice(i + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 0 && down > 3) faults.push("overlap: " + name + " and " + other);
      }
    });
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push("scrolls sideways: " + document.documentElement.scrollWidth);
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest(".scroll, svg svg") !== null || !seen(element)) continue;
    const { left, right } = element.getBoundingClientRect();
    if (left < -1 || right > innerWidth + 1) faults.push("beyond the window: " + element.tagName + " " + element.className);
  }
  return { faults, texts, drawings: drawings.length, title: document.title, background: getComputedStyle(document.body).backgroundColor };
})()`;

interface Inspection {
  readonly faults: string[];
  readonly texts: number;
  readonly drawings: number;
  readonly title: string;
  readonly background: string;
}

const reason = whyNoChromium();
const folder = mkdtempSync(join(tmpdir(), "mirage-report-"));
const address = (name: string): string => pathToFileURL(join(folder, name)).href;

describe.skipIf(reason !== undefined)(
  `reports in a browser${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    let browser: Chromium;

    beforeAll(async () => {
      writeFileSync(join(folder, "plots.html"), await reportHtml(plots));
      writeFileSync(join(folder, "flame.html"), await reportHtml(flame));
      writeFileSync(join(folder, "compare.html"), await reportHtml(compare));
      browser = new Chromium();
    });

    afterAll(async () => {
      await browser.close();
      rmSync(folder, { recursive: true });
    });

    for (const [name, drawings] of [
      ["plots.html", 4],
      ["flame.html", 1],
      ["compare.html", 4],
    ] as const)
      for (const dark of [false, true])
        for (const width of [1280, 400])
          for (const scripts of name === "flame.html" ? [true, false] : [false]) {
            const how = `${dark ? "dark" : "light"}, ${width} pixels, ${scripts ? "with" : "without"} scripts`;
            it(`${name}, ${how}: legible, whole, silent`, async () => {
              const complaints = await browser.open(address(name), { width, dark, scripts });
              const { faults, texts, ...page } = await browser.evaluate<Inspection>(inspect);
              expect({ ...complaints, faults }).toEqual({ console: [], requests: [], faults: [] });
              expect(page.drawings).toBe(drawings);
              expect(page.title.includes(HOSTILE.slice(0, 30))).toBe(name !== "compare.html");
              expect(page.background).toBe(dark ? "rgb(20, 23, 27)" : "rgb(255, 255, 255)");
              expect(texts).toBeGreaterThan(30);
            });
          }

    it("a flame graph is searched, zoomed into and out of", async () => {
      await browser.open(address("flame.html"), { width: 1280, dark: false });
      const shown = () =>
        browser.evaluate<string[]>(
          `[...document.querySelectorAll("svg.box")].filter((box) => box.style.display !== "none").map((box) => box.dataset.name)`,
        );
      const whole = await shown();
      const found = await browser.evaluate<string>(
        `(() => { const field = document.querySelector("input"); field.value = "MAIN.TS"; field.dispatchEvent(new Event("input")); return document.querySelector("output").textContent; })()`,
      );
      // 250 of the samples are in handle() or in what it calls, which is named after main.ts, too: counted once.
      const all = flameSamples();
      expect(found).toBe(`${((100 * 250) / all).toFixed(2)} % of samples`);
      await browser.evaluate(
        `document.querySelector('svg.box[data-name="turn"]').dispatchEvent(new MouseEvent("click"))`,
      );
      expect(await shown()).toEqual([
        "all samples",
        "mirage",
        "main",
        "run_loop",
        "turn",
        "handle (main.ts:12)",
        "checksum (main.ts:30)",
      ]);
      const wide = `document.querySelector('svg.box[data-name="turn"]').getBoundingClientRect().width / document.querySelector("svg.flame").clientWidth`;
      expect(await browser.evaluate<number>(wide)).toBeCloseTo(1, 3);
      await browser.evaluate(`document.querySelector("button").click()`);
      expect(await shown()).toEqual(whole);
    });
  },
);

function flameSamples(): number {
  const plot = flame.sections[0]?.plot;
  return plot?.kind === "flame" ? plot.stacks.reduce((sum, { count }) => sum + count, 0) : Number.NaN;
}
