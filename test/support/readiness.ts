import { waitFor } from '@sentinel-forge/testing';

interface Report {
  readonly dependencies: ReadonlyArray<{ readonly name: string; readonly isUp: boolean; readonly reason?: string }>;
}

/** Resolves when a service says at `/ready` that it has everything it needs. */
export async function untilReady(url: string, timeoutMs = 30_000): Promise<void> {
  await waitFor(async () => (await fetch(`${url}/ready`)).status === 200, {
    description: `${url}/ready to be 200`,
    timeoutMs,
    intervalMs: 50,
  });
}

/** Resolves to the reason when a service says at `/ready`, with 503, that this dependency of its is missing. */
export function missingAt(url: string, dependency: string, timeoutMs = 20_000): Promise<string> {
  return waitFor(
    async () => {
      const response = await fetch(`${url}/ready`);
      const { dependencies } = (await response.json()) as Report;
      const found = dependencies.find(({ name }) => name === dependency);
      return response.status === 503 && found?.isUp === false && (found.reason ?? 'no reason given');
    },
    { description: `${url}/ready to miss ${dependency}`, timeoutMs, intervalMs: 50 },
  );
}
