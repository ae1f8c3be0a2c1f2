#!/usr/bin/env node
// The project runs on its own Node (the npm package `node`): one that is too old hands over to it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const oldest = 24;

if (Number(process.versions.node.split('.')[0]) >= oldest) {
  nodeModule.enableCompileCache();
  await import('../dist/main.js');
} else {
  const own = fileURLToPath(new URL('../../../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(own)) {
    console.error(
      `forge: needs Node ${oldest} or newer, and this is ${process.versions.node}: run \`npm ci\` in the project first`,
    );
    process.exit(2);
  }
  const { status, signal } = spawnSync(own, process.argv.slice(1), { stdio: 'inherit' });
  process.exit(signal === null ? (status ?? 1) : 1);
}
