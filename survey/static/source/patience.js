// How long anybody waits here for a network, a phone or another tab that may never answer.

export const after = (ms) => new Promise((over) => setTimeout(over, ms));

// What a promise comes to; nothing where that takes longer.
export const within = (ms, promise) => Promise.race([promise, after(ms)]);
