import { type ForgeEvent, matchSubject } from '@sentinel-forge/contracts';
import { parseRoutes } from './routes.file.js';
import { compileRoutes, type Router } from './routing.service.js';

function eventOn(subject: string, data: object = {}): ForgeEvent {
  const match = matchSubject(subject);
  if (match === undefined) {
    throw new Error(`no event on ${subject}`);
  }
  const trace = { traceId: '1'.repeat(32), spanId: '1'.repeat(16) };
  return {
    ...match,
    id: 'e1',
    type: match.definition.type,
    source: '/x',
    subject,
    timeMs: 0,
    storedAtMs: 0,
    data,
    trace,
  };
}

function routerOf(routes: string, recipients = '{}'): Router {
  return compileRoutes(parseRoutes('routes.yaml', `version: 1\nrecipients: ${recipients}\nroutes:\n${routes}`));
}

describe('routing', () => {
  const router = routerOf(
    `
  - { name: all, on: [mitigation.*.applied, mitigation.*.failed], channels: email }
  - { name: severe, on: mitigation.>, severity: 8, channels: [email, webhook] }
  - { name: production, on: health.container.>, where: { host: "prod-*", detail.labels.com.acme.tier: [gold, silver] }, channels: webhook, to: [ops, dev] }
  - { name: hooks, on: dead-letter.>, channels: webhook, to: ops }`,
    '{ ops: { webhook: ["https://a.example/x"], email: ["a@a.example"] }, dev: { webhook: ["https://a.example/x", "https://b.example/x"] } }',
  );
  const route = (event: ForgeEvent, severity = 5) => router(event, { severity });

  it('matches subjects by words and rests', () => {
    expect(route(eventOn('mitigation.supervisor.applied')).routes).toEqual(['all']);
    expect(route(eventOn('mitigation.supervisor.released')).routes).toEqual([]);
  });

  it('adds the targets of every route that matches, each target once', () => {
    expect(route(eventOn('mitigation.supervisor.failed'), 9)).toEqual({
      routes: ['all', 'severe'],
      targets: [{ channel: 'email' }, { channel: 'webhook' }],
    });
  });

  it('asks for at least the severity of the route', () => {
    expect(route(eventOn('mitigation.supervisor.released'), 7.9).routes).toEqual([]);
    expect(route(eventOn('mitigation.supervisor.released'), 8).routes).toEqual(['severe']);
  });

  it('tests parameters of the subject and fields of the data, labels with dots in their names among them', () => {
    const labelled = (tier: string): object => ({ detail: { labels: { 'com.acme.tier': tier } } });
    expect(route(eventOn('health.container.prod-7.gave-up', labelled('gold'))).routes).toEqual(['production']);
    expect(route(eventOn('health.container.prod-7.gave-up', labelled('bronze'))).routes).toEqual([]);
    expect(route(eventOn('health.container.prod-7.gave-up')).routes).toEqual([]);
    expect(route(eventOn('health.container.test-7.gave-up', labelled('gold'))).routes).toEqual([]);
  });

  it('tells each address of the groups once, on the channels of the route only', () => {
    const event = eventOn('health.container.prod-7.gave-up', { detail: { labels: { 'com.acme.tier': 'silver' } } });
    expect(route(event).targets).toEqual([
      { channel: 'webhook', to: 'https://a.example/x' },
      { channel: 'webhook', to: 'https://b.example/x' },
    ]);
  });

  it('takes everything in a pattern but * literally', () => {
    const literal = routerOf('  - { name: a, on: mitigation.>, where: { actor: "a.b(c)*" }, channels: email }');
    const by = (actor: string) => literal(eventOn('mitigation.supervisor.applied', { actor }), { severity: 0 }).routes;
    expect(by('a.b(c) and more')).toEqual(['a']);
    expect(by('axb(c)')).toEqual([]);
  });
});
