// Whether anything of the survey has to stay on this phone: while somebody answers here, and while something sealed waits.

import { keys } from "./queue.js";

// One page of this phone at a time sends or deletes what waits.
export const ROWS = "heard rows";

export const lockOf = (start) => `heard answers ${start}`;

// Whoever answers shares the lock; whoever has it alone is tidying up.
export async function isNeeded(start) {
  const { held } = await navigator.locks.query();
  return held.some(({ name, mode }) => name === lockOf(start) && mode === "shared") || (await keys(start)).length > 0;
}
