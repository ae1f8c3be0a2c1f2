import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '@sentinel-forge/contracts';
import type { DataDirectory } from '../embedded/data-directory.js';
import { type Check, type Finding, fail, ok, skip, warn } from './check.js';

const oldestNode = 24;
const leastFreeBytes = 1024 ** 3;
/** What a server must be able to do: reset a consumer to its ack floor. */
const oldestNats = [2, 14] as const;

/** Whether this Node is new enough. */
export function nodeCheck(version: string): Check {
  const isNew = Number(version.split('.')[0]) >= oldestNode;
  return {
    name: 'node',
    look: () =>
      isNew
        ? ok(version)
        : fail(`${version} is too old`, `run \`npm ci\` in the project: it brings Node ${oldestNode} with it`),
  };
}

/** Whether the nats-server program is there and new enough. Only who runs one of his own needs it. */
export function natsProgramCheck(program: string, isNeeded: boolean): Check {
  return {
    name: 'nats-server',
    look: async () => {
      if (!isNeeded) {
        return skip('NATS_URL names a server; none is started here');
      }
      try {
        const { stdout } = await promisify(execFile)(program, ['--version']);
        return judgeNatsVersion(stdout.trim());
      } catch (error) {
        return fail(
          `${program} cannot be run: ${messageOf(error)}`,
          'run `sh scripts/setup.sh`, or set FORGE_NATS_SERVER',
        );
      }
    },
  };
}

/** Judges `nats-server: v2.15.0`, or the version alone. */
export function judgeNatsVersion(text: string): Finding {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)\./.exec(text) ?? [];
  const [wantedMajor, wantedMinor] = oldestNats;
  const isNew = Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
  return isNew
    ? ok(text)
    : fail(`${text} is too old`, `nats-server ${oldestNats.join('.')} or newer is needed: run \`sh scripts/setup.sh\``);
}

/** Whether the data directory can be written, and is nobody else's business. To look at a mesh that runs elsewhere, reading is enough. */
export function dataDirectoryCheck({ path, tokenFile }: DataDirectory, isOfThisMachine: boolean): Check {
  return {
    name: 'data directory',
    look: async () => {
      const directory = await stat(path).catch(() => undefined);
      if (directory === undefined) {
        return warn(
          `${path} is not there yet`,
          'start the mesh once with `npm start`, or set FORGE_DATA_DIR to where it is',
        );
      }
      const open = await openToOthers([path, join(path, 'secrets.json'), tokenFile, join(path, 'mesh.json')]);
      if (open !== undefined) {
        return fail(
          `others can read ${open}`,
          `chmod go= ${open}; then change what may have been read: remove secrets.json while the mesh is stopped`,
        );
      }
      try {
        await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
      } catch (error) {
        if (!isOfThisMachine && (await canRead(path))) {
          return ok(`${path}, to be read only: the record can be verified`);
        }
        return fail(
          `${path} cannot be written: ${messageOf(error)}`,
          'run as its owner, or set FORGE_DATA_DIR to a directory of your own',
        );
      }
      return judgeSpace(path, await freeBytes(path));
    },
  };
}

/** Whether what wants to listen on ports can. */
export function portsCheck(
  ports: ReadonlyArray<{ readonly what: string; readonly port: number; readonly setting: string }>,
  isRunning: boolean,
): Check {
  return {
    name: 'ports',
    look: async () => {
      if (isRunning) {
        return ok('held by the mesh that runs');
      }
      const states = await Promise.all(
        ports.map(async (one) => ({ ...one, isFree: one.port === 0 || (await isFree(one.port)) })),
      );
      const taken = states.filter((one) => !one.isFree);
      return taken.length === 0
        ? ok(ports.map(({ port }) => port).join(', '))
        : fail(
            taken.map(({ what, port }) => `${port} (${what}) is taken`).join(', '),
            `stop what listens there, or set ${taken.map(({ setting }) => setting).join(', ')}`,
          );
    },
  };
}

function canRead(path: string): Promise<boolean> {
  return access(path, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function openToOthers(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const { mode } = (await stat(file).catch(() => undefined)) ?? {};
    if (mode !== undefined && (mode & 0o077) !== 0) {
      return file;
    }
  }
  return undefined;
}

function judgeSpace(path: string, free: number): Finding {
  const text = `${path}, ${(free / 1e9).toFixed(1)} GB free`;
  return free >= leastFreeBytes
    ? ok(text)
    : warn(text, 'make room: streams and record together may hold some gigabytes');
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
