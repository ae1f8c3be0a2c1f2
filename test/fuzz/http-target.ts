import { Controller, Post } from '@nestjs/common';
import { RequireScope, ValidBody } from '@sentinel-forge/chassis';
import { NotifyRequested } from '@sentinel-forge/contracts';
import { TestMesh } from '../support/test-mesh.js';
import { testToken } from '../support/tokens.js';
import { bytes, notice, text } from './inputs.js';
import type { Random } from './random.js';
import type { Target } from './targets.js';

@Controller('things')
class Things {
  @Post()
  @RequireScope('notify:write')
  make(@ValidBody(NotifyRequested) body: NotifyRequested): object {
    return { title: body.title };
  }
}

/** A real service, and what gives it one request after the other. */
export interface HttpTarget extends AsyncDisposable {
  readonly target: Target;
}

/** Opens it. */
export async function openHttpTarget(): Promise<HttpTarget> {
  const mesh = await TestMesh.open();
  const more = { FORGE_RATE_LIMIT_RPM: '10000000', FORGE_LOG_LEVEL: 'error' };
  const { url } = await mesh.run('notification-dispatcher', { controllers: [Things] }, more);
  const authorization = `Bearer ${await testToken(undefined, 24 * 60 * 60)}`;
  return {
    target: async (random) => {
      const response = await fetch(`${url}/things`, {
        method: 'POST',
        body: new Uint8Array(bytes(random, notice(random))),
        headers: { ...oddHeaders(random), 'content-type': contentType(random), authorization },
      });
      return judge(response, await response.text());
    },
    [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
  };
}

function contentType(random: Random): string {
  return random.oneIn(10)
    ? random.pick([
        'text/plain',
        'application/json; charset=utf-16',
        'application/cloudevents+json',
        'multipart/form-data',
        'x',
      ])
    : 'application/json';
}

function oddHeaders(random: Random): Record<string, string> {
  const value = (): string =>
    text(random)
      .replaceAll(/[^\x20-\x7e]/g, '')
      .slice(0, 500);
  return random.oneIn(4) ? { traceparent: value(), 'x-trace-id': value(), accept: value() } : {};
}

function judge(response: Response, body: string): 'taken' | 'refused' {
  const { status, headers } = response;
  if (status === 201) {
    return 'taken';
  }
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json') === true;
  const { code, detail, mend } = isProblem ? (JSON.parse(body) as Readonly<Record<string, unknown>>) : {};
  if (status >= 400 && status < 500 && typeof code === 'string' && detail && mend) {
    return 'refused';
  }
  throw new Error(`answered ${status}: ${body.slice(0, 500)}`);
}
