/** JSON both ways, as a control interface does. */
import { measure } from "./measure.js";

const routes = Array.from({ length: 50 }, (_, i) => ({
  prefix: `10.${i}.0.0/16`,
  metric: i * 10,
  up: i % 3 !== 0,
  hops: [i, i + 1, i + 2],
}));

measure("json", 1200, 50 * 10, () => {
  const text = JSON.stringify({ routes });
  const back = JSON.parse(text) as { routes: typeof routes };
  return back.routes.reduce((n, route) => n + (route.hops.length === 3 ? 10 : 0), 0);
});
