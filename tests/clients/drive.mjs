// Drives a JavaScript library for the tests: a call on each line of standard input, its answer on
// the same line of standard output. `node drive.mjs kitsu` drives the library that kitsu.mjs wraps.
//
//   ["read", "2a1319c3-…"]  ->  {"gave": {"id": "2a1319c3-…", "kind": "sepa"}}
//                           or  {"refused": [{"status": "404", "code": "1000", …}]}

import { createInterface } from 'node:readline';

const { verbs, refusalsOf } = await import(`./${process.argv[2]}.mjs`);

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answerTo(JSON.parse(line))));
}

async function answerTo([verb, ...values]) {
  try {
    return { gave: (await verbs[verb](...values)) ?? null };
  } catch (error) {
    const refused = refusalsOf?.(error);
    return refused ? { refused } : { broke: error?.stack ?? JSON.stringify(error) };
  }
}
