// Fetches one file and keeps it only if its SHA-256 is the pinned one: node download.js <url> <sha256> <file>
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const ANSWER_S = 5;
const STALL_S = 15;

const [url, pinnedSha256, file] = process.argv.slice(2);
const abort = new AbortController();
let timer;

/** Gives the next piece of the answer so many seconds, and forgets the deadline before. */
function allow(seconds, complaint) {
  clearTimeout(timer);
  timer = setTimeout(() => abort.abort(new Error(`${complaint} ${seconds} s`)), seconds * 1000);
}

try {
  allow(ANSWER_S, 'no answer within');
  const response = await fetch(url, { signal: abort.signal });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const chunks = [];
  for await (const chunk of response.body) {
    allow(STALL_S, 'nothing came for');
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const sha256 = createHash('sha256').update(body).digest('hex');
  if (sha256 !== pinnedSha256) throw new Error(`not used: its SHA-256 is ${sha256}, pinned is ${pinnedSha256}`);
  writeFileSync(file, body);
} catch (error) {
  console.error(`${url}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
  abort.abort();
}
