import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { labLabel } from './lab-labels.js';

const run = promisify(execFile);

/** Change it with what is built below, so that an image of the former recipe is not taken for this one. */
const recipe = '1';

/**
 * The tag of an image with nothing but busybox in it: built from scratch, so no registry is needed, and only once for a
 * busybox. It runs until it is told to stop, and stops at once.
 */
export async function victimImage(docker: Docker): Promise<string> {
  const busybox = await staticBusybox();
  try {
    const hash = createHash('sha256')
      .update(recipe)
      .update(await readFile(busybox.path));
    const tag = `forge-testing/victim:${hash.digest('hex').slice(0, 12)}`;
    if (!(await isThere(docker, tag))) {
      await buildImage(docker, busybox.path, tag);
    }
    return tag;
  } finally {
    await busybox[Symbol.asyncDispose]();
  }
}

interface BusyboxFile extends AsyncDisposable {
  readonly path: string;
}

/** The installed one if it is linked statically, otherwise Debian's package, unpacked without installing it. */
async function staticBusybox(): Promise<BusyboxFile> {
  for (const path of ['/bin/busybox', '/usr/bin/busybox']) {
    if (await isStatic(path)) {
      return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
    }
  }
  const directory = await mkdtemp(join(tmpdir(), 'forge-busybox-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    await run('apt-get', ['download', 'busybox-static'], { cwd: directory });
    await run('sh', ['-c', 'dpkg -x busybox-static_*.deb .'], { cwd: directory });
    for (const path of [join(directory, 'bin/busybox'), join(directory, 'usr/bin/busybox')]) {
      if (await isStatic(path)) {
        return { path, [Symbol.asyncDispose]: remove };
      }
    }
    throw new Error('the package busybox-static holds no static busybox');
  } catch (error) {
    await remove();
    throw new Error('no static busybox: install busybox-static, or let apt-get download it', { cause: error });
  }
}

/** A static executable names no interpreter: no program header of type PT_INTERP (ELF-64, elf(5)). */
async function isStatic(path: string): Promise<boolean> {
  const file = await readFile(path).catch(() => undefined);
  if (file === undefined || file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46) {
    return false;
  }
  const tableOffset = Number(file.readBigUInt64LE(32));
  const entryBytes = file.readUInt16LE(54);
  const entries = file.readUInt16LE(56);
  const types = Array.from({ length: entries }, (_, entry) => file.readUInt32LE(tableOffset + entry * entryBytes));
  return !types.includes(3);
}

async function isThere(docker: Docker, tag: string): Promise<boolean> {
  try {
    await docker.getImage(tag).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) {
      return false;
    }
    throw error;
  }
}

/** Imports a root file system: what `FROM scratch` and `COPY` would make, without a builder. */
async function buildImage(docker: Docker, busybox: string, tag: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'forge-victim-'));
  try {
    await Promise.all(['bin', 'tmp', 'etc', 'proc', 'sys', 'dev'].map((name) => mkdir(join(root, name))));
    await copyFile(busybox, join(root, 'bin/busybox'));
    const { stdout } = await run(busybox, ['--list']);
    const applets = stdout.split('\n').filter((applet) => applet !== '' && applet !== 'busybox');
    await Promise.all(applets.map((applet) => symlink('busybox', join(root, 'bin', applet))));
    const tar = spawn('tar', ['-C', root, '--numeric-owner', '--owner=0', '--group=0', '-cf', '-', '.'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [repo, version] = tag.split(':');
    const progress = await docker.importImage(tar.stdout, {
      repo,
      tag: version,
      changes: [
        `LABEL ${labLabel}=image`,
        'ENV PATH=/bin',
        'CMD ["/bin/sh", "-c", "trap exit TERM; sleep 1000000 & wait"]',
      ],
    });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()));
    });
    // Two test files may have built it at once; the first one's image then lost its tag.
    await docker.pruneImages({ filters: { dangling: ['true'], label: [`${labLabel}=image`] } });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
