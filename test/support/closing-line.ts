/** Names what was skipped and why, and ends a run with one plain line for whoever reads logs: "Tests: 700 passed, 0 failed, 6 skipped". */
import type { Reporter, TestModule } from "vitest/node";

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      let failures = 0;
      for (const test of module.children.allTests()) {
        const result = test.result();
        const { state } = result;
        if (state === "passed" || state === "failed") {
          count[state]++;
          failures += state === "failed" ? 1 : 0;
        } else {
          count.skipped++;
          const why = result.state === "skipped" ? result.note : undefined;
          process.stdout.write(`${test.fullName}${why === undefined ? "" : `: ${why}`}\n`);
        }
      }
      // A file that could not be loaded has no tests to count, and failed.
      if (module.state() === "failed" && failures === 0) {
        count.failed++;
      }
    }
    const line = `Tests: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
    process.stdout.write(`\n${line}\n`);
  }
}
