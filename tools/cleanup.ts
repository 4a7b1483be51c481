/**
 * What must be undone however the command ends: by its end, an error, Ctrl-C or a signal.
 *
 * @module
 */

type Undo = () => void;

const signals = { SIGTERM: 143, SIGHUP: 129 } as const;
const steps: Undo[] = [];
let watching = false;

function undoAll(): void {
  for (let undo = steps.pop(); undo !== undefined; undo = steps.pop()) {
    try {
      undo();
    } catch (error) {
      process.stderr.write(`mirage: ${(error as Error).message.trim()}\n`);
    }
  }
}

/**
 * Has `undo` called once at the end, the latest first. It may not wait for anything. The command's own handler of
 * SIGINT ends the process, so that this covers it.
 *
 * @returns a function that does it now.
 */
export function atEnd(undo: Undo): () => void {
  if (!watching) {
    watching = true;
    process.on("exit", undoAll);
    for (const [signal, code] of Object.entries(signals)) {
      process.on(signal, () => process.exit(code));
    }
  }
  steps.push(undo);
  return () => {
    const at = steps.indexOf(undo);
    if (at >= 0) {
      steps.splice(at, 1);
      undo();
    }
  };
}
