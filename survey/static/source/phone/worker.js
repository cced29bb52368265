// Opens the survey where there is no network: its pages and nothing that anybody said. The network comes first, so that a
// stop or a new questionnaire is seen at once. The server puts `heard` before this file: the version, which changes with
// whatever is kept, the place's path and what to keep.

const PATIENCE_MS = 8000;
const { version, start, page, files, bundles } = self.heard;
const CACHE = `heard ${start} ${version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([page, ...files])));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(`heard ${start} `) && name !== CACHE;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET") {
    event.respondWith(answered(request));
  }
});

async function answered(request) {
  const { pathname } = new URL(request.url);
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS));
  try {
    const answer = await Promise.race([fetch(request), late]);
    if (answer.ok && pathname.startsWith(bundles)) {
      // A language that somebody chose on the way.
      await (await caches.open(CACHE)).put(request, answer.clone());
    }
    return answer;
  } catch {
    const kept = await (await caches.open(CACHE)).match(request.mode === "navigate" ? page : request);
    return kept ?? Response.error();
  }
}
