// How long anybody waits here for a network, a phone or another tab that may never answer.

// As long as anybody should look at a page that does nothing.
export const PATIENCE_MS = 5000;

export const after = (ms) => new Promise((over) => setTimeout(over, ms));

// What a promise comes to; nothing where that takes longer.
export const within = (ms, promise) => Promise.race([promise, after(ms)]);
