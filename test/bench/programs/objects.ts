/** Classes, closures, arrays and property access: a scheduler of small tasks. */
import { measure } from "./measure.js";

class Task {
  runs = 0;
  constructor(
    readonly id: number,
    readonly priority: number,
    readonly work: (seed: number) => number,
  ) {}
  step(seed: number): number {
    this.runs++;
    return this.work(seed + this.id);
  }
}

measure("objects", 32, 27940, () => {
  const tasks: Task[] = [];
  for (let i = 0; i < 200; i++) {
    tasks.push(new Task(i, (i * 37) % 101, (seed) => (seed * 3 + i) % 1009));
  }
  tasks.sort((a, b) => a.priority - b.priority || a.id - b.id);
  let seed = 1;
  for (let round = 0; round < 20; round++) {
    for (const task of tasks) {
      seed = task.step(seed);
    }
  }
  return tasks.reduce((total, task) => total + task.runs * (task.priority % 3 === 0 ? 1 : 10), 0);
});
