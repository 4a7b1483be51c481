/**
 * Zoom and search in a flame graph, as text that stands in the page: the page's policy allows this script by its hash, and no other.
 *
 * @module
 */
import { createHash } from "node:crypto";

export const flameScript = `
for (const graph of document.querySelectorAll("figure.flame-graph")) {
  const boxes = [...graph.querySelectorAll("svg.box")].map((element) => ({
    element,
    left: Number(element.dataset.left),
    width: Number(element.dataset.width),
    y: Number(element.getAttribute("y")),
    name: element.dataset.name,
    words: element.querySelector("text"),
  }));
  const controls = graph.querySelector(".controls");
  const [field, reset, found] = ["input", "button", "output"].map((name) => controls.querySelector(name));
  let zoomed = boxes[0];
  const shorten = () => {
    const whole = graph.querySelector("svg.flame").clientWidth;
    for (const box of boxes) {
      const wide = (box.width / zoomed.width) * whole;
      const room = Math.floor((Math.min(wide, whole) - 8) / 6.8);
      const text = room < 2 ? "" : box.name.length <= room ? box.name : box.name.slice(0, room - 1) + "\\u2026";
      if (box.words === null) {
        if (text === "" || box.element.style.display === "none") continue;
        box.words = document.createElementNS("http://www.w3.org/2000/svg", "text");
        box.words.setAttribute("x", 4);
        box.words.setAttribute("y", 13);
        box.element.append(box.words);
      }
      box.words.textContent = text;
    }
  };
  const zoom = (to) => {
    zoomed = to;
    const end = to.left + to.width + 1e-9;
    for (const box of boxes) {
      const caller = box.y > to.y && box.left <= to.left + 1e-9 && box.left + box.width >= end - 2e-9;
      const within = box.y <= to.y && box.left >= to.left - 1e-9 && box.left + box.width <= end;
      box.element.style.display = caller || within ? "" : "none";
      box.element.setAttribute("x", caller ? "0%" : (100 * (box.left - to.left)) / to.width + "%");
      box.element.setAttribute("width", caller ? "100%" : (100 * box.width) / to.width + "%");
    }
    reset.disabled = to === boxes[0];
    shorten();
  };
  const search = () => {
    const wanted = field.value.toLowerCase();
    const hits = [];
    for (const box of boxes) {
      const hit = wanted !== "" && box.name.toLowerCase().includes(wanted);
      box.element.classList.toggle("found", hit);
      if (hit) hits.push(box);
    }
    // A box within another that was found has its samples already.
    hits.sort((a, b) => a.left - b.left || b.width - a.width);
    let share = 0;
    let end = -1;
    for (const hit of hits) {
      if (hit.left < end - 1e-9) continue;
      share += hit.width;
      end = hit.left + hit.width;
    }
    found.textContent = wanted === "" ? "" : (100 * share).toFixed(2) + " % of samples";
  };
  for (const box of boxes) box.element.addEventListener("click", () => zoom(box));
  reset.addEventListener("click", () => zoom(boxes[0]));
  field.addEventListener("input", search);
  new ResizeObserver(shorten).observe(graph);
  controls.hidden = false;
  zoom(boxes[0]);
}
`;

/** For Content-Security-Policy. */
export const flameScriptHash = `sha256-${createHash("sha256").update(flameScript).digest("base64")}`;
