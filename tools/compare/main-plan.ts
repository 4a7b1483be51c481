/** `node dist/compare-plan.js`: prints all jobs of `mirage compare`, for test/freebsd/compare.sh. */
import { jobsOf, plan } from "./jobs.ts";
import { workloads } from "./workloads/index.ts";

process.stdout.write(plan(jobsOf(workloads, "both")));
