import Docker from 'dockerode';

/** Jest's `describe`, as far as it is used here. */
interface Suite {
  (title: string, body: () => void): void;
  readonly skip: Suite;
}

declare const describe: Suite;

const pingTimeoutMs = 5_000;

/**
 * `describe` if a Docker engine answers. If none does: with REQUIRE_ALL=1 it throws, so that the tests fail; otherwise it
 * is `describe.skip`, and says why.
 *
 * ```ts
 * const describeWithDocker = await requireDocker();
 * describeWithDocker('quarantine', () => { … });
 * ```
 */
export async function requireDocker(): Promise<Suite> {
  const reason = await whyNoDocker();
  if (reason === undefined) {
    return describe;
  }
  if (process.env.REQUIRE_ALL === '1') {
    throw new Error(`a Docker engine is needed (REQUIRE_ALL=1), and none answers: ${reason}`);
  }
  process.stderr.write(`skipped: these tests need a Docker engine, and none answers: ${reason}\n`);
  return describe.skip;
}

/** Why no Docker engine answers; undefined when one does. */
export async function whyNoDocker(): Promise<string | undefined> {
  try {
    const answer = await Promise.race([new Docker({ timeout: pingTimeoutMs }).ping(), expire()]);
    return answer === undefined ? `no answer within ${pingTimeoutMs} ms` : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function expire(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, pingTimeoutMs, undefined).unref();
  });
}
