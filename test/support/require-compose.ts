import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { requireDocker } from '@sentinel-forge/testing';

type Suite = Awaited<ReturnType<typeof requireDocker>>;

/** Build arguments that name the base images; none: those that the Dockerfiles pin. */
export type BaseImages = Readonly<Record<string, string>>;

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const pullWithinMs = 5 * 60_000;
const makeWithinMs = 10 * 60_000;

/** `describe` if the stack can be built and run on this machine; else as {@link requireDocker} has it. */
export async function requireCompose(): Promise<Suite> {
  const describeWithDocker = await requireDocker();
  const reason = await whyNoCompose();
  if (reason === undefined) {
    return describeWithDocker;
  }
  if (process.env.REQUIRE_ALL === '1') {
    throw new Error(`Docker Compose is needed (REQUIRE_ALL=1): ${reason}`);
  }
  process.stderr.write(`skipped: these tests need Docker Compose: ${reason}\n`);
  return describeWithDocker.skip;
}

/** The engine's socket on this machine. */
export function engineSocket(): string {
  return (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace('unix://', '');
}

/** The pinned images where they can be pulled, otherwise stand-ins that are made here. */
export async function baseImages(): Promise<BaseImages> {
  if (await arePinnedImagesHere()) {
    return {};
  }
  const { stdout } = await run('sh', ['scripts/base-images.sh'], { cwd: root, timeout: makeWithinMs });
  return Object.fromEntries(stdout.trimEnd().split('\n').map(assignment));
}

function assignment(line: string): readonly [string, string] {
  const [name = '', value = ''] = line.split('=');
  return [name, value];
}

async function whyNoCompose(): Promise<string | undefined> {
  const { DOCKER_HOST: dockerHost = 'unix:' } = process.env;
  if (!dockerHost.startsWith('unix:')) {
    return `the engine's socket is not on this machine (DOCKER_HOST=${dockerHost})`;
  }
  for (const plugin of ['compose', 'buildx']) {
    if (!(await succeeds('docker', [plugin, 'version']))) {
      return `there is no \`docker ${plugin}\``;
    }
  }
  if (
    !(await arePinnedImagesHere()) &&
    !(await succeeds('sh', ['-c', 'PATH=$PATH:/usr/sbin command -v debootstrap']))
  ) {
    return 'the base images can neither be pulled nor made: let the engine reach its registry, or install debootstrap';
  }
  return undefined;
}

async function arePinnedImagesHere(): Promise<boolean> {
  const names = 'sed -n "s/^ARG [A-Z]*_IMAGE=//p" Dockerfile infra/*/Dockerfile | sort -u';
  const { stdout } = await run('sh', ['-c', names], { cwd: root });
  for (const image of stdout.trimEnd().split('\n')) {
    if (
      !(await succeeds('docker', ['image', 'inspect', image])) &&
      !(await succeeds('docker', ['pull', '-q', image]))
    ) {
      return false;
    }
  }
  return true;
}

function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args, { timeout: pullWithinMs }).then(
    () => true,
    () => false,
  );
}
