/**
 * The same work on both sides in turns.
 *
 * @module
 */
import { BuildError, messageOf } from "../../src/build/errors.ts";
import { type Job, order, type Sample } from "./jobs.ts";
import type { Settings, Side } from "./results.ts";
import type { Counts } from "./workload.ts";

/** What can do a job. */
export interface Rig {
  measure(job: Job, side: Side, settings: Settings): Promise<Counts>;
}

/** The longest that a measurement of the first round, which nobody keeps, takes. */
const REHEARSAL_SECONDS = 0.2;

/**
 * Each round does all jobs, so that what changes on the machine within minutes is in the spread of each of them. Before
 * the first, all are done once for a moment: caches, neighbours and page tables are warm then.
 */
export async function alternate(
  rig: Rig,
  jobs: readonly Job[],
  settings: Settings,
  progress: (text: string) => void,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const measure = async (job: Job, round: number, side: Side): Promise<Counts> => {
    const short = { ...settings, seconds: Math.min(REHEARSAL_SECONDS, settings.seconds) };
    try {
      return await rig.measure(job, side, round === 0 ? short : settings);
    } catch (error) {
      throw new BuildError(`${job.key}, ${side}, round ${round}: ${messageOf(error)}`);
    }
  };
  for (let round = 0; round <= settings.rounds; round++) {
    for (const job of jobs) {
      for (const side of order(round)) {
        progress(
          `${round === 0 ? "warming up" : `round ${round} of ${settings.rounds}`}: ${job.key} ${side}`,
        );
        const counts = await measure(job, round, side);
        if (round > 0) {
          samples.push({ job: job.key, round, side, counts });
        }
      }
    }
  }
  return samples;
}
