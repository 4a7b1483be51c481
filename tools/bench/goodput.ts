/** TCP's goodput against loss: the same transfers, on a fake clock, that docs/goodput.md is made of. */
import type { Section } from "../../src/report/model.ts";
import { type GoodputSeries, goodputByLoss, PATH_IN_WORDS } from "../goodput-doc.ts";
import type { PartResult } from "./part.ts";
import { formatTable } from "./table.ts";

const percent = (chance: number) => Number((chance * 100).toPrecision(3));

export async function benchGoodput(): Promise<PartResult> {
  const { losses, series } = await goodputByLoss();
  console.log(`\nTCP goodput in Mbit/s against loss each way; ${PATH_IN_WORDS}\n`);
  console.log(
    formatTable(
      ["buffers", ...losses.map((loss) => `${percent(loss)} %`)],
      series.map(({ name, megabits }) => [name, ...megabits.map((value) => value.toPrecision(2))]),
    ),
  );
  return { passed: true, figures: { unit: "Mbit/s", losses, series }, sections: [section(losses, series)] };
}

function section(losses: readonly number[], series: readonly GoodputSeries[]): Section {
  return {
    title: "Goodput against loss",
    text: [
      `TCP of src/stack at both ends of a link in memory, on a fake clock: ${PATH_IN_WORDS}. The same code always gives the same numbers.`,
    ],
    plot: {
      kind: "lines",
      x: {
        title: "loss each way",
        scale: "symlog",
        linearBelow: 0.05,
        ticks: losses.map((loss) => ({ value: percent(loss), label: `${percent(loss)} %` })),
      },
      y: { title: "goodput, Mbit/s", scale: "log" },
      series: series.map(({ name, megabits }) => ({
        name,
        points: losses.map((loss, i) => ({ x: percent(loss), y: megabits[i] ?? Number.NaN })),
      })),
    },
  };
}
