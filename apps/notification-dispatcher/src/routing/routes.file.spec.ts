import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ForgeError } from '@sentinel-forge/contracts';
import { parseRoutes } from './routes.file.js';
import { describeRoutes } from './routing.service.js';
import type { FileProblem } from './yaml-reader.js';

function problemsOf(text: string, check?: Parameters<typeof parseRoutes>[2]): readonly FileProblem[] {
  try {
    parseRoutes('routes.yaml', text, check);
    return [];
  } catch (error) {
    if (error instanceof ForgeError && error.code === 'FORGE_NOTIFY_ROUTES') {
      return error.details.problems as readonly FileProblem[];
    }
    throw error;
  }
}

const wrong: readonly (readonly [string, string, string, string])[] = [
  ['YAML that is none', 'version: 1\nroutes: [', 'routes.yaml:2:10', 'the file'],
  ['an empty file', '', 'routes.yaml:1:1', 'the file'],
  ['no version', 'routes: []', 'routes.yaml:1:1', 'version'],
  ['another version', 'version: 2\nroutes: []', 'routes.yaml:1:10', 'version'],
  ['an unknown field', 'version: 1\nroute: []\nroutes: []', 'routes.yaml:2:1', 'the file.route'],
  [
    'no name',
    'version: 1\nroutes:\n  - { on: notify.requested, channels: email }',
    'routes.yaml:3:5',
    'routes[0].name',
  ],
  [
    'a name twice',
    'version: 1\nroutes:\n  - { name: a, on: notify.requested, channels: email }\n  - { name: a, on: notify.requested, channels: email }',
    'routes.yaml:4:13',
    'routes[1].name',
  ],
  [
    'no subject',
    'version: 1\nroutes:\n  - { name: a, on: "a..b", channels: email }',
    'routes.yaml:3:20',
    'routes[0].on',
  ],
  [
    'a > in the middle',
    'version: 1\nroutes:\n  - { name: a, on: "health.>.down", channels: email }',
    'routes.yaml:3:20',
    'routes[0].on',
  ],
  [
    'a subject that nothing is heard on',
    'version: 1\nroutes:\n  - { name: a, on: defend.auth, channels: email }',
    'routes.yaml:3:20',
    'routes[0].on',
  ],
  [
    'an unknown channel',
    'version: 1\nroutes:\n  - { name: a, on: notify.requested, channels: [email, pager] }',
    'routes.yaml:3:56',
    'routes[0].channels',
  ],
  [
    'a severity beyond ten',
    'version: 1\nroutes:\n  - { name: a, on: notify.requested, channels: email, severity: 11 }',
    'routes.yaml:3:65',
    'routes[0].severity',
  ],
  [
    'an unknown group',
    'version: 1\nroutes:\n  - { name: a, on: notify.requested, channels: email, to: ops }',
    'routes.yaml:3:59',
    'routes[0].to',
  ],
  [
    'a group without the channel',
    'version: 1\nrecipients: { ops: { email: [a@b.c] } }\nroutes:\n  - { name: a, on: notify.requested, channels: [email, webhook], to: ops }',
    'routes.yaml:4:70',
    'routes[0].to',
  ],
  [
    'a condition that is no text',
    'version: 1\nroutes:\n  - { name: a, on: notify.requested, channels: email, where: { app: { x: 1 } } }',
    'routes.yaml:3:69',
    'routes[0].where.app',
  ],
];

describe('a file of routes', () => {
  it.each(wrong)('with %s is refused, naming place and field and the mend', (_what, text, place, field) => {
    expect(problemsOf(text)).toContainEqual({
      place,
      field,
      reason: expect.any(String),
      mend: expect.stringMatching(/\.$/),
    });
  });

  it('is refused with everything that is wrong at once, one line for each', () => {
    const text =
      'version: 1\nroutes:\n  - { name: a, on: x.y, channels: pager }\n  - { on: notify.requested, channels: email, severity: high }';
    expect(problemsOf(text).map(({ field }) => field)).toEqual([
      'routes[0].on',
      'routes[0].channels',
      'routes[1].name',
      'routes[1].severity',
    ]);
  });

  it('is refused for an address that its channel could never deliver to, at its line', () => {
    const check = (_channel: string, to: string): void => {
      if (!to.includes('@')) {
        throw new ForgeError('FORGE_NOTIFY_RECIPIENT', `"${to}" is no address`);
      }
    };
    const text = 'version: 1\nrecipients:\n  ops:\n    email: [a@b.c, nobody]\nroutes: []';
    expect(problemsOf(text, check)).toMatchObject([{ place: 'routes.yaml:4:20', reason: '"nobody" is no address' }]);
  });

  it('is valid as it is shipped, and can be described', () => {
    const file = join(import.meta.dirname, '../../routes.yaml');
    const lines = describeRoutes(parseRoutes(file, readFileSync(file, 'utf8')));
    expect(lines).toContain('dead-letters: dead-letter.> → email, webhook');
    expect(lines).toContain('approvals: mitigation.*.requested.*, needsApproval is true → email, webhook');
  });
});
